from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.channels.querysets import OutgoingQuerySet


class Outgoing(models.Model):
    """One message that must leave the house once, at most. See README.md for the life of a row.

    Written in the transaction of the change that causes it; workers take it from here. `subject` names who
    asked for it ("broadcast:3"); `payload` is what the driver of `channel` needs, such as {"text": ...}.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        HELD = "held", _("on hold")
        # Taken by a worker, which has not yet called the channel.
        LEASED = "leased", _("taken by a worker")
        # Stored before the call: from here on the message may have left.
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("result unknown")
        # The channel refused it for good.
        FAILED = "failed", _("refused by the channel")
        # Every try failed; nobody will try again unless a person asks.
        DEAD = "dead", _("given up")
        CANCELLED = "cancelled", _("cancelled")

    channel = models.CharField(_("channel"), max_length=40)
    recipient = models.CharField(_("recipient"), max_length=200)
    payload = models.JSONField(_("content"), default=dict)
    idempotency_key = models.CharField(_("key"), max_length=200, unique=True)
    subject = models.CharField(_("asked for by"), max_length=100, db_index=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    look_ups = models.PositiveSmallIntegerField(_("look-ups"), default=0)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"))
    leased_by = models.CharField(_("worker"), max_length=100, blank=True)
    leased_until = models.DateTimeField(_("taken until"), null=True, blank=True)
    called_at = models.DateTimeField(_("called"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    reference = models.CharField(_("the channel's own number"), max_length=200, blank=True)
    error = models.TextField(_("last error"), blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outbox")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="outgoing_sent_has_time"
            ),
            # A worker that dies must not keep its rows: whatever is taken is taken until some instant.
            models.CheckConstraint(
                condition=~Q(state__in=["leased", "sending"]) | Q(leased_until__isnull=False),
                name="outgoing_taken_has_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "sent", "unknown"]) | Q(called_at__isnull=False),
                name="outgoing_called_has_time",
            ),
        ]
        indexes = [
            # Read by workers at every wake-up.
            models.Index(fields=["due_at", "id"], condition=Q(state="queued"), name="outgoing_queued"),
            # Read by the sweeper every minute.
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["leased", "sending"]),
                name="outgoing_taken_by_end",
            ),
            models.Index(fields=["due_at"], condition=Q(state="unknown"), name="outgoing_unknown_by_time"),
        ]

    def __str__(self):
        return self.idempotency_key
