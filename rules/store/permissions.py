from django.apps import apps
from django.contrib.auth import get_user_model
from wagtail.models import Task, Workflow
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

# Held by nobody, superusers included: only a finished review publishes, and nothing is ever deleted.
HELD_BY_NOBODY = frozenset({"publish", "delete"})


class StoredRecordPermissionPolicy(ModelPermissionPolicy):
    @property
    def held_by_nobody(self):
        return HELD_BY_NOBODY | ({"add"} if self.model.begins_elsewhere else set())

    def user_has_permission(self, user, action):
        return action not in self.held_by_nobody and super().user_has_permission(user, action)

    def user_has_any_permission(self, user, actions):
        return super().user_has_any_permission(user, set(actions) - self.held_by_nobody)

    def users_with_any_permission(self, actions):
        return super().users_with_any_permission(list(set(actions) - self.held_by_nobody))


class FixedReviewPolicy(ModelPermissionPolicy):
    """The review of stored records is set up by migrating; nobody edits it, not even an administrator."""

    def user_has_permission(self, user, action):
        return False

    def user_has_any_permission(self, user, actions):
        return False

    def users_with_any_permission(self, actions):
        return get_user_model().objects.none()


def stored_record_models():
    from rules.store.models import StoredRecord

    return [model for model in apps.get_models() if issubclass(model, StoredRecord)]


def register_permission_policies():
    for model in stored_record_models():
        register_permission_policy(model, StoredRecordPermissionPolicy(model), exact_class=True)
    for model in (Workflow, Task):
        register_permission_policy(model, FixedReviewPolicy(model))
