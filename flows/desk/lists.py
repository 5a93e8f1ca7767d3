"""The desk's list: which tickets it shows, and the filters that choose them."""

from dataclasses import dataclass

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from flows.tickets.field_access import as_seen
from flows.tickets.models import Approval, Ticket, TicketTag
from flows.tickets.models.ticket import Status, Urgency

PER_PAGE = 25
MOST_TAGS = 30
ANY = ("", _("any"))


class TicketFilter(forms.Form):
    """Reads a query string; what it does not understand it leaves out."""

    use_required_attribute = False

    q = forms.CharField(
        label=_("Search"), required=False, max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("number, words, customer, order, tag, comment")}
        ),
    )  # fmt: skip
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("all open")),
            *Status.choices[:3],
            ("ended", _("all ended")),
            *Status.choices[3:],
            ("any", _("all")),
        ],
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"), required=False, choices=[ANY, *reversed([(u.colour, u.label) for u in Urgency])]
    )
    tag = forms.ChoiceField(label=_("Tag"), required=False, choices=[ANY])
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("urgent first, then oldest")),
            ("due", _("due first")),
            ("newest", _("newest first")),
            ("oldest", _("oldest first")),
        ],
    )

    def __init__(self, *args, tags, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        # A saved view may ask for a tag that is rare by now.
        asked = [self.data["tag"]] if self.data.get("tag") else []
        self.fields["tag"].choices = [ANY, *((tag, tag) for tag in dict.fromkeys([*tags, *asked]))]
        self.full_clean()

    def chosen(self, name: str) -> str:
        return self.cleaned_data.get(name, "")

    @property
    def is_narrowed(self) -> bool:
        return any(self.chosen(name) for name in ("q", "status", "urgency", "tag"))

    @property
    def searches_open_only(self) -> bool:
        return bool(self.chosen("q")) and not self.chosen("status")

    def apply(self, tickets):
        tickets = self.with_status(tickets)
        if self.chosen("urgency"):
            tickets = tickets.filter(urgency=Urgency.of(self.chosen("urgency")))
        if self.chosen("tag"):
            tickets = tickets.tagged(self.chosen("tag"))
        if self.chosen("q"):
            tickets = tickets.matching(self.chosen("q").strip(), by=self.by)
        return self.in_order(tickets)

    def with_status(self, tickets):
        match self.chosen("status"):
            case "":
                return tickets.open()
            case "ended":
                return tickets.ended()
            case "any":
                return tickets
            case status:
                return tickets.filter(status=status)

    def in_order(self, tickets):
        match self.chosen("sort"):
            case "due":
                return tickets.first_due_first()
            case "newest":
                return tickets.order_by("-created_at", "-pk")
            case "oldest":
                return tickets.order_by("created_at", "pk")
            case _urgent:
                return tickets.most_urgent_first()


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A part of what a person sees: what waits for their approval, mine, my department's, nobody's, all."""

    key: str
    label: str
    tickets: object
    count: int


def tabs_for(user) -> list[Tab]:
    labels = {
        "approvals": _("For me to approve"),
        "mine": _("Mine"),
        "department": user.department.name if user.department else "",
        "unassigned": _("Nobody's"),
        "all": _("All I may see"),
    }
    tabs = [
        Tab(key=key, label=labels[key], tickets=tickets, count=tickets.open().count())
        for key, tickets in parts_for(user)
    ]
    # Most people are never asked to approve.
    return [tab for tab in tabs if tab.count or tab.key != "approvals"]


def parts_for(user) -> list[tuple[str, object]]:
    seen = Ticket.objects.visible_to(user)
    asked = Approval.objects.waiting_for(user).values("task__ticket")
    parts = [("approvals", seen.filter(pk__in=asked)), ("mine", seen.assigned_to(user))]
    if user.department_id:
        parts.append(("department", seen.of_department(user.department_id)))
    if user.has_perm("tickets.change_ticket"):
        parts.append(("unassigned", seen.unassigned()))
    return [*parts, ("all", seen)]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the list shows for the words of an address."""

    tabs: list[Tab]
    tab: Tab
    filter: TicketFilter
    tickets: object


CHOSEN = ("list", "q", "status", "urgency", "tag", "sort")


def chosen_in(query) -> dict[str, str]:
    """The part of an address that says which tickets, and in what order."""
    return {name: query[name] for name in CHOSEN if query.get(name)}


def listed(query, *, by) -> Listed:
    tabs = tabs_for(by)
    by_key = {tab.key: tab for tab in tabs}
    tab = by_key.get(query.get("list"), by_key["all"])
    chosen = TicketFilter(query, tags=tags_in_use(by), by=by)
    return Listed(tabs=tabs, tab=tab, filter=chosen, tickets=chosen.apply(tab.tickets))


def count_of(query, *, by) -> int:
    """How many tickets a saved view shows to one person."""
    seen = dict(parts_for(by))
    tickets = seen.get(query.get("list"), seen["all"])
    return TicketFilter(query, tags=(), by=by).apply(tickets).order_by().count()


def tags_in_use(user) -> list[str]:
    """The most frequent tags among what the person sees."""
    tags = TicketTag.objects.filter(ticket__in=Ticket.objects.visible_to(user)).values_list("name")
    return [name for name, _count in tags.annotate(count=Count("pk")).order_by("-count", "name")[:MOST_TAGS]]


def page_of(tickets, number, *, by):
    page = Paginator(tickets.with_names().with_clocks(), PER_PAGE).get_page(number)
    page.object_list = [as_seen(ticket, by=by) for ticket in page.object_list]
    return page
