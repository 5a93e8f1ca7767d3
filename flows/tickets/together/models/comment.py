from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Comment(models.Model):
    """What someone says about a ticket. Free text: flows/tickets/together/secrecy.py decides who reads what.

    is_public   meant for the customer as well
    """

    # Long enough to mend a slip, too short to rewrite what others have answered.
    MAY_BE_EDITED_FOR = timedelta(minutes=15)
    MOST_CHARACTERS = 5_000

    ticket = models.ForeignKey(
        "tickets.Ticket", verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="comments"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    at = models.DateTimeField(_("when"))
    text = models.TextField(_("text"), max_length=MOST_CHARACTERS)
    is_public = models.BooleanField(_("public"), default=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    mentioned = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("mentioned"), related_name="+", blank=True
    )
    files = models.ManyToManyField("forms.Attachment", verbose_name=_("files"), related_name="+", blank=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(edited_at__isnull=True) | Q(edited_at__gte=models.F("at")),
                name="comment_edited_after_it_was_written",
            ),
        ]
        indexes = [models.Index(fields=["ticket", "at"], name="comment_of_ticket")]

    def __str__(self):
        return self.text[:80]

    def may_be_edited(self, *, by, at) -> bool:
        return self.by_id == by.pk and at - self.at <= self.MAY_BE_EDITED_FOR


class CommentEdit(models.Model):
    """What a comment said before it was edited."""

    comment = models.ForeignKey(
        Comment, verbose_name=_("comment"), on_delete=models.CASCADE, related_name="edits"
    )
    at = models.DateTimeField(_("when"))
    text = models.TextField(_("text before"))

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("edits")
        ordering = ["at", "pk"]

    def __str__(self):
        return self.text[:80]


class Watcher(models.Model):
    """Someone who is told what happens with a ticket. Watching gives no right to see it."""

    class Because(models.TextChoices):
        SELF = "self", _("chose to")
        MENTIONED = "mentioned", _("was mentioned")
        MERGED = "merged", _("watched a ticket that was merged")

    ticket = models.ForeignKey(
        "tickets.Ticket", verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="watchers"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="watches"
    )
    because = models.CharField(_("because"), max_length=10, choices=Because, default=Because.SELF)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("watcher")
        verbose_name_plural = _("watchers")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "person"], name="watcher_once_per_ticket"),
        ]

    def __str__(self):
        return str(self.person)
