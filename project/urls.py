from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from wagtail.admin import urls as wagtailadmin_urls

from project.views import home, up

urlpatterns = [
    path("", home, name="home"),
    path("up", up, name="up"),
    path("desk/ledger/", include("flows.settlement.urls")),
    path("desk/", include("flows.desk.urls")),
    # Before Wagtail's own: its catalogue lacks our Chinese messages.
    path("admin/jsi18n/", JavaScriptCatalog.as_view(packages=None), name="javascript_catalogue"),
    path("admin/", include(wagtailadmin_urls)),
]
