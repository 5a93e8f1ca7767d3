from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


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
