from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """What a version decided about something, on which facts. Facts and version give the same outcome again.

    subject  what it was about, e.g. "ticket:12"; the part before the colon names the kind
    facts    the facts it was decided on, as `rules.engine.facts_as_json` writes them
    reasons  ids of the rules that held, or reason codes; sentences are made from version and facts when read
    """

    version = models.ForeignKey(
        "rules_store.Version", on_delete=models.PROTECT, related_name="decisions", verbose_name=_("version")
    )
    subject = models.CharField(_("about"), max_length=100)
    facts = models.JSONField(_("facts"))
    outcome = models.JSONField(_("outcome"))
    # Ids of the versions of local adjustments that took part, wide to narrow.
    adjusted_by = models.JSONField(_("adjusted by"), default=list, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-at", "-pk"]
        indexes = [
            # Looked up from the thing decided about, and by time in the log.
            models.Index(fields=["subject"], name="decision_by_subject"),
            models.Index(fields=["at"], name="decision_by_time"),
        ]

    def __str__(self):
        return f"{self.subject} · {self.version}"

    @cached_property
    def decided_by(self):
        """The version as it decided, with the adjustments of the place."""
        from rules.store.models.version import Version
        from rules.store.runtime import Effective

        if not self.adjusted_by:
            return self.version
        found = Version.objects.in_bulk(self.adjusted_by)
        return Effective(self.version, tuple(found[pk] for pk in self.adjusted_by))
