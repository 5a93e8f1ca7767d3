"""Double entry, append-only. Why one row holds both sides: README.md, "The ledger"."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from flows.money import Money
from flows.settlement.commission import NOT_RULES
from flows.settlement.querysets import AccountQuerySet, EntryQuerySet


class Account(models.Model):
    """Where money is owed or spent. Known by what it is for, whose it is, and its currency."""

    class Kind(models.TextChoices):
        EXPENSE = "commission_expense", _("commission expense")
        PAYABLE = "commission_payable", _("commission payable")

    class OwnerKind(models.TextChoices):
        COMPANY = "company", _("company")
        STORE = "store", _("store")
        REGION = "region", _("region")

    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    owner_kind = models.CharField(_("owner"), max_length=10, choices=OwnerKind)
    # The short name of a store, the region a plan names, or empty for the company and for no region.
    owner = models.CharField(_("owner's short name"), max_length=120, blank=True)
    store = models.ForeignKey(
        "organisation.Store",
        verbose_name=_("store"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accounts",
    )
    currency = models.CharField(_("currency"), max_length=3)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["kind", "owner_kind", "owner", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner_kind", "owner", "currency"], name="account_once"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.owner_name}"

    @property
    def owner_name(self):
        if self.owner_kind == self.OwnerKind.COMPANY:
            return str(self.get_owner_kind_display())
        return str(self.store or self.owner or _("no region"))

    @property
    def key(self):
        """How commands name an account: commission_payable:store:east-1"""
        return ":".join(part for part in (self.kind, self.owner_kind, self.owner) if part)


class Entry(models.Model):
    """A transfer from one account to another: `minor` leaves `credit` and reaches `debit`.

    minor       whole minor units, never negative; a return is a transfer the other way
    rule        name of the rate rule that held; empty for the default rate and for lines without a rule
    region      the plan's region the line was added up under
    arithmetic  every number on the way, as texts in major units; see commission.Share.arithmetic
    """

    settlement = models.ForeignKey(
        "Settlement", verbose_name=_("settlement"), on_delete=models.PROTECT, related_name="entries"
    )
    plan = models.SlugField(_("plan"), max_length=80, db_index=False)
    version = models.ForeignKey(
        "rules_store.Version",
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # found through its settlement
    )
    line = models.ForeignKey(
        "customers.OrderLine", verbose_name=_("order line"), on_delete=models.PROTECT, related_name="entries"
    )
    # Copied from the order, so that a page of the ledger is found without it.
    happened_at = models.DateTimeField(_("ordered"))
    debit = models.ForeignKey(
        Account, verbose_name=_("debit"), on_delete=models.PROTECT, related_name="debits", db_index=False
    )
    credit = models.ForeignKey(
        Account, verbose_name=_("credit"), on_delete=models.PROTECT, related_name="credits", db_index=False
    )
    minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    rule = models.CharField(_("rule"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    arithmetic = models.JSONField(_("arithmetic"))

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-happened_at", "-pk"]
        permissions = [("view_own_entry", "Can view the ledger entries of their own store")]
        # What a constraint cannot say (no change, no deletion, one currency) is said by triggers: guards.py.
        constraints = [
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="entry_moves_between_accounts"),
            models.CheckConstraint(condition=Q(minor__gte=0), name="entry_amount_not_negative"),
            # However periods are cut, a plan pays for a line once.
            models.UniqueConstraint(fields=["plan", "line"], name="entry_once_per_plan_and_line"),
        ]
        indexes = [
            # Read by the ledger's list, which is cut by time, and by a store's page.
            models.Index(fields=["happened_at"], name="entry_by_time"),
            models.Index(fields=["credit", "happened_at"], name="entry_by_credit_and_time"),
            models.Index(fields=["debit", "happened_at"], name="entry_by_debit_and_time"),
        ]

    def __str__(self):
        return f"{self.pk} · {self.money}"

    @property
    def rule_name(self):
        return self.rule or NOT_RULES.get(self.arithmetic["reason"], "")

    @property
    def is_return(self):
        return self.debit.kind == Account.Kind.PAYABLE

    @property
    def money(self) -> Money:
        """What the owner of the payable account earns: negative when a return takes it back."""
        return Money(minor=-self.minor if self.is_return else self.minor, currency=self.currency)

    @property
    def money_moved(self) -> Money:
        return Money(minor=self.minor, currency=self.currency)

    @property
    def payable(self) -> Account:
        return self.debit if self.is_return else self.credit
