from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.tickets.models.ticket import Ticket


class TaskQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_at__isnull=True)


class Task(models.Model):
    """An open step of a ticket and who has it. A ticket on parallel ways has several at once.

    A ticket's own node, department and assignee are those of its first open task, so that lists need no join.
    """

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.CASCADE, related_name="tasks"
    )
    node = models.CharField(_("step"), max_length=50)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("assigned to"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="tasks",
    )  # fmt: skip
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # How it ended: the key of the transition taken, or a word such as "not_needed".
    outcome = models.CharField(_("came of it"), max_length=110, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "node"], condition=Q(closed_at__isnull=True), name="task_open_once_per_node"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=models.F("opened_at")),
                name="task_ends_after_it_opened",
            ),
        ]
        indexes = [
            models.Index(
                fields=["assignee", "opened_at"],
                condition=Q(closed_at__isnull=True),
                name="task_open_of_person",
            )
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.node}"
