"""What waits for the clock or for something that happens. A due wait is fired once: its task is closed in the
transaction that goes on from it, and whoever comes second finds it closed."""

import logging
from datetime import datetime

from flows.tickets.models import Task, Ticket
from flows.tickets.stepping import Walk, by_itself, get_stuck

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 500
FAULT = {
    "en": "Something went wrong in the system; it was written to its log.",
    "zh-hans": "系统出错，详情见系统日志。",
}


def fire_due(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Go on with every wait that is over. → how many"""
    due = Task.objects.due(at=now).order_by("due_at", "pk")
    return sum(fire(task_id, at=now) for task_id in due.values_list("pk", flat=True)[:limit])


def fire(task_id: int, *, at: datetime) -> bool:
    def go_on(walk: Walk, task: Task) -> bool:
        # Someone may have put it off since it was found.
        if task.due_at is None or task.due_at > at:
            return False
        walk.finish(task, "due")
        return True

    try:
        return by_itself(task_id, go_on, at=at)
    except Exception:
        logger.exception("Task %s could not go on", task_id)
        get_stuck(Task.objects.get(pk=task_id), FAULT, at=at)
        return False


def happened(*, ticket: Ticket, event: str, at: datetime) -> int:
    """Something that steps of `ticket` may wait for has happened. → how many went on"""
    waiting = ticket.tasks.open().filter(event=event).values_list("pk", flat=True)
    return sum(by_itself(pk, lambda walk, task: walk.finish(task, event), at=at) for pk in list(waiting))
