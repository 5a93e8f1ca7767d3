from datetime import datetime

from django.db import models
from django.db.models import Count


class SendingQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=self.model.UNFINISHED)

    def to_prepare(self, *, at: datetime):
        """Whose time has come and whose recipients are not all chosen."""
        return self.filter(state__in=["scheduled", "preparing"], at__lte=at).order_by("at", "pk")


class RecipientQuerySet(models.QuerySet):
    def counting(self):
        """What uses up a cap: sent, perhaps sent, and what is reserved. Failed sends do not count."""
        return self.filter(outcome__in=["queued", "sent", "unknown"])

    def queued(self):
        return self.filter(outcome="queued")

    def about_customer(self, words: str):
        """Whose customer has this number, or these words in the name."""
        return self.filter(models.Q(customer__number=words) | models.Q(customer__name__icontains=words))

    def concerned_by(self, limit):
        recipients = self
        if limit.channel:
            recipients = recipients.filter(sending__channel=limit.channel)
        if limit.category:
            recipients = recipients.filter(sending__category=limit.category)
        return recipients

    def within(self, window):
        return self.filter(counts_at__gte=window.start, counts_at__lte=window.end)

    def by_reason(self) -> dict[str, int]:
        """{reason: how many}, the most frequent first."""
        rows = self.order_by().values("reason").annotate(count=Count("pk")).order_by("-count", "reason")
        return {row["reason"]: row["count"] for row in rows}

    def by_outcome(self) -> dict[str, int]:
        rows = self.order_by().values("outcome").annotate(count=Count("pk"))
        return {row["outcome"]: row["count"] for row in rows}
