from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TicketLink(models.Model):
    """How two tickets belong together: `source` <kind> `target`. One row, told from both sides.

    before   of a merge: where the merged ticket was, so that it can be put back
    """

    class Kind(models.TextChoices):
        RELATES = "relates", _("relates to")
        DUPLICATES = "duplicates", _("duplicates")
        BLOCKS = "blocks", _("blocks")
        PARENT = "parent", _("is the parent of")
        SPLIT = "split", _("was split into")
        MERGED = "merged", _("was merged into")

    # How the target tells it.
    SEEN_FROM_TARGET = {
        Kind.RELATES: _("relates to"),
        Kind.DUPLICATES: _("is duplicated by"),
        Kind.BLOCKS: _("is blocked by"),
        Kind.PARENT: _("is a part of"),
        Kind.SPLIT: _("was split from"),
        Kind.MERGED: _("took in"),
    }
    # People make these by hand; the others come from splitting and merging.
    BY_HAND = (Kind.RELATES, Kind.DUPLICATES, Kind.BLOCKS, Kind.PARENT)

    source = models.ForeignKey(
        "tickets.Ticket", verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="links"
    )
    target = models.ForeignKey(
        "tickets.Ticket", verbose_name=_("other ticket"), on_delete=models.CASCADE, related_name="linked_by"
    )
    kind = models.CharField(pgettext_lazy("two tickets", "how"), max_length=10, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    at = models.DateTimeField(_("when"))
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["kind", "at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="link_between_two_tickets"),
            # A relation without direction is stored once.
            models.CheckConstraint(
                condition=~Q(kind="relates") | Q(source__lt=F("target")), name="link_relates_has_one_row"
            ),
            # A ticket goes on in one other ticket, and is part of one.
            models.UniqueConstraint(fields=["source"], condition=Q(kind="merged"), name="link_merged_once"),
            models.UniqueConstraint(fields=["target"], condition=Q(kind="parent"), name="link_one_parent"),
        ]

    def __str__(self):
        return f"#{self.source_id} {self.kind} #{self.target_id}"
