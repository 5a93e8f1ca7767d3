import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BulkRunQuerySet(models.QuerySet):
    def waiting(self, *, at):
        """To be worked on now: nobody has begun, or whoever began has gone silent."""
        return self.filter(Q(state="queued") | Q(state="running", leased_until__lt=at))

    def unfinished(self):
        return self.filter(state__in=["queued", "running"])


class BulkRun(models.Model):
    """One act on many tickets. The rows are the work: huey only wakes a worker up.

    id     chosen by the page that asks, so that a press repeated is the same run
    act    {"name", …}: see flows/tickets/together/bulk.py
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    LEASE = timedelta(minutes=1)
    MOST_TICKETS = 10_000

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    act = models.JSONField(_("what"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.CASCADE, related_name="bulk_runs"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    language = models.CharField(max_length=10, default="zh-hans")
    asked_at = models.DateTimeField(_("asked"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    leased_by = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    objects = BulkRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        ordering = ["-asked_at"]
        indexes = [
            # Read every minute by the sweeper.
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["queued", "running"]),
                name="bulk_run_unfinished",
            )
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.CANCELLED)


class BulkRow(models.Model):
    """One ticket of a bulk action and what became of it; `why` in the language of who asked."""

    class State(models.TextChoices):
        WAITING = "waiting", _("not yet")
        DONE = "done", _("done")
        REFUSED = "refused", _("not done")
        CANCELLED = "cancelled", _("cancelled")

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="rows")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why = models.TextField(blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("ticket of a bulk action")
        verbose_name_plural = _("tickets of a bulk action")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "ticket"], name="bulk_row_once_per_ticket"),
            models.CheckConstraint(
                condition=Q(state="waiting", at__isnull=True) | ~Q(state="waiting") & Q(at__isnull=False),
                name="bulk_row_ended_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["run", "state", "id"], name="bulk_row_by_state")]

    def __str__(self):
        return f"{self.run_id} #{self.ticket_id} {self.state}"
