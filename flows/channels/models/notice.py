from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.channels.querysets import NoticeQuerySet


class How(models.TextChoices):
    """How an event reaches a person by one channel. In the product itself every notice stays."""

    NOW = "now", _("at once")
    BRIEF = "brief", _("in the daily brief")
    OFF = "off", _("not at all")


class Notice(models.Model):
    """One thing one person was told, as it stands behind the bell of the desk.

    event     the key of a registered kind: "ticket.assigned"
    subject   what it is about: "ticket:7"; what the person may see of it is asked when the notice is read
    occasion  which time it was; the same person, event, subject and occasion is the same notice
    context   what the caller told for the wording: {"by": "王芳"}
    in_brief  whether the daily brief tells it; `briefed_at`: when it did
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="notices"
    )
    event = models.CharField(_("event"), max_length=40)
    subject = models.CharField(_("about"), max_length=60, blank=True)
    occasion = models.CharField(max_length=40)
    context = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(_("when"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    in_brief = models.BooleanField(default=False)
    briefed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "event", "subject", "occasion"], name="notice_once_per_occasion"
            ),
            models.CheckConstraint(
                condition=Q(briefed_at__isnull=True) | Q(in_brief=True), name="notice_briefed_was_in_brief"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-at"], name="notice_of_person"),
            # The number at the bell, on every page of the desk.
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notice_unread"),
            # Read every few minutes by the daily brief.
            models.Index(
                fields=["person", "at"],
                condition=Q(in_brief=True, briefed_at__isnull=True),
                name="notice_waiting_for_brief",
            ),
        ]

    def __str__(self):
        return f"{self.event} {self.subject}"


class NoticeChoice(models.Model):
    """What a person chose for one event and channel; without a row, the kind's own default holds."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="+"
    )
    event = models.CharField(_("event"), max_length=40)
    channel = models.CharField(_("channel"), max_length=40)
    how = models.CharField(_("how"), max_length=5, choices=How)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "event", "channel"], name="notice_choice_once")
        ]

    def __str__(self):
        return f"{self.event} {self.channel}: {self.how}"


class NoticeHour(models.Model):
    """At which hour of their own day a person gets the daily brief; without a row, at nine."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    hour = models.PositiveSmallIntegerField(_("hour"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hour__lte=23), name="notice_hour_is_of_a_day"),
        ]

    def __str__(self):
        return f"{self.hour}:00"


class NoticeBrief(models.Model):
    """A daily brief that was written, so that no second one is: whatever happens to workers."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="+"
    )
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("when"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="notice_brief_once_a_day")]

    def __str__(self):
        return f"{self.person_id} {self.day}"


class NoticeWording(models.Model):
    """Words of the company's own for one event in one language, instead of the built-in ones."""

    event = models.CharField(_("event"), max_length=40)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=4_000, blank=True)

    class Meta:
        verbose_name = _("wording of a notice")
        verbose_name_plural = _("wordings of notices")
        constraints = [models.UniqueConstraint(fields=["event", "language"], name="notice_wording_once")]

    def __str__(self):
        return f"{self.event} {self.language}"
