from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.tickets.service_levels.counting import ALWAYS, Count
from flows.tickets.service_levels.levels import SOON_PERCENT


class ClockQuerySet(models.QuerySet):
    def running(self):
        return self.filter(state=Clock.State.RUNNING)

    def of_whole_ticket(self):
        return self.filter(node="")

    def with_step_due(self, *, at):
        return self.filter(next_at__lte=at)


class Clock(models.Model):
    """How much of one time limit a ticket has used: of the whole ticket (`node` is ""), or at one node.

    used      seconds used up to `since`; from there it runs by `calendar`; where that is null, every hour
              counts
    cycle     which time round: a node entered again, the next update. Each has its budget anew
    due_at    when the budget is used up; null while it does not run
    next_at   when the next step of the ladder is due; null where none is left, and while it does not run
    kept      whether it ended in time; null until then
    history   [{"at", "what", ...}]: began, ran, stood, recounted, ended; what the ticket's page tells
    """

    class Measure(models.TextChoices):
        RESPONSE = "response", _("first answer")
        UPDATE = "update", _("next update")
        SOLUTION = "solution", _("solution")
        NODE = "node", _("this step")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("standing still")
        ENDED = "ended", _("ended")

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="clocks")
    node = models.CharField(max_length=50, blank=True)
    measure = models.CharField(_("time limit"), max_length=10, choices=Measure)
    cycle = models.PositiveIntegerField(default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    budget = models.PositiveIntegerField(_("seconds allowed"))
    used = models.PositiveIntegerField(_("seconds used"), default=0)
    since = models.DateTimeField(null=True, blank=True)
    working = models.BooleanField(_("in working time"), default=True)
    calendar = models.ForeignKey(
        "rules_store.Version", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    kept = models.BooleanField(_("kept"), null=True, blank=True)
    history = models.JSONField(default=list, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "node", "measure"], name="clock_one_per_limit"),
            models.CheckConstraint(
                condition=Q(state="running", since__isnull=False)
                | ~Q(state="running") & Q(since__isnull=True),
                name="clock_running_has_begun",
            ),
            # What stands still is never due, and so never fires.
            models.CheckConstraint(
                condition=Q(state="running") | Q(due_at__isnull=True, next_at__isnull=True),
                name="clock_due_only_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False)
                | ~Q(state="ended") & Q(ended_at__isnull=True),
                name="clock_ended_has_a_time",
            ),
        ]
        indexes = [
            # Read every few seconds: which steps are due.
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="clock_next_step"),
            # Read when a calendar changes: which clocks run by its earlier version.
            models.Index(fields=["calendar"], condition=Q(state="running"), name="clock_running_by_calendar"),
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.node} {self.measure}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def count(self) -> Count:
        calendar = self.calendar.compiled if self.calendar_id else ALWAYS
        return Count(budget=self.budget, calendar=calendar, used=self.used, since=self.since)

    def take(self, count: Count) -> None:
        """Keep a count that was made from `self.count`."""
        self.budget, self.used, self.since = count.budget, count.used, count.since
        self.due_at = count.due_at

    def used_at(self, at) -> int:
        return self.count.used_at(at)

    def left_at(self, at) -> int:
        """Negative when overdue."""
        return self.budget - self.used_at(at)

    def is_overdue_at(self, at) -> bool:
        """Also in the night after the last working hour of the budget."""
        return at > self.due_at if self.due_at else self.used > self.budget

    def colour_at(self, at) -> str:
        """red: overdue; amber: due soon; green: on the way."""
        if self.is_overdue_at(at):
            return "red"
        return "amber" if self.used_at(at) * 100 >= self.budget * SOON_PERCENT else "green"


class FiredStep(models.Model):
    """A step of the ladder that has fired: the row is the claim to fire it, so it fires once.

    Written in the transaction that does what the step says. `cycle` lets it fire again only where the whole
    budget begins anew.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="fired")
    cycle = models.PositiveIntegerField()
    step = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "cycle", "step"], name="ladder_step_fires_once"),
        ]

    def __str__(self):
        return f"{self.clock_id} {self.cycle} {self.step}"
