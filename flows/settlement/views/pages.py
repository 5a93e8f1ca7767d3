from django.core.exceptions import PermissionDenied
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin


class SettlementPage(WagtailAdminTemplateMixin, TemplateView):
    """A page of the admin, for those who hold `permission`."""

    permission = "settlement.view_settlement"
    header_icon = "decimal"

    def crumbs(self) -> list[dict]:
        """The pages above this one."""
        return []

    def get_breadcrumbs_items(self):
        here = self.get_page_subtitle() or self.get_page_title()
        return [*self.breadcrumbs_items, *self.crumbs(), {"url": "", "label": here}]

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
