from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Rollout(models.Model):
    """Adjustments of one record at many places that were sent for review together.

    Each stays a record of its own, with its own review and versions; this only says which belong together.
    """

    kind = models.CharField(_("kind of record"), max_length=100)
    record_slug = models.SlugField(_("record"), max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("sent"))
    reviews = models.ManyToManyField(
        "rules_store.ReviewState", verbose_name=_("reviews"), related_name="rollouts"
    )

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        ordering = ["-at"]
        indexes = [models.Index(fields=["kind", "record_slug", "-at"], name="rollout_of_record")]

    def __str__(self):
        return f"{self.record_slug} · {self.at:%Y-%m-%d %H:%M}"
