from django.db import connections, models
from django.db.models import Q


def tasks_concerning(user):
    """Tickets with an open step of theirs on a parallel way, or that waits for their approval."""
    from flows.tickets.models import Task

    return Task.objects.concerning(user).values("ticket")


# `is_watched`: whether anybody must be told that it moved.
LOCKED = (
    "SELECT *, EXISTS (SELECT 1 FROM together_watcher WHERE ticket_id = tickets_ticket.id) AS is_watched"
    " FROM tickets_ticket"
)


class TicketQuerySet(models.QuerySet):
    def visible_to(self, user) -> "TicketQuerySet":
        """Designers, reviewers and administrators see all; agents their department's, their own and what
        nobody has yet; store managers their store's; approvers what waits for them. Who may see no ticket at
        all sees none."""
        if not user.is_active or not user.has_perm("tickets.view_ticket"):
            return self.none()
        if user.has_perm("tickets.view_all_ticket"):
            return self
        seen = Q(assignee=user) | Q(created_by=user) | Q(pk__in=tasks_concerning(user))
        if user.store_id:
            seen |= Q(store=user.store_id)
        if user.has_perm("tickets.change_ticket"):
            seen |= Q(department__isnull=True, assignee__isnull=True)
            if user.department_id:
                seen |= Q(department=user.department_id)
        return self.filter(seen)

    def locked(self, pk: int):
        """One as it is now, locked until the transaction ends. Read at every step of every ticket, so the
        statement is written out: making it takes Django longer than PostgreSQL takes to answer it."""
        wait = " FOR UPDATE" if connections[self.db].features.has_select_for_update else ""
        for ticket in self.raw(f"{LOCKED} WHERE id = %s{wait}", [pk]):
            return ticket
        raise self.model.DoesNotExist

    def open(self):
        return self.filter(closed_at__isnull=True)

    def ended(self):
        return self.filter(closed_at__isnull=False)

    def of_type(self, slug: str):
        return self.filter(ticket_type=slug)

    def assigned_to(self, user):
        return self.filter(assignee=user)

    def of_department(self, department):
        return self.filter(department=department)

    def unassigned(self):
        return self.filter(department__isnull=True, assignee__isnull=True)

    def tagged(self, name: str):
        return self.filter(tags__name=name)

    def matching(self, words: str, *, by):
        """Tickets in which each of the words is found, as far as `by` may read them."""
        from flows.tickets.together.search import matching

        return matching(self, words, by=by)

    def most_urgent_first(self):
        """By points of the queue's scorecards, if there are any; then urgency, then age."""
        return self.order_by("-queue_points", "-urgency", "created_at", "pk")

    def counted_by(self, field: str) -> dict[str, int]:
        rows = self.order_by().values_list(field).annotate(count=models.Count("pk"))
        return {value or "": count for value, count in sorted(rows, key=lambda row: str(row[0] or ""))}

    def counted_by_urgency(self) -> dict[str, int]:
        from flows.tickets.models.ticket import Urgency

        return {Urgency(value).colour: count for value, count in self.counted_by("urgency").items()}

    def first_due_first(self):
        """What has no running time limit comes last, by urgency."""
        return self.order_by(models.F("due_at").asc(nulls_last=True), "-urgency", "created_at", "pk")

    def overdue(self, *, at):
        return self.open().filter(due_at__lt=at)

    def with_clocks(self):
        """What `Ticket.due` reads, in one query."""
        from flows.tickets.models.clock import Clock

        running = Clock.objects.running().select_related("calendar").defer("calendar__document")
        return self.prefetch_related(models.Prefetch("clocks", queryset=running))

    def with_names(self):
        """What a list shows of each ticket, in a fixed number of queries."""
        return self.select_related(
            "version", "department", "assignee", "customer", "store"
        ).prefetch_related("tags")  # fmt: skip
