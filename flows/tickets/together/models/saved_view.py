from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.tickets.together.models.macro import FITS_AUDIENCE, Audience


class SavedViewQuerySet(models.QuerySet):
    def offered_to(self, person):
        mine = Q(audience="everyone") | Q(audience="self", owner=person)
        if person.department_id:
            mine |= Q(audience="department", department=person.department_id)
        return self.filter(mine)


class SavedView(models.Model):
    """A filter and sort of the desk's list under a name. What it shows depends on who looks.

    chosen   the filter's fields that are set, as in the address of the list
    """

    name = models.CharField(_("name"), max_length=40)
    audience = models.CharField(_("offered to"), max_length=12, choices=Audience, default=Audience.SELF)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.CASCADE, related_name="+",
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("made by"), null=True, on_delete=models.CASCADE,
        related_name="+",
    )  # fmt: skip
    chosen = models.JSONField(default=dict)
    at = models.DateTimeField(_("saved"))

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=FITS_AUDIENCE, name="view_department_fits_audience"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(audience="self"), name="view_own_name_once"
            ),
        ]

    def __str__(self):
        return self.name


class DefaultView(models.Model):
    """What a person's list opens with."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("default view")
        verbose_name_plural = _("default views")

    def __str__(self):
        return str(self.view)
