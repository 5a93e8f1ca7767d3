from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from flows.broadcasts.models import Broadcast


class BroadcastPage(WagtailAdminTemplateMixin, TemplateView):
    """A page of the admin, for those who hold `permission`. `crumbs` says where it stands."""

    permission = "broadcasts.view_sending"
    header_icon = "mail"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def crumbs(self) -> list[tuple[str, str]]:
        return []

    def get_breadcrumbs_items(self):
        crumbs = [*self.crumbs(), ("", self.get_page_title())]
        return [*self.breadcrumbs_items, *({"url": url, "label": label} for url, label in crumbs)]


def broadcast_url(name: str, *args) -> str:
    return reverse(Broadcast.snippet_viewset.get_url_name(name), args=args)


def broadcasts_crumb():
    return broadcast_url("list"), _("Broadcasts")


def sendings_crumb():
    return reverse("broadcasts_sendings"), _("Sendings")
