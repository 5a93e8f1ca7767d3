from django.db import models
from django.db.models import Q

from flows.tickets.field_access import unsearchable


def tasks_concerning(user):
    """Tickets with an open step of theirs on a parallel way, or that waits for their approval."""
    from flows.tickets.models import Task

    return Task.objects.concerning(user).values("ticket")


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
        """Tickets whose number, title or text holds `words`, as far as `by` may read them."""
        found = Q(pk__in=[])
        for kinds, wanted in (
            (("text", "long_text"), Q(title__icontains=words) | Q(text__icontains=words)),
            (("customer",), Q(customer__number=words)),
            (("order",), Q(order__number=words)),
        ):
            closed = unsearchable(by, kinds=kinds)
            found |= wanted if closed is None else wanted & ~closed
        number = words.lstrip("#＃")
        if number.isascii() and number.isdigit() and len(number) < 19:
            found |= Q(pk=int(number))
        return self.filter(found)

    def most_urgent_first(self):
        """By points of the queue's scorecards, if there are any; then urgency, then age."""
        return self.order_by("-queue_points", "-urgency", "created_at", "pk")

    def counted_by(self, field: str) -> dict[str, int]:
        rows = self.order_by().values_list(field).annotate(count=models.Count("pk"))
        return {value or "": count for value, count in sorted(rows, key=lambda row: str(row[0] or ""))}

    def counted_by_urgency(self) -> dict[str, int]:
        from flows.tickets.models.ticket import Urgency

        return {Urgency(value).colour: count for value, count in self.counted_by("urgency").items()}

    def with_names(self):
        """What a list shows of each ticket, in a fixed number of queries."""
        return self.select_related(
            "version", "department", "assignee", "customer", "store"
        ).prefetch_related("tags")  # fmt: skip
