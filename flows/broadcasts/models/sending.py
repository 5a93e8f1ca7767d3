from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from flows.broadcasts.categories import Category
from flows.broadcasts.querysets import RecipientQuerySet, SendingQuerySet


class Sending(models.Model):
    """One run of a live broadcast: who started it, which versions decided, and how far it is."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        # Recipients are being written, some may be sent already.
        PREPARING = "preparing", _("choosing recipients")
        RUNNING = "running", _("sending")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")

    UNFINISHED = (State.SCHEDULED, State.PREPARING, State.RUNNING, State.PAUSED)

    # A version is never deleted; see rules/store.
    version = models.ForeignKey("rules_store.Version", on_delete=models.DO_NOTHING, related_name="+")
    slug = models.SlugField(_("broadcast"), max_length=80)
    channel = models.CharField(_("channel"), max_length=40)
    category = models.CharField(
        pgettext_lazy("of messages or words", "category"), max_length=20, choices=Category
    )
    at = models.DateTimeField(_("to be sent"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SCHEDULED)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("started by"), null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    content_digest = models.CharField(max_length=64)
    # The versions that decided: {"segment": id, "limits": [id], "lexicons": [id]} of rules_store.Version.
    decided_by = models.JSONField(default=dict)
    # Customers up to this primary key have been judged.
    judged_to = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    prepared_at = models.DateTimeField(_("recipients chosen"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = SendingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sending")
        verbose_name_plural = _("sendings")
        ordering = ["-pk"]
        constraints = [
            # A second press of the button must not send everything twice.
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(state__in=["scheduled", "preparing", "running", "paused"]),
                name="sending_one_unfinished_per_broadcast",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "stopped"]) | Q(finished_at__isnull=False),
                name="sending_finished_has_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "at"], name="sending_by_state_and_time")]

    def __str__(self):
        return str(self.version)

    @property
    def subject(self) -> str:
        """Under this name its messages stand in the outbox."""
        return f"broadcast:{self.pk}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED


class Recipient(models.Model):
    """One customer of a sending. Has exactly one outcome, and a reason code that says why.

    Reasons: accepted, quiet_hours:<limit>, pace:<limit> (queued); sent; unknown; failed; limit:<limit>,
    no_contact, missing_value, blocked_content, stopped (held back). `detail` holds what belongs to it.
    """

    class Outcome(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("result unknown")
        HELD_BACK = "held_back", _("held back")

    sending = models.ForeignKey(
        Sending, verbose_name=_("sending"), on_delete=models.CASCADE, related_name="recipients"
    )
    customer = models.ForeignKey(
        "customers.Customer", verbose_name=_("customer"), on_delete=models.CASCADE, related_name="broadcasts"
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=100)
    detail = models.JSONField(_("detail"), default=dict, encoder=DjangoJSONEncoder)
    # When it counts for caps: when it was sent, else when it is planned to be.
    counts_at = models.DateTimeField(_("time"))
    # When the limits let it go; what counts for a pace.
    cleared_at = models.DateTimeField(null=True, blank=True)
    outgoing = models.OneToOneField(
        "channels.Outgoing", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sending", "customer"], name="recipient_once_per_sending"),
        ]
        indexes = [
            # Caps: what a customer got or is about to get.
            models.Index(
                fields=["customer", "counts_at"],
                condition=Q(outcome__in=["queued", "sent", "unknown"]),
                name="recipient_counting",
            ),
            # Paces: what went out last.
            models.Index(
                fields=["cleared_at"], condition=Q(cleared_at__isnull=False), name="recipient_cleared"
            ),
            # Counts by reason, and the lists behind them.
            models.Index(fields=["sending", "outcome", "reason"], name="recipient_by_reason"),
        ]

    def __str__(self):
        return f"{self.sending_id}/{self.customer_id}"

    @property
    def subject(self) -> str:
        """Under this name tests and back-tests speak of it."""
        return f"recipient:{self.pk}"
