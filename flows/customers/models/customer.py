from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from flows.customers.querysets import CustomerQuerySet, OrderQuerySet


class Customer(models.Model):
    """Someone the company serves. `number` is the company's own customer number."""

    number = models.CharField(_("customer number"), max_length=64, unique=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=200, blank=True)
    country = models.CharField(_("country or region"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    level = models.CharField(_("level"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created"))

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["number"]

    def __str__(self):
        return self.name or self.number

    @property
    def masked_phone(self) -> str:
        """For those who need to know that there is one: 138****0000."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) > 8 else "*" * len(self.phone)


class Order(models.Model):
    """A sale, or the return of one (a cancellation is a document of its own)."""

    class Kind(models.TextChoices):
        SALE = "sale", _("sale")
        RETURN = "return", _("return")
        # Bookkeeping without goods, such as a bad debt written off.
        ADJUSTMENT = "adjustment", _("adjustment")

    number = models.CharField(_("order number"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SALE)
    # Some orders name no customer; they count in settlement all the same.
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="orders",
        db_index=False,
    )
    store = models.ForeignKey(
        "organisation.Store",
        verbose_name=_("store"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="orders",
    )
    placed_at = models.DateTimeField(_("placed"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country or region"), max_length=100, blank=True)
    channel = models.CharField(_("channel"), max_length=40, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "number"]
        indexes = [
            # Read by settlement (a period) and by limits ("bought within 7 days").
            models.Index(fields=["placed_at"], name="order_by_time"),
            models.Index(fields=["customer", "placed_at"], name="order_by_customer_and_time"),
        ]

    def __str__(self):
        return self.number


class OrderLine(models.Model):
    # The unique constraint below is the index by order.
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField(_("line"))
    sku = models.CharField(_("product code"), max_length=64)
    description = models.CharField(_("description"), max_length=255, blank=True)
    category = models.CharField(_("category"), max_length=100, blank=True)
    # Negative on returns.
    quantity = models.IntegerField(_("quantity"))
    # A price per unit may be finer than the smallest coin (0.001); amounts are rounded where a plan says.
    unit_price = models.DecimalField(_("unit price"), max_digits=16, decimal_places=4)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_once"),
        ]

    def __str__(self):
        return f"{self.order_id}/{self.position}"

    @property
    def amount(self) -> Decimal:
        """Exact, in the currency's units."""
        return self.quantity * self.unit_price
