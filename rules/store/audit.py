"""Who became a reviewer, and who stopped being one, stands in the history of their account."""

from django.contrib.auth import get_user_model
from wagtail.log_actions import log

from rules.store.models.review import REVIEWERS

ACTION_OF = {"post_add": "rules.make_reviewer", "pre_remove": "rules.end_reviewer"}


def write_down_reviewers(sender, instance, action, reverse, model, pk_set, **kwargs):
    """Receives m2m_changed of users and groups, from either side."""
    if action == "pre_clear":
        action, pk_set = "pre_remove", set(members_of(instance, reverse).values_list("pk", flat=True))
    if action not in ACTION_OF or not pk_set:
        return
    if reverse:
        users = get_user_model().objects.filter(pk__in=pk_set) if instance.name == REVIEWERS else []
    else:
        users = [instance] if model.objects.filter(pk__in=pk_set, name=REVIEWERS).exists() else []
    for user in users:
        # Who did it is known from the request.
        log(user, ACTION_OF[action])


def members_of(instance, reverse):
    return instance.user_set.all() if reverse else instance.groups.all()
