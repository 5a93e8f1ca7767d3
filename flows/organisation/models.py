from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from flows.organisation.calendar_record import Calendar
from flows.organisation.calendars import WEEKDAYS, WorkingCalendar
from flows.organisation.shifts import calendar_of, problems_of_shift

__all__ = ["Absence", "Calendar", "Department", "Region", "Shift", "Skill", "Store", "User"]


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
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("In degrees, north is positive, such as 31.230416. Tickets go to the nearest store."),
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("In degrees, east is positive, such as 121.473701."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="store_lies_on_earth",
                violation_error_message=_("Give both latitude and longitude, in degrees, or neither."),
            )
        ]

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


class Skill(models.Model):
    """Something a member of staff can do that not everyone can: a language, a kind of repair."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["name"]

    def __str__(self):
        return self.name


def hours_of(day: str) -> models.CharField:
    return models.CharField(day, max_length=100, blank=True)


class Shift(models.Model):
    """When people work: hours per weekday in one time zone. One shift serves many people."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    timezone = models.CharField(
        _("time zone"), max_length=50, default="Asia/Shanghai", help_text=_("Such as Asia/Shanghai.")
    )
    mon = hours_of(_("Monday"))
    tue = hours_of(_("Tuesday"))
    wed = hours_of(_("Wednesday"))
    thu = hours_of(_("Thursday"))
    fri = hours_of(_("Friday"))
    sat = hours_of(_("Saturday"))
    sun = hours_of(_("Sunday"))
    days_off = models.TextField(
        _("days off"), blank=True, help_text=_("One date a line, such as 2026-10-01. No work on these days.")
    )

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def clean(self):
        if problems := problems_of_shift(self.hours, zone=self.timezone, days_off=self.days_off):
            raise ValidationError(problems)

    @property
    def hours(self) -> dict[str, str]:
        return {day: getattr(self, day) for day in WEEKDAYS}

    @cached_property
    def calendar(self) -> WorkingCalendar | None:
        """None while something in it cannot be read; then it keeps nobody from working."""
        return calendar_of(self.hours, zone=self.timezone, days_off=self.days_off)

    def is_on(self, at: datetime) -> bool:
        return self.calendar is None or self.calendar.is_open(at)


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
    skills = models.ManyToManyField(Skill, verbose_name=_("skills"), blank=True, related_name="staff")
    shift = models.ForeignKey(
        Shift,
        verbose_name=_("shift"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="staff",
        help_text=_("When tickets may be given to this person. Empty: at any time."),
    )
    capacity = models.PositiveSmallIntegerField(
        _("open tickets at most"),
        null=True,
        blank=True,
        help_text=_("No more are given to this person by rules. Empty: no limit."),
    )

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self):
        return self.get_full_name() or self.username


class AbsenceQuerySet(models.QuerySet):
    def current(self, *, at: datetime):
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def coming(self, *, at: datetime):
        """Those that have not ended."""
        return self.filter(ends_at__gt=at)


class Absence(models.Model):
    """Out of office: no ticket is given to the person by rules; the backup stands in, if one is named."""

    person = models.ForeignKey(User, verbose_name=_("who"), on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    backup = models.ForeignKey(
        User,
        verbose_name=_("backup"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stands_in",
        help_text=_("Gets what would have gone to this person."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="absence_ends_after_it_begins",
                violation_error_message=_("An absence ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(backup__isnull=True) | ~Q(backup=F("person")),
                name="absence_backup_is_another",
                violation_error_message=_("Choose someone else as the backup."),
            ),
        ]
        # Read at every assignment: who is away now.
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="absence_by_end")]

    def __str__(self):
        return f"{self.person} {self.starts_at:%Y-%m-%d}"
