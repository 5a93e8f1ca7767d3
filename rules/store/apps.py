from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate
from django.utils.translation import gettext_lazy as _


class StoreConfig(AppConfig):
    name = "rules.store"
    label = "rules_store"
    verbose_name = _("Rules")

    def ready(self):
        from django.contrib.auth import get_user_model

        from rules.store.audit import write_down_reviewers
        from rules.store.models.review import set_up_review
        from rules.store.permissions import register_permission_policies

        m2m_changed.connect(write_down_reviewers, sender=get_user_model().groups.through)
        post_migrate.connect(set_up_review, sender=self)
        register_permission_policies()
