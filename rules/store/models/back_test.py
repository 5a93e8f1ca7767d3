from datetime import timedelta

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _


class BackTestQuerySet(models.QuerySet):
    def of(self, record):
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)

    def unfinished(self):
        return self.filter(state__in=["queued", "running"])

    def waiting(self, *, at):
        """To be worked on now: nobody has begun, or whoever began has gone silent."""
        return self.filter(Q(state="queued") | Q(state="running", leased_until__lt=at))

    def to_prune(self, *, at):
        """Ended longer ago than KEPT, of content that was never handed in for review, and not the newest of
        their record: what a reviewer saw when approving a version stays for ever."""
        from rules.store.models.review import ReviewState

        of_record = {"content_type": OuterRef("content_type"), "object_id": OuterRef("object_id")}
        newest = BackTest.objects.filter(**of_record).order_by("-pk").values("pk")[:1]
        reviewed = ReviewState.objects.filter(content_digest=OuterRef("content_digest"))
        ended = self.filter(state__in=["done", "cancelled", "failed"], finished_at__lt=at - BackTest.KEPT)
        return ended.filter(~Exists(reviewed)).exclude(pk=Subquery(newest))


class BackTest(models.Model):
    """A draft tried on real cases beside what is live. The row is the work: huey only wakes a worker up.

    document     what the draft said
    place        cases up to here have been looked at
    outcomes     {key: {"before", "after", "count", "examples": [{"subject", "facts"}]}}, of what differs;
                 where nothing is live, of everything, and `before` is None. An example's "draft_facts" are
                 there where the draft would have found others than what is live
    money        as rules.store.histories.History.money returns it
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    # A worker says so often that it is alive; another goes on when it has been silent this long.
    LEASE = timedelta(minutes=2)
    MOST_ATTEMPTS = 3
    # After this, those that no review was about are removed.
    KEPT = timedelta(days=90)

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.BigIntegerField()
    record = GenericForeignKey("content_type", "object_id")
    content_digest = models.CharField(max_length=64)
    document = models.JSONField(encoder=DjangoJSONEncoder)
    # A version is never deleted; see rules/store.
    live_version = models.ForeignKey(
        "rules_store.Version", null=True, on_delete=models.DO_NOTHING, related_name="+"
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    # Of how many things they are about, where several cases are about one.
    changed_subjects = models.PositiveIntegerField(default=0)
    place = models.BigIntegerField(default=0)
    outcomes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    money = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_by = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BackTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("back-test")
        verbose_name_plural = _("back-tests")
        ordering = ["-pk"]
        constraints = [
            # A second press of the button must not do the work twice.
            models.UniqueConstraint(
                fields=["content_type", "object_id"],
                condition=Q(state__in=["queued", "running"]),
                name="back_test_one_unfinished_per_record",
            ),
            models.CheckConstraint(
                condition=Q(since__lt=models.F("until")), name="back_test_begins_before_it_ends"
            ),
        ]
        indexes = [
            # Read every minute by the sweeper.
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["queued", "running"]),
                name="back_test_unfinished",
            ),
        ]

    def __str__(self):
        return f"{self.record} · {self.get_state_display()}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int:
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0
