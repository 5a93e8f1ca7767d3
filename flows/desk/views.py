from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.users.models import UserProfile

from flows.customers.models import Customer, Order
from flows.desk.forms import SEARCHED, MoveForm, answers_form
from flows.desk.lists import TicketFilter, page_of, tabs_for, tags_in_use
from flows.forms.models import Attachment
from flows.forms.texts import said
from flows.organisation.models import Store
from flows.tickets.actions import create_ticket, live_type, move_ticket, offers, take_ticket
from flows.tickets.explaining import answers_in_words, time_line, typed_in_words, why_it_came
from flows.tickets.models import Ticket, TicketType
from flows.tickets.refusals import NoLiveType, TicketMovedMeanwhile
from flows.tickets.routing import POLICY
from rules.store.problems import Refusal
from rules.store.runtime import live_versions

MOST_SUGGESTED = 8
SHOWN_ON_HOME = 5
SHOWN_OF_CUSTOMER = 5


@login_required
@require_safe
def home(request):
    """What waits for me?"""
    tabs = {tab.key: tab for tab in tabs_for(request.user)}
    waiting = [tabs[key] for key in ("mine", "department", "unassigned") if key in tabs]
    return render(
        request,
        "desk/home.html",
        {
            "tabs": tabs,
            "urgent": tabs["all"].tickets.open().filter(urgency=3).count(),
            "sections": [
                (tab, tab.tickets.open().most_urgent_first().with_names()[:SHOWN_ON_HOME])
                for tab in (waiting if any(tab.count for tab in waiting) else [tabs["all"]])
                if tab.count
            ],
        },
    )


@login_required
@permission_required("tickets.view_ticket", raise_exception=True)
@require_safe
def tickets(request):
    tabs = tabs_for(request.user)
    by_key = {tab.key: tab for tab in tabs}
    tab = by_key.get(request.GET.get("list"), by_key["all"])
    filter_form = TicketFilter(request.GET, tags=tags_in_use(request.user))
    page = page_of(filter_form.apply(tab.tickets), request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    without_tab = query.copy()
    without_tab.pop("list", None)
    return render(
        request,
        "desk/ticket_list.html",
        {
            "tabs": tabs,
            "tab": tab,
            "filter": filter_form,
            "page": page,
            "query": query.urlencode(),
            "query_without_tab": without_tab.urlencode(),
        },
    )


@login_required
def ticket(request, pk):
    """A ticket, and the pressing of its buttons."""
    found = visible_ticket(request, pk)
    if request.method == "POST":
        return press(request, found)
    return render_ticket(request, found)


def press(request, found):
    """Move the ticket as it was shown to this person, or show again what cannot be done, typed text kept."""
    move = MoveForm(request.POST)
    if not move.is_valid():
        return render_ticket(request, found, move=move, status=422)
    step = found.runtime.transitions.get(move.cleaned_data["transition"])
    form = form_at_node(
        found, step.from_node if step else found.node, request, asks_all=bool(step and step.needs_answers)
    )
    found.moves = move.cleaned_data["seen"]
    try:
        if found.moves == Ticket.objects.get(pk=found.pk).moves and not form.is_valid():
            return render_ticket(request, found, form=form, move=move, status=422)
        moved = move_ticket(
            ticket=found,
            transition=move.cleaned_data["transition"],
            by=request.user,
            at=timezone.now(),
            answers=form.answers() if form.is_valid() else {},
            note=move.cleaned_data["note"],
        )
    except TicketMovedMeanwhile as refusal:
        return render_moved_meanwhile(request, pk=found.pk, typed=form, move=move, sentence=refusal.sentence)
    except Refusal as refusal:
        return render_ticket(request, found, form=form, move=move, refusal=refusal.sentence, status=422)
    node = said(moved.runtime.nodes[moved.node].label, get_language())
    messages.success(
        request, _("Done: “%(title)s” is now at “%(node)s”.") % {"title": moved.title, "node": node}
    )
    if Ticket.objects.visible_to(request.user).filter(pk=moved.pk).exists():
        return redirect("desk:ticket", pk=moved.pk)
    return redirect("desk:tickets")


def render_moved_meanwhile(request, *, pk, typed, move, sentence):
    """The ticket as it is now; what was typed stays in fields still asked, and is shown otherwise."""
    now = Ticket.objects.with_names().get(pk=pk)
    if not Ticket.objects.visible_to(request.user).filter(pk=pk).exists():
        messages.error(request, sentence)
        return redirect("desk:tickets")
    specs = now.runtime.fields_to_ask(now.node, now.answers)
    asked = {spec.name for spec in specs}
    not_asked = [spec.name for spec in typed.specs if spec.name not in asked]
    kept = {
        spec.name: typed[spec.name].value()
        for spec in typed.specs
        if spec.name in asked and spec.kind != "file"
    }
    form = answers_form(specs, today=today(), answers=now.answers)
    form.initial |= kept
    return render_ticket(
        request,
        now,
        form=form,
        move=MoveForm(initial={"seen": now.moves, "note": move.cleaned_data["note"]}),
        refusal=sentence,
        typed=typed_in_words(typed, not_asked, get_language()),
        status=409,
    )


def render_ticket(request, found, *, form=None, move=None, refusal="", typed=(), status=200):
    language = get_language()
    if refusal or status != 200:
        # It may have been changed in memory while trying.
        found = Ticket.objects.with_names().get(pk=found.pk)
    buttons = offers(ticket=found, to=request.user, at=timezone.now())
    ready = [offer for offer in buttons if not offer.refusal]
    may_work = request.user.has_perm("tickets.change_ticket")
    return render(
        request,
        "desk/ticket_detail.html",
        {
            "ticket": found,
            "node": said(found.runtime.nodes[found.node].label, language),
            "type_name": said(found.runtime.name, language),
            "facts": answers_in_words(found, language),
            "form": form or form_at_node(found, found.node),
            "move": move or MoveForm(initial={"seen": found.moves}),
            "seen": found.moves,
            "ready": [(offer, said(offer.step.label, language)) for offer in ready],
            "refused": [(offer, said(offer.step.label, language)) for offer in buttons if offer.refusal],
            "may_work": may_work,
            "may_take": may_work and found.is_open and found.assignee_id != request.user.pk,
            "refusal": refusal,
            "typed": typed,
            "time_line": time_line(found, language),
            "why": why_it_came(found, language),
            "policy": POLICY,
            "customer": customer_beside(found, request.user),
        },
        status=status,
    )


def form_at_node(found, node, request=None, *, asks_all=True):
    posted = {"data": request.POST, "files": request.FILES} if request else {}
    specs = found.runtime.fields_to_ask(node, found.answers)
    return answers_form(specs, today=today(), answers=found.answers, asks_all=asks_all, **posted)


def customer_beside(found, user) -> dict | None:
    """Who the ticket is about, with what they bought and asked before."""
    if not found.customer or not user.has_perm("customers.view_customer"):
        return None
    others = Ticket.objects.visible_to(user).filter(customer=found.customer).exclude(pk=found.pk)
    return {
        "customer": found.customer,
        "orders": found.customer.orders.all()[:SHOWN_OF_CUSTOMER],
        "order_count": found.customer.orders.count(),
        "tickets": others.order_by("-created_at")[:SHOWN_OF_CUSTOMER],
        "ticket_count": others.count(),
    }


@login_required
@require_POST
def take(request, pk):
    found = visible_ticket(request, pk)
    try:
        take_ticket(ticket=found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("This ticket is yours now."))
    return redirect("desk:ticket", pk=pk)


@login_required
@require_safe
def attachment(request, pk, attachment_id):
    """A file someone answered with, for those who may see the ticket."""
    found = visible_ticket(request, pk)
    answers = (found.answers.get(spec.name) for spec in found.runtime.fields if spec.kind == "file")
    if not any(answer and answer["id"] == str(attachment_id) for answer in answers):
        raise Http404
    kept = get_object_or_404(Attachment, pk=attachment_id)
    response = FileResponse(
        kept.file.open("rb"),
        as_attachment=not kept.content_type.startswith("image/"),
        filename=kept.name,
        content_type=kept.content_type,
    )
    # Even a photo that is something else as well runs nothing.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_required
@permission_required("tickets.add_ticket", raise_exception=True)
@require_safe
def choose_type(request):
    language = get_language()
    types = [
        (
            version.slug,
            said(version.document["name"], language),
            said(version.document["description"], language),
        )
        for version in live_versions(TicketType)
    ]
    if len(types) == 1:
        return redirect("desk:open_ticket", slug=types[0][0])
    return render(request, "desk/ticket_choose_type.html", {"types": types})


@login_required
@permission_required("tickets.add_ticket", raise_exception=True)
def open_ticket(request, slug):
    try:
        version = live_type(slug, at=timezone.now())
    except NoLiveType as refusal:
        raise Http404(str(refusal.sentence)) from refusal
    runtime, refusal = version.compiled, ""
    specs = runtime.fields_at(runtime.start.key)
    posted = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
    form = answers_form(specs, today=today(), initial=prefilled(request, specs), **posted)
    if form.is_bound and form.is_valid():
        try:
            made = create_ticket(
                ticket_type=slug, answers=form.answers(), by=request.user, at=timezone.now()
            )  # fmt: skip
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(request, opened_in_words(made))
            return redirect("desk:ticket", pk=made.pk)
    context = {
        "form": form,
        "refusal": refusal,
        "type_name": said(runtime.name, get_language()),
        "description": said(runtime.description, get_language()),
    }
    return render(request, "desk/ticket_new.html", context, status=422 if form.is_bound else 200)


def opened_in_words(made: Ticket) -> str:
    if not made.is_open:
        return _("Ticket #%(number)s was opened, and ended by itself.") % {"number": made.pk}
    if to := made.assignee or made.department:
        return _("Ticket #%(number)s is open and was sent to %(name)s.") % {"number": made.pk, "name": to}
    return _("Ticket #%(number)s is open.") % {"number": made.pk}


def prefilled(request, specs) -> dict:
    """?customer=C1&order=O1 fill the first field of that kind."""
    first = {}
    for spec in specs:
        first.setdefault(spec.kind, spec.name)
    return {first[kind]: request.GET[kind] for kind in SEARCHED if kind in first and kind in request.GET}


@login_required
@require_safe
def find(request, kind):
    """Suggestions for a number that is being typed, as options of a datalist."""
    written = next((value.strip() for value in request.GET.values()), "")
    rows = found_rows(kind, written, request.user) if written else []
    return render(request, "desk/_found.html", {"rows": rows})


def found_rows(kind: str, written: str, user) -> list[tuple[str, str]]:
    if kind == "customer" and user.has_perm("customers.view_customer"):
        rows = Customer.objects.filter(Q(number__startswith=written) | Q(name__icontains=written))
        return [(row.number, row.name) for row in rows[:MOST_SUGGESTED]]
    if kind == "order" and user.has_perm("customers.view_order"):
        rows = Order.objects.filter(Q(number__startswith=written) | Q(customer__number=written))
        rows = rows.select_related("customer")
        return [
            (row.number, f"{row.customer or ''} {row.placed_at:%Y-%m-%d}") for row in rows[:MOST_SUGGESTED]
        ]
    if kind == "store":
        rows = Store.objects.filter(Q(slug__icontains=written) | Q(name__icontains=written))
        return [(row.slug, row.name) for row in rows[:MOST_SUGGESTED]]
    return []


@login_required
@require_POST
def choose_language(request):
    """Kept with the account, so it holds on every device."""
    profile = UserProfile.get_for_user(request.user)
    chosen = request.POST.get("language", "")
    if chosen in ("zh-hans", "en"):
        profile.preferred_language = chosen
        profile.save(update_fields=["preferred_language"])
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(back if safe else "desk:home")


def visible_ticket(request, pk) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user).with_names(), pk=pk)


def today():
    return timezone.localdate()
