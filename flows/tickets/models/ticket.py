from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from flows.tickets.querysets import TicketQuerySet
from rules.store.runtime import adjusted


class Status(models.TextChoices):
    """Where a ticket stands, roughly; where exactly is its node, which designers draw."""

    NEW = "new", _("new")
    OPEN = "open", _("in progress")
    PENDING = "pending", _("waiting")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")


ENDED = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)


class Urgency(models.IntegerChoices):
    """Ordered: a higher number goes first. Words as well as colours, for those who see none."""

    GREEN = 1, _("normal")
    AMBER = 2, _("soon")
    RED = 3, _("urgent")

    @classmethod
    def of(cls, colour: str) -> "Urgency":
        return cls[colour.upper()]

    @property
    def colour(self) -> str:
        return self.name.lower()


class Source(models.TextChoices):
    DESK = "desk", _("desk")
    IMPORT = "import", _("imported file")
    API = "api", _("another program")
    FLOW = "flow", _("another ticket")


class Ticket(models.Model):
    """A running case. It stays on the version of its type that it began with.

    source_key  what makes a ticket from outside the same ticket when it comes again
    moves       how often it moved: what a person saw is compared with it, so that of two people pressing
                at once one moves the ticket and the other is told so
    text        every word of the answers, for rules and search
    """

    version = models.ForeignKey(
        "rules_store.Version", verbose_name=_("version"), on_delete=models.PROTECT, related_name="+"
    )
    # Versions of what its region and store had their own way about its type when it began; wide to narrow.
    adjusted_by = models.JSONField(_("adjusted by"), default=list, blank=True, editable=False)
    ticket_type = models.SlugField(_("ticket type"), max_length=80)
    title = models.CharField(_("title"), max_length=200)
    status = FSMField(_("status"), default=Status.NEW, choices=Status.choices, protected=True, max_length=12)
    node = models.CharField(_("step"), max_length=50)
    moves = models.PositiveIntegerField(default=0, editable=False)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.GREEN)
    # By the scorecards whose versions `queued_by` lists: flows/tickets/queue.py. More points go first.
    queue_points = models.DecimalField(
        _("points in the queue"), max_digits=9, decimal_places=2, default=0, editable=False
    )
    queued_by = models.CharField(max_length=200, blank=True, editable=False)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tickets",
    )  # fmt: skip
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("assigned to"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tickets",
    )  # fmt: skip
    customer = models.ForeignKey(
        "customers.Customer", verbose_name=_("customer"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tickets",
    )  # fmt: skip
    order = models.ForeignKey(
        "customers.Order", verbose_name=_("order"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tickets",
    )  # fmt: skip
    store = models.ForeignKey(
        "organisation.Store", verbose_name=_("store"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tickets",
    )  # fmt: skip
    # The task of another ticket that waits for this one to end.
    part_of = models.ForeignKey(
        "tickets.Task", verbose_name=_("part of"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="children", editable=False,
    )  # fmt: skip
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    text = models.TextField(_("text"), blank=True)
    source = models.CharField(_("came from"), max_length=10, choices=Source, default=Source.DESK)
    source_key = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("opened by"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("opened"))
    moved_at = models.DateTimeField(_("last moved"))
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # When the first of its running time limits is used up: flows/tickets/service_levels/clocks.py keeps it.
    due_at = models.DateTimeField(_("due"), null=True, blank=True, editable=False)

    objects = TicketQuerySet.as_manager()

    # Known of a locked row: whether anybody watches it. Nobody watches a new one.
    is_watched = False

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-queue_points", "-urgency", "created_at", "pk"]
        permissions = [("view_all_ticket", "Can see the tickets of every department and store")]
        constraints = [
            # The same review imported twice is one ticket; tickets made by hand have no key.
            models.UniqueConstraint(fields=["ticket_type", "source_key"], name="ticket_once_per_source"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, status__in=ENDED)
                | Q(closed_at__isnull=True) & ~Q(status__in=ENDED),
                name="ticket_ended_has_a_time",
            ),
            models.CheckConstraint(condition=Q(moved_at__gte=F("created_at")), name="ticket_moves_forward"),
        ]
        indexes = [
            # The desk's lists: open ones by points, urgency, then age; all, a department's, one person's.
            models.Index(
                fields=["-queue_points", "-urgency", "created_at", "id"],
                condition=Q(closed_at__isnull=True),
                name="ticket_open",
            ),
            models.Index(
                fields=["department", "-queue_points", "-urgency", "created_at"],
                condition=Q(closed_at__isnull=True),
                name="ticket_open_of_department",
            ),
            models.Index(
                fields=["assignee", "-queue_points", "-urgency", "created_at"],
                condition=Q(closed_at__isnull=True),
                name="ticket_open_of_person",
            ),
            # The desk's lists by what is due first.
            models.Index(
                fields=["due_at"],
                condition=Q(closed_at__isnull=True, due_at__isnull=False),
                name="ticket_open_by_due",
            ),
            # "Done" lists and the customer's history, newest first.
            models.Index(fields=["status", "-created_at"], name="ticket_by_status"),
            models.Index(fields=["customer", "-created_at"], name="ticket_of_customer"),
            models.Index(fields=["store", "-created_at"], name="ticket_of_store"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.title}"

    @cached_property
    def decided_by(self):
        """The version of its type, with the adjustments of its place."""
        return adjusted(self.version, self.adjusted_by)

    @cached_property
    def runtime(self):
        """The type as it was at its place when this ticket began."""
        return self.decided_by.compiled

    @property
    def subject(self) -> str:
        """What the decision log calls this ticket."""
        return f"ticket:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @cached_property
    def due(self):
        """When its first running time limit is used up, in words and as a colour; None where none runs."""
        from flows.tickets.service_levels.words import due_of

        return due_of(self, at=timezone.now())

    @property
    def urgency_colour(self) -> str:
        return Urgency(self.urgency).colour

    def is_plainly_visible_to(self, user) -> bool:
        """Whether its own row lets `user` see it. Where it does not, an open step of it still may: see
        `visible_to`, of which this is the part that asks nobody."""
        if not user.is_active or not user.has_perm("tickets.view_ticket"):
            return False
        if user.has_perm("tickets.view_all_ticket") or user.pk in (self.assignee_id, self.created_by_id):
            return True
        if user.store_id and user.store_id == self.store_id:
            return True
        is_nobodys = self.department_id is None and self.assignee_id is None
        is_of_theirs = user.department_id and user.department_id == self.department_id
        return bool(user.has_perm("tickets.change_ticket") and (is_nobodys or is_of_theirs))

    def become(self, status: str) -> None:
        """Take a coarse status in memory. Raises django_fsm.TransitionNotAllowed."""
        if status != self.status:
            getattr(self, VERBS[status])()

    @transition(field=status, source=[Status.NEW, Status.PENDING, Status.RESOLVED], target=Status.OPEN)
    def work_on(self):
        pass

    @transition(field=status, source=[Status.NEW, Status.OPEN], target=Status.PENDING)
    def wait(self):
        pass

    @transition(field=status, source=[Status.NEW, Status.OPEN, Status.PENDING], target=Status.RESOLVED)
    def resolve(self):
        pass

    @transition(
        field=status, source=[Status.NEW, Status.OPEN, Status.PENDING, Status.RESOLVED], target=Status.CLOSED
    )
    def close(self):
        pass

    @transition(field=status, source=[Status.NEW, Status.OPEN, Status.PENDING], target=Status.CANCELLED)
    def cancel(self):
        pass


# The only way to each coarse status.
VERBS = {
    Status.OPEN: "work_on",
    Status.PENDING: "wait",
    Status.RESOLVED: "resolve",
    Status.CLOSED: "close",
    Status.CANCELLED: "cancel",
}


class TicketTag(models.Model):
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="tags"
    )
    name = models.CharField(_("tag"), max_length=50)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["ticket", "name"], name="ticket_tag_once")]
        indexes = [models.Index(fields=["name", "ticket"], name="ticket_tag_by_name")]

    def __str__(self):
        return self.name


class TicketEvent(models.Model):
    """One line of a ticket's time line. `data` holds what the sentence needs, as it was called then."""

    class Kind(models.TextChoices):
        CREATED = "created", _("opened")
        ROUTED = "routed", _("routed")
        MOVED = "moved", _("moved")
        TAKEN = "taken", _("taken")
        ASSIGNED = "assigned", _("assigned")
        WENT = "went", _("went on by itself")
        DID = "did", _("done by itself")
        WAITS = "waits", _("waits")
        LEFT = "left", _("not needed any more")
        OPENED = "opened", _("opened another ticket")
        CHILD = "child", _("part ended")
        STUCK = "stuck", _("stuck")
        RESUMED = "resumed", _("tried again")
        ASKED = "asked", _("approval asked for")
        VOTED = "voted", _("voted")
        DECIDED = "decided", _("approval decided")
        PASSED_ON = "passed_on", _("passed on")
        ADDED = "added", _("approver added")
        RETURNED = "returned", _("returned")
        WITHDRAWN = "withdrawn", _("withdrawn")
        VERSION = "version", _("moved to another version")
        LATE = "late", _("time limit")
        HANDED = "handed", _("handed over")
        TAGGED = "tagged", _("tags changed")
        URGENCY = "urgency", _("urgency changed")
        LINKED = "linked", _("linked")
        UNLINKED = "unlinked", _("link removed")
        SPLIT = "split", _("split")
        MERGED = "merged", _("merged")
        UNMERGED = "unmerged", _("merge undone")

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="events"
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    data = models.JSONField(default=dict, blank=True)
    decision = models.ForeignKey(
        "rules_store.Decision", verbose_name=_("decision"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["at", "pk"]
        indexes = [
            # What one person did lately: flows/tickets/assignment/records.py.
            models.Index(fields=["by", "at"], condition=Q(kind="moved"), name="ticket_event_moves_by_person")
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.kind}"
