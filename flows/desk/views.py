from urllib.parse import quote, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.users.models import UserProfile

from flows.customers.models import Customer, Order, OrderLine
from flows.desk.about import About
from flows.desk.forms import MoveForm, answers_form, changes, chosen_files
from flows.desk.lists import count_of, listed, page_of, tabs_for
from flows.desk.steps import at_step, page_of_steps, visible_ticket
from flows.desk.together.page import together
from flows.forms.files import thumbnail_of
from flows.forms.models import Attachment
from flows.forms.texts import said
from flows.organisation.models import Store, User
from flows.tickets.actions import create_ticket, live_type, move_ticket, offers, take_ticket
from flows.tickets.deciding import vote
from flows.tickets.explaining import typed_in_words, why_assigned, why_it_came
from flows.tickets.field_access import answers_in_words, as_seen, demanded, fields_for, may_see_file
from flows.tickets.models import Ticket, TicketType
from flows.tickets.opening import TypeAtStores
from flows.tickets.queue import place_of
from flows.tickets.refusals import NoLiveType, TicketMovedMeanwhile, WentOnMeanwhile
from flows.tickets.routing import POLICY
from flows.tickets.service_levels.words import clocks_in_words
from flows.tickets.together.macros import audiences_for, departments_for, may_change
from flows.tickets.together.saved_views import default_view_of, views_for
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
    waiting = [tabs[key] for key in ("approvals", "mine", "department", "unassigned") if key in tabs]
    return render(
        request,
        "desk/home.html",
        {
            "tabs": tabs,
            "urgent": tabs["all"].tickets.open().filter(urgency=3).count(),
            "sections": [
                (tab, most_urgent(tab, by=request.user))
                for tab in (waiting if any(tab.count for tab in waiting) else [tabs["all"]])
                if tab.count
            ],
        },
    )


def most_urgent(tab, *, by) -> list[Ticket]:
    rows = tab.tickets.open().most_urgent_first().with_names().with_clocks()[:SHOWN_ON_HOME]
    return [as_seen(ticket, by=by) for ticket in rows]


@login_required
@permission_required("tickets.view_ticket", raise_exception=True)
@require_safe
def tickets(request):
    if not request.GET and (view := default_view_of(request.user)):
        return redirect(address_of_view(view))
    found = listed(request.GET, by=request.user)
    page = page_of(found.tickets, request.GET.get("page"), by=request.user)
    query = request.GET.copy()
    query.pop("page", None)
    without_tab = query.copy()
    for name in ("list", "view"):
        without_tab.pop(name, None)
    return render(
        request,
        "desk/ticket_list.html",
        {
            "tabs": found.tabs,
            "tab": found.tab,
            "filter": found.filter,
            "page": page,
            "query": query.urlencode(),
            "query_without_tab": without_tab.urlencode(),
            "may_work": request.user.has_perm("tickets.change_ticket"),
            **saved_views_beside(request),
        },
    )


def saved_views_beside(request) -> dict:
    shown = request.GET.get("view")
    default = default_view_of(request.user)
    audiences = [("self", _("only me"))]
    if "department" in audiences_for(request.user):
        audiences += [(f"department:{one.slug}", one.name) for one in departments_for(request.user)]
    if "everyone" in audiences_for(request.user):
        audiences.append(("everyone", _("everyone")))
    return {
        "views": [
            {
                "view": view,
                "address": address_of_view(view),
                "count": count_of(view.chosen, by=request.user),
                "is_shown": str(view.pk) == shown,
                "is_default": default is not None and view.pk == default.pk,
                "may_change": may_change(view, request.user),
            }
            for view in views_for(request.user)
        ],
        "audiences": audiences,
    }


def address_of_view(view) -> str:
    return f"{reverse('desk:tickets')}?{urlencode(view.chosen | {'view': view.pk})}"


@login_required
def ticket(request, pk):
    """A ticket, and the pressing of its buttons."""
    found = at_step(visible_ticket(request, pk), request)
    if request.method == "POST":
        return vote_on(request, found) if "vote" in request.POST else press(request, found)
    return render_ticket(request, found)


def press(request, found):
    """Move the ticket as it was shown to this person, or show again what cannot be done, typed text kept."""
    move = MoveForm(request.POST)
    if not move.is_valid():
        return render_ticket(request, found, move=move, status=422)
    step = found.runtime.transitions.get(move.cleaned_data["transition"])
    form = form_at_node(
        found,
        step.from_node if step else found.node,
        request,
        user=request.user,
        asks_all=bool(step and step.needs_answers),
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
    except (TicketMovedMeanwhile, WentOnMeanwhile) as refusal:
        return render_moved_meanwhile(request, pk=found.pk, typed=form, move=move, sentence=refusal.sentence)
    except Refusal as refusal:
        return render_ticket(request, found, form=form, move=move, refusal=refusal.sentence, status=422)
    return after_moving(request, moved)


def vote_on(request, found):
    """Approve or refuse, as the ticket was shown to this person."""
    move = MoveForm(request.POST.dict() | {"transition": "vote"})
    approve = request.POST["vote"] == "approve"
    form = form_at_node(found, found.node, request, user=request.user, asks_all=approve)
    if not move.is_valid() or (approve and not form.is_valid()):
        return render_ticket(request, found, form=form, move=move, status=422)
    found.moves = move.cleaned_data["seen"]
    try:
        moved = vote(
            ticket=found,
            node=found.node,
            approve=approve,
            by=request.user,
            at=timezone.now(),
            note=move.cleaned_data["note"],
            answers=form.answers() if form.is_valid() else {},
        )
    except (TicketMovedMeanwhile, WentOnMeanwhile) as refusal:
        return render_moved_meanwhile(request, pk=found.pk, typed=form, move=move, sentence=refusal.sentence)
    except Refusal as refusal:
        return render_ticket(request, found, form=form, move=move, refusal=refusal.sentence, status=422)
    return after_moving(request, moved)


def after_moving(request, moved):
    node = said(moved.runtime.nodes[moved.node].label, get_language())
    messages.success(
        request,
        _("Done: “%(title)s” is now at “%(node)s”.")
        % {"title": as_seen(moved, by=request.user).title, "node": node},
    )
    if Ticket.objects.visible_to(request.user).filter(pk=moved.pk).exists():
        return redirect("desk:ticket", pk=moved.pk)
    return redirect("desk:tickets")


def render_moved_meanwhile(request, *, pk, typed, move, sentence):
    """The ticket as it is now; what was typed stays in fields still asked, and is shown otherwise."""
    now = at_step(Ticket.objects.with_names().get(pk=pk), request)
    if not Ticket.objects.visible_to(request.user).filter(pk=pk).exists():
        messages.error(request, sentence)
        return redirect("desk:tickets")
    specs = fields_for(request.user, runtime=now.runtime, node=now.node, answers=now.answers)
    asked = {spec.name for spec in specs}
    not_asked = [spec.name for spec in typed.specs if spec.name not in asked]
    kept = {
        spec.name: typed[spec.name].value()
        for spec in typed.specs
        if spec.name in asked and not spec.asks.is_file
    }
    form = answers_form(
        specs,
        logic=now.runtime.logic,
        today=today(),
        answers=now.answers,
        typed_before=kept,
        demanded=demanded(request.user, runtime=now.runtime, node=now.node),
    )  # fmt: skip
    return render_ticket(
        request,
        now,
        form=form,
        move=MoveForm(initial={"seen": now.moves, "note": move.cleaned_data["note"]}),
        refusal=sentence,
        typed=typed_in_words(typed, not_asked, get_language()),
        status=409,
    )


def render_ticket(request, found, *, form=None, move=None, comment=None, refusal="", typed=(), status=200):
    language = get_language()
    if refusal or status != 200:
        # It may have been changed in memory while trying.
        found = at_step(Ticket.objects.with_names().get(pk=found.pk), request)
    buttons = offers(ticket=found, to=request.user, at=timezone.now(), node=found.node)
    ready = [offer for offer in buttons if not offer.refusal]
    may_work = request.user.has_perm("tickets.change_ticket")
    return render(
        request,
        "desk/ticket_detail.html",
        {
            "ticket": as_seen(found, by=request.user),
            "node": said(found.runtime.nodes[found.node].label, language),
            "type_name": said(found.runtime.name, language),
            "facts": answers_in_words(found, language, to=request.user),
            "form": form or form_at_node(found, found.node, user=request.user),
            "fields_url": reverse("desk:fields", args=[found.pk]) + f"?step={quote(found.node)}",
            "step_key": found.node,
            **page_of_steps(found, to=request.user),
            "move": move or MoveForm(initial={"seen": found.moves}),
            "seen": found.moves,
            "ready": [(offer, said(offer.step.label, language)) for offer in ready],
            "refused": [(offer, said(offer.step.label, language)) for offer in buttons if offer.refusal],
            "may_work": may_work,
            "may_take": may_work and found.is_open and found.assignee_id != request.user.pk,
            "refusal": refusal,
            "typed": typed,
            "clocks": clocks_in_words(found, language, at=timezone.now()),
            "place": place_of(found, language, to=request.user) if found.is_open else None,
            "is_with_nobody": not found.assignee_id and not found.department_id,
            "assigned": why_assigned(found, to=request.user),
            "why": why_it_came(found, language, to=request.user),
            "policy": POLICY,
            "customer": customer_beside(as_seen(found, by=request.user), request.user),
            **together(found, to=request.user, comment=comment),
        },
        status=status,
    )


def form_at_node(found, node, request=None, *, user, asks_all=True):
    posted = {"data": request.POST, "files": request.FILES} if request else {}
    specs = fields_for(user, runtime=found.runtime, node=node, answers=found.answers)
    seen = as_seen(found, by=user)
    about = About(customer=seen.customer, order=seen.order, user=user)
    return answers_form(
        specs,
        logic=found.runtime.logic,
        today=today(),
        answers=found.answers,
        initial=about.values(specs),
        demanded=demanded(user, runtime=found.runtime, node=node),
        asks_all=asks_all,
        **posted,
    )


def customer_beside(found, user) -> dict | None:
    """Who the ticket is about, with what they bought and asked before."""
    if not found.customer or not user.has_perm("customers.view_customer"):
        return None
    others = Ticket.objects.visible_to(user).filter(customer=found.customer).exclude(pk=found.pk)
    return {
        "customer": found.customer,
        "orders": found.customer.orders.all()[:SHOWN_OF_CUSTOMER],
        "order_count": found.customer.orders.count(),
        "tickets": [
            as_seen(other, by=user)
            for other in others.with_names().order_by("-created_at")[:SHOWN_OF_CUSTOMER]
        ],
        "ticket_count": others.count(),
    }


@login_required
@require_POST
def take(request, pk):
    found = at_step(visible_ticket(request, pk), request)
    try:
        take_ticket(ticket=found, by=request.user, at=timezone.now(), node=found.node)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("This ticket is yours now."))
    return redirect("desk:ticket", pk=pk)


@login_required
@require_safe
def attachment(request, pk, attachment_id):
    """A file someone answered with, for those who may see the ticket; ?size=small is its thumbnail."""
    return file_response(request, attachment_of(visible_ticket(request, pk), attachment_id, to=request.user))


def file_response(request, kept: Attachment):
    """A file that the person may see."""
    if request.GET.get("size") == "small":
        return thumbnail(kept)
    response = FileResponse(
        kept.file.open("rb"),
        as_attachment=not kept.content_type.startswith("image/"),
        filename=kept.name,
        content_type=kept.content_type,
    )
    # Even a photo that is something else as well runs nothing.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def attachment_of(found, attachment_id, *, to) -> Attachment:
    answers = (
        found.answers.get(spec.name)
        for spec in found.runtime.fields
        if spec.asks.is_file and may_see_file(found, spec, by=to)
    )
    if not any(answer and answer.get("id") == str(attachment_id) for answer in answers):
        raise Http404
    return get_object_or_404(Attachment, pk=attachment_id)


def thumbnail(kept: Attachment) -> HttpResponse:
    with kept.file.open("rb") as file:
        small = thumbnail_of(file)
    if small is None:
        raise Http404
    response = HttpResponse(small, content_type="image/jpeg")
    # An attachment never changes; only who asks may keep it.
    response["Cache-Control"] = "private, max-age=86400, immutable"
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
    runtime, refusal = live_runtime(slug, user=request.user), ""
    start = runtime.start.key
    specs = fields_for(request.user, runtime=runtime, node=start)
    posted = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
    about = About.asked_for(request)
    initial = about.values(specs) | about.numbers(specs)
    form = answers_form(
        specs,
        logic=runtime.logic,
        today=today(),
        initial=initial,
        demanded=demanded(request.user, runtime=runtime, node=start),
        **posted,
    )
    form.about = about.key
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
        "fields_url": reverse("desk:open_fields", args=[slug]),
        "refusal": refusal,
        "type_name": said(runtime.name, get_language()),
        "description": said(runtime.description, get_language()),
    }
    return render(request, "desk/ticket_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def fields(request, pk):
    """What to show now, with what is typed on a ticket's page so far."""
    found = at_step(visible_ticket(request, pk), request)
    where = {"runtime": found.runtime, "node": found.node}
    specs = fields_for(request.user, answers=found.answers, **where)
    shown = what_to_show(
        request,
        specs,
        logic=found.runtime.logic,
        answers=found.answers,
        demanded=demanded(request.user, **where),
    )
    return JsonResponse(shown)


@login_required
@permission_required("tickets.add_ticket", raise_exception=True)
@require_POST
def open_fields(request, slug):
    """The same for a new ticket."""
    runtime = live_runtime(slug, user=request.user)
    where = {"runtime": runtime, "node": runtime.start.key}
    specs = fields_for(request.user, **where)
    shown = what_to_show(
        request, specs, logic=runtime.logic, demanded=demanded(request.user, **where)
    )  # fmt: skip
    return JsonResponse(shown)


def what_to_show(request, specs, **given) -> dict:
    chosen = chosen_files(specs, request.POST)
    form = answers_form(specs, today=today(), data=request.POST, chosen=chosen, **given)
    shown = changes(form)
    about = About.typed(form, user=request.user)
    if about.key and about.key != request.POST.get(form.add_prefix("about")):
        # Only when it has become about someone else: what a person changed stays changed.
        shown |= {"about": about.key, "values": about.values(specs)}
    return shown


def live_runtime(slug, *, user):
    """As it is at the store of `user`. If the answers name another store, that one counts in the end."""
    now = timezone.now()
    try:
        return TypeAtStores(live_type(slug, at=now), now).at_store(user.store).compiled
    except NoLiveType as refusal:
        raise Http404(str(refusal.sentence)) from refusal


def opened_in_words(made: Ticket) -> str:
    if not made.is_open:
        return _("Ticket #%(number)s was opened, and ended by itself.") % {"number": made.pk}
    if to := made.assignee or made.department:
        return _("Ticket #%(number)s is open and was sent to %(name)s.") % {"number": made.pk, "name": to}
    return _("Ticket #%(number)s is open.") % {"number": made.pk}


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
    if kind == "product" and user.has_perm("customers.view_order"):
        lines = OrderLine.objects.filter(sku__startswith=written).order_by("sku", "description")
        return list(lines.values_list("sku", "description").distinct()[:MOST_SUGGESTED])
    if kind == "staff" and user.has_perm("tickets.change_ticket"):
        rows = User.objects.filter(is_active=True).order_by("username")
        rows = rows.filter(Q(username__startswith=written) | Q(first_name__icontains=written))
        return [(row.username, str(row)) for row in rows[:MOST_SUGGESTED]]
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


def today():
    return timezone.localdate()
