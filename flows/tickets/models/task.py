from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.tickets.models.ticket import Ticket

OPEN_OF_TICKET = (
    "SELECT * FROM tickets_task WHERE ticket_id = %s AND closed_at IS NULL ORDER BY opened_at, id"
)  # fmt: skip


class TaskQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_at__isnull=True)

    def open_of(self, ticket: Ticket) -> list["Task"]:
        """In the order of opening. Read at every step of every ticket, so the statement is written out:
        making it takes Django longer than PostgreSQL takes to answer it."""
        tasks = list(self.raw(OPEN_OF_TICKET, [ticket.pk]))
        for task in tasks:
            task.ticket = ticket
        return tasks

    def due(self, *, at):
        return self.open().filter(due_at__lte=at)

    def concerning(self, user):
        """Open ones that are this person's, their department's, or wait for their approval."""
        mine = Q(assignee=user) | Q(approvals__in=Approval.objects.waiting_for(user))
        if user.department_id:
            mine |= Q(department=user.department_id)
        return self.open().filter(mine)


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
    came_from = models.CharField(max_length=50, blank=True, editable=False)
    # The ticket's `moves` when this was opened: who saw the ticket later than that saw this task.
    opened_move = models.PositiveIntegerField(default=0, editable=False)
    # What it waits for, where no person is waited for: an instant, or something that happens.
    due_at = models.DateTimeField(_("goes on at"), null=True, blank=True)
    event = models.CharField(_("goes on when"), max_length=100, blank=True)
    # {"arrived": [transitions]} at a join; {"trouble": {language: sentence}} when going on by itself failed.
    state = models.JSONField(default=dict, blank=True, editable=False)

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
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(closed_at__isnull=True, due_at__isnull=False),
                name="task_due",
            ),
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.node}"


class ApprovalQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(vote=Approval.Vote.WAITING, task__closed_at__isnull=True)

    def waiting_for(self, user):
        """Those that `user` may decide: named themselves, or through their department or role."""
        mine = Q(person=user) | Q(person__isnull=True, role__in=user.groups.values("name"))
        if user.department_id:
            mine |= Q(person__isnull=True, department=user.department_id)
        return self.waiting().filter(mine)


class Approval(models.Model):
    """One voice in an approval: whose it is, and what was said. A department or role speaks through one of
    its people."""

    class Vote(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    task = models.ForeignKey(Task, verbose_name=_("task"), on_delete=models.CASCADE, related_name="approvals")
    place = models.PositiveSmallIntegerField(editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    role = models.CharField(_("role"), max_length=150, blank=True)
    vote = models.CharField(_("vote"), max_length=10, choices=Vote, default=Vote.WAITING)
    voted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("voted by"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    voted_at = models.DateTimeField(_("voted at"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["task", "place"]
        constraints = [
            models.UniqueConstraint(fields=["task", "place"], name="approval_one_per_place"),
            models.CheckConstraint(
                condition=Q(vote="waiting", voted_at__isnull=True)
                | ~Q(vote="waiting") & Q(voted_at__isnull=False),
                name="approval_vote_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(vote="waiting"), name="approval_waits_for_person"),
        ]

    def __str__(self):
        return f"{self.task} {self.who}"

    @property
    def who(self) -> str:
        return str(self.person or self.department or _(self.role))
