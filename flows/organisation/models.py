from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from flows.organisation.calendar_record import Calendar

__all__ = ["Calendar", "Department", "Region", "Store", "User"]


def calendar_that_counts(help_text) -> models.ForeignKey:
    return models.ForeignKey(
        Calendar, verbose_name=_("working calendar"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+", help_text=help_text,
    )  # fmt: skip


class Region(models.Model):
    """A part of the company's territory; stores belong to one, commission rates may differ by it."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Store(models.Model):
    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    region = models.ForeignKey(
        Region,
        verbose_name=_("region"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stores",
    )
    calendar = calendar_that_counts(
        _("Counts for this store's tickets, unless their type names another one.")
    )

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Department(models.Model):
    """Who a ticket can be sent to when no single person is named: quality, logistics, after-sales."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    head = models.ForeignKey(
        "User", verbose_name=_("head"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text=_("Is told when tickets of this department are late."),
    )  # fmt: skip
    calendar = calendar_that_counts(
        _("Counts for its tickets, unless their type names another one or their store has one.")
    )

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]

    def __str__(self):
        return self.name


class User(AbstractUser):
    """A member of staff. What they may do comes from their groups: see organisation/roles.py."""

    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="staff",
    )
    store = models.ForeignKey(
        Store,
        verbose_name=_("store"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="staff",
    )

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self):
        return self.get_full_name() or self.username
