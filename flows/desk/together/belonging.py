"""Linking, merging, splitting, and the small changes beside a ticket's flow."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from flows.desk.forms import answers_form
from flows.desk.together.page import ChangeForm, LinkForm
from flows.desk.views import live_runtime, today, visible_ticket
from flows.forms.texts import said
from flows.organisation.models import User
from flows.tickets.field_access import as_seen, demanded, fields_for
from flows.tickets.models import Ticket, TicketType
from flows.tickets.together.changing import change_tags, hand_over, set_urgency
from flows.tickets.together.links import add_link, remove_link
from flows.tickets.together.merging import check_merge, merge_ticket, undo_merge
from flows.tickets.together.models import Comment
from flows.tickets.together.rights import demand_work
from flows.tickets.together.search import number_in
from flows.tickets.together.splitting import carried_over, split_ticket
from rules.store.problems import Refusal
from rules.store.runtime import live_versions


def named(written: str, *, by) -> Ticket:
    """The ticket whose number a person wrote. Raises Refusal."""
    number = number_in(written.strip())
    found = Ticket.objects.visible_to(by).with_names().filter(pk=number).first() if number else None
    if found is None:
        raise Refusal(_("You see no ticket with the number “%(written)s”.") % {"written": written.strip()})
    return found


def refusing(request, error) -> None:
    messages.error(request, error.sentence)


@login_required
@require_POST
def link(request, pk):
    found = visible_ticket(request, pk)
    form = LinkForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(_("Write the number of the other ticket."))
        other = named(form.cleaned_data["other"], by=request.user)
        add_link(ticket=found, way=form.cleaned_data["way"], other=other, by=request.user, at=timezone.now())
    except Refusal as refusal:
        refusing(request, refusal)
    return redirect("desk:ticket", pk=pk)


@login_required
@require_POST
def unlink(request, pk, link_id):
    found = visible_ticket(request, pk)
    gone = get_object_or_404(found.links.all() | found.linked_by.all(), pk=link_id)
    try:
        remove_link(ticket=found, link=gone, by=request.user, at=timezone.now())
    except Refusal as refusal:
        refusing(request, refusal)
    return redirect("desk:ticket", pk=pk)


@login_required
def merge(request, pk):
    """Choose the other ticket, look at what will happen, do it."""
    found, into, refusal = visible_ticket(request, pk), None, ""
    written = request.POST.get("into", request.GET.get("into", ""))
    try:
        demand_work(found, by=request.user)
        if written:
            other = named(written, by=request.user)
            check_merge(found, other, by=request.user)
            into = other
        if request.method == "POST" and into:
            merge_ticket(ticket=found, into=into, by=request.user, at=timezone.now())
            messages.success(
                request, _("#%(number)s goes on here now.") % {"number": found.pk}
            )  # fmt: skip
            return redirect("desk:ticket", pk=into.pk)
    except Refusal as refused:
        refusal = refused.sentence
    context = {
        "ticket": as_seen(found, by=request.user),
        "into": into and as_seen(into, by=request.user),
        "written": written,
        "refusal": refusal,
        "comments": Comment.objects.filter(ticket=found).count(),
        "watchers": found.watchers.count(),
    }
    return render(request, "desk/ticket_merge.html", context, status=422 if refusal else 200)


@login_required
@require_POST
def unmerge(request, pk):
    found = visible_ticket(request, pk)
    try:
        undo_merge(ticket=found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        refusing(request, refusal)
    else:
        messages.success(request, _("This ticket is one of its own again, where it was before."))
    return redirect("desk:ticket", pk=pk)


@login_required
def split(request, pk, slug=None):
    """Choose the type of the new ticket, see what is carried over, open it."""
    found, language = visible_ticket(request, pk), get_language()
    try:
        demand_work(found, by=request.user)
    except Refusal as refusal:
        refusing(request, refusal)
        return redirect("desk:ticket", pk=pk)
    if slug is None:
        types = [
            (one.slug, said(one.document["name"], language), said(one.document["description"], language))
            for one in live_versions(TicketType)
        ]
        context = {"ticket": as_seen(found, by=request.user), "types": types}
        return render(request, "desk/ticket_split_type.html", context)
    return split_into(request, found, slug)


def split_into(request, found, slug):
    runtime, refusal = live_runtime(slug, user=request.user), ""
    start = runtime.start.key
    specs = fields_for(request.user, runtime=runtime, node=start)
    posted = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
    form = answers_form(
        specs,
        logic=runtime.logic,
        today=today(),
        answers=carried_over(found, specs, by=request.user),
        demanded=demanded(request.user, runtime=runtime, node=start),
        **posted,
    )
    form.about = ""
    if form.is_bound and form.is_valid():
        try:
            made = split_ticket(
                ticket=found, ticket_type=slug, answers=form.answers(), by=request.user, at=timezone.now()
            )
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(
                request,
                _("#%(new)s was split off from #%(number)s.") % {"new": made.pk, "number": found.pk},
            )
            if Ticket.objects.visible_to(request.user).filter(pk=made.pk).exists():
                return redirect("desk:ticket", pk=made.pk)
            return redirect("desk:ticket", pk=found.pk)
    context = {
        "ticket": as_seen(found, by=request.user),
        "form": form,
        "refusal": refusal,
        "type_name": said(runtime.name, get_language()),
        "slug": slug,
    }
    return render(request, "desk/ticket_split.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def change(request, pk):
    """Who has it, its tags, its urgency: all that was changed, or nothing."""
    found = visible_ticket(request, pk)
    form = ChangeForm(request.POST, ticket=found)
    try:
        if not form.is_valid():
            raise Refusal(_("Please choose from what is offered."))
        with transaction.atomic():
            apply_changes(found, form.cleaned_data, by=request.user, at=timezone.now())
    except Refusal as refusal:
        refusing(request, refusal)
    else:
        messages.success(request, _("Changed."))
    if Ticket.objects.visible_to(request.user).filter(pk=pk).exists():
        return redirect("desk:ticket", pk=pk)
    return redirect("desk:tickets")


def apply_changes(found, wanted, *, by, at) -> None:
    has = {tag.name for tag in found.tags.all()}
    tags = split_tags(wanted["tags"])
    change_tags(ticket=found, add=tags, remove=has - set(tags), by=by, at=at)
    set_urgency(ticket=found, urgency=wanted["urgency"], by=by, at=at)
    if wanted["person"]:
        hand_over(ticket=found, person=colleague(wanted["person"]), by=by, at=at)
    elif wanted["department"]:
        hand_over(ticket=found, department=wanted["department"], by=by, at=at)


def split_tags(written: str) -> list[str]:
    parts = written.replace("，", ",").replace("、", ",").split(",")
    return list(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))


def colleague(username: str) -> User:
    """Raises Refusal."""
    person = User.objects.filter(username=username.strip(), is_active=True).first()
    if person is None:
        raise Refusal(_("No colleague has the account “%(name)s”.") % {"name": username.strip()})
    return person
