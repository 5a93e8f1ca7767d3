import uuid
from collections import Counter

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from flows.desk.lists import listed
from flows.desk.together.belonging import colleague, split_tags
from flows.desk.together.page import READERS, ChangeForm
from flows.forms.texts import said
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.together import bulk
from flows.tickets.together.models import BulkRow, BulkRun, Macro
from rules.store.models import Version
from rules.store.problems import Refusal
from rules.store.runtime import adjusted

SHOWN_OF_CHOSEN = 5
PER_PAGE = 50
SHOWN = [BulkRow.State(state) for state in ("done", "refused", "waiting", "cancelled")]


class Chosen:
    """What a person chose in the list: single tickets, or all that a filter finds."""

    def __init__(self, request):
        self.numbers = [number for number in request.POST.getlist("ticket") if number.isdigit()]
        self.is_all = request.POST.get("scope") == "all"
        self.query = request.POST.get("query", "")
        if self.is_all:
            self.tickets = listed(QueryDict(self.query), by=request.user).tickets
        else:
            self.tickets = Ticket.objects.visible_to(request.user).filter(pk__in=self.numbers)
        self.count = self.tickets.count()


class ActForm(forms.Form):
    """Everything that can be asked of many; each act uses its own part."""

    use_required_attribute = False

    transition = forms.ChoiceField(label=gettext_lazy("Button"), required=False)
    person = ChangeForm.base_fields["person"]
    department = ChangeForm.base_fields["department"]
    add = forms.CharField(label=gettext_lazy("Add tags"), required=False, max_length=500,
                          help_text=gettext_lazy("Separated by commas."))  # fmt: skip
    remove = forms.CharField(label=gettext_lazy("Remove tags"), required=False, max_length=500)
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("Urgency"), coerce=int, empty_value=None, required=False,
        choices=[(u.value, u.label) for u in reversed(Urgency)],
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("What you say"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    is_public = forms.TypedChoiceField(
        label=gettext_lazy("Who reads it"), coerce=lambda value: value == "public", required=False,
        choices=READERS,
        initial="internal", widget=forms.RadioSelect, empty_value=False,
    )  # fmt: skip
    macro = forms.ModelChoiceField(label=gettext_lazy("Macro"), required=False, queryset=Macro.objects.none())

    def __init__(self, *args, tickets, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.buttons = buttons_of(tickets)
        self.fields["transition"].choices = [(key, label) for key, label, _count in self.buttons]
        self.fields["macro"].queryset = Macro.objects.offered_to(by)

    def act(self, name: str) -> dict:
        """The act that was asked for, as it is stored. Raises Refusal, saying what is missing."""
        given = self.cleaned_data
        match name:
            case "press" if given["transition"]:
                label = next(label for key, label, _count in self.buttons if key == given["transition"])
                return {"name": name, "transition": given["transition"], "label": {"en": label, "zh": label}}
            case "give" if given["person"]:
                person = colleague(given["person"])
                return {"name": name, "person": person.username, "to": str(person)}
            case "give" if given["department"]:
                return {"name": name, "department": given["department"].slug, "to": given["department"].name}
            case "tag" if split_tags(given["add"]) or split_tags(given["remove"]):
                return {"name": name, "add": split_tags(given["add"]), "remove": split_tags(given["remove"])}
            case "urge" if given["urgency"]:
                return {"name": name, "urgency": given["urgency"]}
            case "comment" if given["text"].strip():
                return {"name": name, "text": given["text"], "is_public": bool(given["is_public"])}
            case "macro" if given["macro"]:
                return {"name": name, "macro": given["macro"].pk, "called": given["macro"].name}
        raise Refusal(_("Say what is to be done: something is left empty."))


def buttons_of(tickets) -> list[tuple[str, str, int]]:
    """(key, label, for how many of them) of the buttons that some of these tickets have now."""
    places = list(tickets.order_by().values_list("version", "adjusted_by", "node").annotate(Count("pk")))
    versions = Version.objects.in_bulk({version for version, *_rest in places})
    buttons = Counter()
    for version, adjusted_by, node, count in places:
        for step in adjusted(versions[version], adjusted_by).compiled.steps_from(node):
            buttons[step.key, said(step.label, get_language())] += count
    return [(key, label, count) for (key, label), count in buttons.most_common()]


@login_required
@permission_required("tickets.change_ticket", raise_exception=True)
@require_POST
def choose(request):
    """What was chosen, and what can be done with it."""
    chosen = Chosen(request)
    if not chosen.count:
        messages.error(request, _("Choose at least one ticket."))
        return redirect("desk:tickets")
    return render_choose(request, chosen, key=uuid.uuid4())


def render_choose(request, chosen, *, key, form=None, asked="", refusal="", status=200):
    form = form or ActForm(tickets=chosen.tickets, by=request.user)
    some = chosen.tickets.with_names().order_by("pk")[:SHOWN_OF_CHOSEN]
    context = {
        "chosen": chosen,
        "some": [as_seen(ticket, by=request.user) for ticket in some],
        "more": max(chosen.count - SHOWN_OF_CHOSEN, 0),
        "limit": BulkRun.MOST_TICKETS,
        "form": form,
        "key": key,
        "asked": asked,
        "refusal": refusal,
        "has_macros": form.fields["macro"].queryset.exists(),
    }
    return render(request, "desk/bulk_choose.html", context, status=status)


@login_required
@permission_required("tickets.change_ticket", raise_exception=True)
@require_POST
def start(request):
    key = as_uuid(request.POST.get("key"))
    if run := BulkRun.objects.filter(pk=key, by=request.user).first():
        return redirect("desk:bulk", pk=run.pk)
    chosen = Chosen(request)
    form = ActForm(request.POST, tickets=chosen.tickets, by=request.user)
    asked = request.POST.get("act", "")
    again = {"key": key, "form": form, "asked": asked, "status": 422}
    if not form.is_valid():
        return render_choose(request, chosen, **again)
    if request.POST.get("count") != str(chosen.count):
        sentence = _("Meanwhile it is %(count)s tickets. Look again before you go on.") % {
            "count": chosen.count
        }
        return render_choose(request, chosen, **again, refusal=sentence)
    try:
        run = bulk.request_bulk(
            key=key, tickets=chosen.tickets, act=form.act(asked), by=request.user, at=timezone.now()
        )
    except Refusal as refusal:
        return render_choose(request, chosen, **again, refusal=refusal.sentence)
    bulk.perform(run.pk, for_at_most=bulk.WHILE_THE_PERSON_WAITS)
    return redirect("desk:bulk", pk=run.pk)


def as_uuid(written) -> uuid.UUID:
    try:
        return uuid.UUID(written or "")
    except ValueError:
        return uuid.uuid4()


@login_required
@require_safe
def result(request, pk):
    """What became of each ticket; asks again by itself until it is finished."""
    run = get_object_or_404(BulkRun, pk=pk, by=request.user)
    counts = dict(run.rows.order_by().values_list("state").annotate(Count("pk")))
    total = sum(counts.values())
    shown = request.GET.get("show") or ("refused" if counts.get("refused") else "done")
    rows = run.rows.filter(state=shown).select_related("ticket")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    numbers = [row.ticket_id for row in page]
    visible = Ticket.objects.visible_to(request.user).with_names().in_bulk(numbers)
    seen = {pk: as_seen(ticket, by=request.user) for pk, ticket in visible.items()}
    context = {
        "run": run,
        "act": bulk.in_words(run.act),
        "total": total,
        "ended": total - counts.get("waiting", 0),
        "tabs": [(state, state.label, counts[state]) for state in SHOWN if counts.get(state)],
        "shown": shown,
        "page": page,
        "rows": [(row, seen.get(row.ticket_id)) for row in page],
    }
    return render(request, "desk/bulk_run.html", context)


@login_required
@require_POST
def cancel(request, pk):
    run = get_object_or_404(BulkRun, pk=pk, by=request.user)
    try:
        bulk.cancel_bulk(run=run, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Stopped. What is done stays done."))
    return redirect("desk:bulk", pk=pk)
