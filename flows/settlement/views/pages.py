from django.core.exceptions import PermissionDenied
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin


class SettlementPage(WagtailAdminTemplateMixin, TemplateView):
    """A page of the admin, for those who hold `permission`."""

    permission = "settlement.view_settlement"
    header_icon = "decimal"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
