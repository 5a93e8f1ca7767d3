from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flows.customers.querysets import ImportRunQuerySet


class ImportRun(models.Model):
    """One file on its way in: checked, confirmed, read, and what came of it. Kept as the record of who
    imported what. Any app's imports are rows here; `kind` is a key of flows.customers.imports."""

    class State(models.TextChoices):
        CHECKED = "checked", _("waiting for confirmation")
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    # A worker says so often that it is alive; another takes over when it has been silent this long.
    LEASE = timedelta(minutes=2)

    kind = models.CharField(_("what"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKED)
    filename = models.CharField(_("file"), max_length=255)
    file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    digest = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    language = models.CharField(max_length=10, default=settings.LANGUAGE_CODE)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    leased_until = models.DateTimeField(null=True)
    percent = models.PositiveSmallIntegerField(_("progress"), default=0)
    read = models.PositiveIntegerField(_("rows read"), default=0)
    added = models.PositiveIntegerField(_("added"), default=0)
    known = models.PositiveIntegerField(_("already there"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    # [[reason, how often]], the most frequent first.
    reasons = models.JSONField(default=list)
    # {key: number}: what the importer of this kind counts besides.
    details = models.JSONField(default=dict)
    rejects_file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        indexes = [
            # Read every minute by the sweeper.
            models.Index(
                fields=["leased_until"],
                condition=models.Q(state__in=["queued", "running"]),
                name="import_run_unfinished",
            ),
        ]

    def __str__(self):
        return self.filename

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
