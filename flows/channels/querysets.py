from django.db import models


class OutgoingQuerySet(models.QuerySet):
    def about(self, subject):
        return self.filter(subject=subject)

    def due(self, *, at):
        return self.filter(state="queued", due_at__lte=at).order_by("due_at", "pk")

    def taken_by(self, worker):
        return self.filter(leased_by=worker, state__in=["leased", "sending"])

    def taken_but_never_called(self, *, before):
        return self.filter(state="leased", leased_until__lt=before)

    def perhaps_sent(self, *, before):
        """Calls whose result nobody stored: their worker died, or the channel did not answer."""
        return self.filter(
            models.Q(state="sending", leased_until__lt=before) | models.Q(state="unknown", due_at__lte=before)
        ).order_by("pk")

    def not_yet_called(self):
        return self.filter(state__in=["queued", "held", "leased"])

    def on_hold(self):
        return self.filter(state="held")


class NoticeQuerySet(models.QuerySet):
    def of(self, person):
        return self.filter(person=person)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def waiting_for_brief(self, *, before):
        return self.filter(in_brief=True, briefed_at__isnull=True, at__lt=before)
