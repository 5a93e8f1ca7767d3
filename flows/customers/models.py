from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from flows.customers.querysets import CustomerQuerySet, ImportRunQuerySet, OrderQuerySet


class Customer(models.Model):
    """Someone the company serves. `number` is the company's own customer number."""

    number = models.CharField(_("customer number"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
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


# How an order file is read


def known_time_zone(name):
    if name not in available_timezones():
        raise ValidationError(_("No time zone has this name. Example: Asia/Shanghai."))


# Our fields, in the order forms show them: name, label, must it be mapped.
MAPPED_FIELDS = (
    ("number", _("order number"), True),
    ("placed_at", _("placed"), True),
    ("sku", _("product code"), True),
    ("quantity", _("quantity"), True),
    ("unit_price", _("unit price"), True),
    ("description", _("description"), False),
    ("category", _("category"), False),
    ("customer", _("customer number"), False),
    ("customer_name", _("customer name"), False),
    ("country", _("country or region"), False),
    ("channel", _("channel"), False),
    ("store", _("store code"), False),
)


class OrderMapping(models.Model):
    """How the columns of one shop system's order files are understood. One row is one order line."""

    class DateFormat(models.TextChoices):
        ISO = "%Y-%m-%d %H:%M:%S", "2011-12-31 23:59:59"
        ISO_MINUTES = "%Y-%m-%d %H:%M", "2011-12-31 23:59"
        ISO_DAY = "%Y-%m-%d", "2011-12-31"
        SLASHED = "%Y/%m/%d %H:%M:%S", "2011/12/31 23:59:59"
        SLASHED_MINUTES = "%Y/%m/%d %H:%M", "2011/12/31 23:59"
        DAY_FIRST = "%d/%m/%Y %H:%M", "31/12/2011 23:59"
        MONTH_FIRST = "%m/%d/%Y %H:%M", "12/31/2011 23:59"

    class DecimalMark(models.TextChoices):
        POINT = ".", _("point: 12.50")
        COMMA = ",", _("comma: 12,50")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    columns = models.JSONField(_("columns"), default=dict)
    date_format = models.CharField(
        _("dates look like"), max_length=40, choices=DateFormat, default=DateFormat.ISO
    )
    time_zone = models.CharField(
        _("time zone of the dates"),
        max_length=60,
        default=settings.TIME_ZONE,
        validators=[known_time_zone],
        help_text=_("The clock of the shop that wrote the file, for example Asia/Shanghai or Europe/London."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="CNY",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as CNY."))],
    )
    decimal_mark = models.CharField(
        _("decimal mark"), max_length=1, choices=DecimalMark, default=DecimalMark.POINT
    )
    return_prefix = models.CharField(_("order numbers of returns start with"), max_length=10, blank=True)
    adjustment_prefix = models.CharField(
        _("order numbers of adjustments start with"),
        max_length=10,
        blank=True,
        help_text=_("Bookkeeping without goods, such as a bad debt written off."),
    )
    returns_are_positive = models.BooleanField(
        _("quantities of returns are written without a minus"), default=False
    )
    customer_numbers_as_decimals = models.BooleanField(
        _("customer numbers were written as decimals"),
        default=False,
        help_text=_("Reads 17850.0 as customer 17850."),
    )
    channel = models.CharField(
        _("channel of every order"), max_length=40, blank=True, help_text=_("Where no column says so.")
    )
    country = models.CharField(
        _("country or region of every order"),
        max_length=100,
        blank=True,
        help_text=_("Where no column says so."),
    )
    store = models.ForeignKey(
        "organisation.Store",
        verbose_name=_("store of every order"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Where no column says so."),
    )

    class Meta:
        verbose_name = _("order mapping")
        verbose_name_plural = _("order mappings")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


# Imports


class ImportRun(models.Model):
    """One file on its way in: checked, confirmed, read, and what came of it. Kept as the record of who
    imported what. Any app's imports are rows here; `kind` is a key of flows.customers.imports."""

    class State(models.TextChoices):
        CHECKED = "checked", _("waiting for confirmation")
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    # A worker says so often that it is alive; another takes over when it has been silent this long.
    LEASE = timedelta(minutes=2)

    kind = models.CharField(_("what"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKED)
    filename = models.CharField(_("file"), max_length=255)
    file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    digest = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    language = models.CharField(max_length=10, default=settings.LANGUAGE_CODE)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    leased_until = models.DateTimeField(null=True)
    percent = models.PositiveSmallIntegerField(_("progress"), default=0)
    read = models.PositiveIntegerField(_("rows read"), default=0)
    added = models.PositiveIntegerField(_("added"), default=0)
    known = models.PositiveIntegerField(_("already there"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    # [[reason, how often]], the most frequent first.
    reasons = models.JSONField(default=list)
    # {key: number}: what the importer of this kind counts besides.
    details = models.JSONField(default=dict)
    rejects_file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        indexes = [
            # Read every minute by the sweeper.
            models.Index(
                fields=["leased_until"],
                condition=models.Q(state__in=["queued", "running"]),
                name="import_run_unfinished",
            ),
        ]

    def __str__(self):
        return self.filename

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
