from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class OrganisationConfig(AppConfig):
    default = True
    name = "flows.organisation"
    label = "organisation"
    verbose_name = _("Organisation")

    def ready(self):
        from flows.organisation import choosing, places
        from flows.organisation.roles import give_permissions

        places.register()
        choosing.register()
        post_migrate.connect(give_permissions, dispatch_uid="organisation.give_permissions")


class StaffUsersConfig(WagtailUsersAppConfig):
    """Stands for "wagtail.users" in INSTALLED_APPS: its screens, with our forms."""

    user_viewset = "flows.organisation.users.StaffViewSet"
