from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from flows.money import Money
from flows.settlement.querysets import SettlementQuerySet


class Settlement(models.Model):
    """One plan applied to the orders of one period. Once posted it never changes.

    first_day, until_day  calendar days in the plan's zone; until_day is the first one not included
    starts_at, ends_at    the same as instants [start, end)
    totals                see actions.totals_of
    digest                SHA-256 over the posted entries; see actions.digest_of
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("in progress")
        POSTED = "posted", _("posted")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    plan = models.SlugField(_("plan"), max_length=80)
    version = models.ForeignKey(
        "rules_store.Version", verbose_name=_("version"), on_delete=models.PROTECT, related_name="settlements"
    )
    # Ids of the versions of local adjustments in force when it was asked for.
    adjusted_by = models.JSONField(_("adjusted by"), default=list, blank=True)
    first_day = models.DateField(_("from"))
    until_day = models.DateField(_("to (not included)"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested"))
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    # The work is this row: whoever holds the lease does it, and an expired lease may be taken over.
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lines_expected = models.PositiveIntegerField(_("order lines"), default=0)
    lines_done = models.PositiveIntegerField(default=0)
    problem = models.TextField(_("what went wrong"), blank=True)
    totals = models.JSONField(_("totals"), default=dict)
    digest = models.CharField(_("fingerprint"), max_length=64, blank=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["-first_day", "plan"]
        # Periods of a plan that overlap are refused by a trigger: guards.py.
        constraints = [
            models.CheckConstraint(
                condition=Q(until_day__gt=F("first_day")), name="settlement_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["plan", "first_day", "until_day"],
                condition=Q(state__in=["requested", "posted"]),
                name="settlement_once_per_plan_and_period",
            ),
        ]

    def __str__(self):
        return _("%(plan)s, %(first)s to %(last)s") % {
            "plan": self.version.name,
            "first": self.first_day,
            "last": self.last_day,
        }

    @property
    def last_day(self):
        return self.until_day - timedelta(days=1)

    @property
    def is_posted(self):
        return self.state == self.State.POSTED

    @property
    def percent_done(self) -> int:
        return 100 * self.lines_done // self.lines_expected if self.lines_expected else 0

    @property
    def commission(self) -> Money:
        return Money(minor=self.totals.get("commission_minor", 0), currency=self.currency)
