"""Four eyes: what is published was approved by someone who neither wrote nor requested it."""

from django.utils.translation import gettext_lazy as _

from rules.store.problems import Refusal


def publish_reviewed(workflow_state, user=None):
    """Publish what a finished review approved. Wagtail calls it: WAGTAIL_FINISH_WORKFLOW_ACTION.

    Nobody holds the `publish` permission, so the approval itself is the permission: `publish` asks for it.
    """
    review = workflow_state.current_task_state
    if review is None:
        raise Refusal(_("This has not been approved by a reviewer, so it cannot go live."))
    review.revision.publish(user=user, skip_permission_checks=True)
