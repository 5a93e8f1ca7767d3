from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rules.store.digests import digest
from rules.store.problems import Refusal


class VersionQuerySet(models.QuerySet):
    def of(self, record):
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)

    def of_model(self, model):
        return self.filter(content_type=ContentType.objects.get_for_model(model))

    def named(self, slug):
        return self.filter(slug=slug)

    def current(self):
        return self.filter(live_until__isnull=True)

    def live_at(self, at):
        return self.filter(
            Q(live_until__isnull=True) | Q(live_until__gt=at),
            Q(expires_at__isnull=True) | Q(expires_at__gt=at),
            live_from__lte=at,
        )

    def end(self, *, at):
        """The one change that a version ever sees."""
        return super().update(live_until=at)

    def update(self, **fields):
        raise Refusal(NEVER_CHANGES)

    def delete(self):
        raise Refusal(KEPT_FOR_EVER)


NEVER_CHANGES = _("A version never changes. Write a new draft instead.")
KEPT_FOR_EVER = _("Versions are kept for ever: decisions point at them.")


class VersionManager(models.Manager.from_queryset(VersionQuerySet)):
    def supersede(self, record, *, revision, approval, at):
        """Store `record` as it goes live at `at`, ending the version that was live before. → Version"""
        document = record.document()
        earlier = self.of(record)
        earlier.current().end(at=at)
        last = earlier.order_by("-number").first()
        return self.create(
            content_type=ContentType.objects.get_for_model(record),
            object_id=record.pk,
            slug=record.slug,
            name=record.name,
            number=last.number + 1 if last else 1,
            document=document,
            digest=digest(document),
            revision=revision,
            live_from=at,
            expires_at=record.expire_at,
            requested_by=approval.workflow_state.requested_by,
            approved_by=approval.finished_by,
        )


class Version(models.Model):
    """What a record said while it was live. Never changes, except that it ends.

    Numbers count from 1 within a record. `live_until` is the first instant at which it no longer decided;
    `expires_at` is when it was approved to stop: from then on it decides nothing, whether or not the worker
    that writes this down has come by.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.BigIntegerField()
    record = GenericForeignKey("content_type", "object_id")
    slug = models.SlugField(_("short name"), max_length=80)
    name = models.CharField(_("name"), max_length=120)
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField(encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64)
    revision = models.ForeignKey(
        "wagtailcore.Revision", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    live_from = models.DateTimeField(_("live from"))
    live_until = models.DateTimeField(_("live until"), null=True, blank=True)
    expires_at = models.DateTimeField(_("approved until"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("requested by"),
    )  # fmt: skip
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("approved by"),
    )  # fmt: skip

    objects = VersionManager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-live_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "number"], name="version_number_once_per_record"
            ),
            models.UniqueConstraint(
                fields=["content_type", "object_id"],
                condition=Q(live_until__isnull=True),
                name="version_one_live_per_record",
            ),
            models.CheckConstraint(
                condition=Q(live_until__isnull=True) | Q(live_until__gte=models.F("live_from")),
                name="version_ends_after_it_begins",
            ),
        ]
        indexes = [
            # Read at every decision: the live version of a slug.
            models.Index(fields=["content_type", "slug", "live_until"], name="version_by_slug"),
        ]

    def __str__(self):
        return _("%(name)s, version %(number)s") % {"name": self.name, "number": self.number}

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise Refusal(NEVER_CHANGES)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise Refusal(KEPT_FOR_EVER)

    @property
    def record_class(self):
        return self.content_type.model_class()

    @property
    def compiled(self):
        """The runtime object, compiled once per process."""
        from rules.store.runtime import compiled

        return compiled(self)

    @property
    def effective_until(self):
        """The first instant at which it no longer decides, or will not; None if that is open."""
        return min(filter(None, (self.live_until, self.expires_at)), default=None)

    # What it has in common with rules.store.runtime.Effective, the same version at a place.

    @property
    def base(self):
        return self

    overrides = ()

    def lines(self, language):
        return self.record_class.in_words(self.document, language)
