from django.db import models
from django.utils.translation import gettext_lazy as _


class ReplayReport(models.Model):
    """What came of asking logged decisions again on one day.

    differing   [[decision id, outcome now]] of those that came out otherwise, the first 100
    unreadable  how many were made in words the system no longer knows
    """

    day = models.DateField(_("day"), unique=True)
    at = models.DateTimeField()
    replayed = models.PositiveIntegerField(_("replayed"))
    different = models.PositiveIntegerField(_("different"))
    unreadable = models.PositiveIntegerField(_("not readable"))
    differing = models.JSONField(default=list)

    class Meta:
        verbose_name = _("replay report")
        verbose_name_plural = _("replay reports")
        ordering = ["-day"]

    def __str__(self):
        return str(self.day)
