from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.tickets.models.ticket import Urgency


class Audience(models.TextChoices):
    """Who is offered something that was stored to be used again."""

    SELF = "self", _("only me")
    DEPARTMENT = "department", _("a department")
    EVERYONE = "everyone", _("everyone")


# A department is named exactly where it is meant.
FITS_AUDIENCE = Q(audience="department", department__isnull=False) | ~Q(audience="department") & Q(
    department__isnull=True
)


class MacroQuerySet(models.QuerySet):
    def offered_to(self, person):
        mine = Q(audience="everyone") | Q(audience="self", owner=person)
        if person.department_id:
            mine |= Q(audience="department", department=person.department_id)
        return self.filter(mine, is_active=True)

    def for_type(self, slug: str):
        return self.filter(ticket_type__in=["", slug])


class Macro(models.Model):
    """A stored answer with what goes with it, done with one press: see flows/tickets/together/macros.py.

    ticket_type   "" for every type
    transition    {"key", "label": {"en", "zh"}}, or {} for none; only with a ticket type
    """

    name = models.CharField(_("name"), max_length=80)
    audience = models.CharField(_("offered to"), max_length=12, choices=Audience, default=Audience.SELF)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.CASCADE, related_name="+",
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("made by"), null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    ticket_type = models.SlugField(_("for tickets of type"), max_length=80, blank=True)
    reply = models.TextField(_("reply"), max_length=5_000, blank=True)
    is_public = models.BooleanField(_("the customer may read it"), default=False)
    add_tags = models.JSONField(_("add tags"), default=list, blank=True)
    remove_tags = models.JSONField(_("remove tags"), default=list, blank=True)
    urgency = models.PositiveSmallIntegerField(_("set urgency"), choices=Urgency, null=True, blank=True)
    transition = models.JSONField(_("then press"), default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(_("last changed"))

    objects = MacroQuerySet.as_manager()

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ["name", "pk"]
        permissions = [
            ("share_macro", "Can offer macros and views to everyone"),
            ("share_in_department_macro", "Can offer macros and views to the own department"),
        ]
        constraints = [
            models.CheckConstraint(condition=FITS_AUDIENCE, name="macro_department_fits_audience"),
        ]

    def __str__(self):
        return self.name
