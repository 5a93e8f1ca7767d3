from django.contrib.auth.views import LogoutView
from django.urls import path

from flows.desk import absences, steps, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/new/", views.choose_type, name="choose_type"),
    path("tickets/new/<slug:slug>/", views.open_ticket, name="open_ticket"),
    path("tickets/<int:pk>/", views.ticket, name="ticket"),
    path("tickets/new/<slug:slug>/fields/", views.open_fields, name="open_fields"),
    path("tickets/<int:pk>/fields/", views.fields, name="fields"),
    path("tickets/<int:pk>/take/", views.take, name="take"),
    path("tickets/<int:pk>/decide/", steps.decide, name="decide"),
    path("tickets/<int:pk>/files/<uuid:attachment_id>/", views.attachment, name="attachment"),
    path("find/<slug:kind>/", views.find, name="find"),
    path("absences/", absences.absences, name="absences"),
    path("absences/<int:pk>/end/", absences.back, name="absence_end"),
    path("language/", views.choose_language, name="language"),
    path("log-out/", LogoutView.as_view(next_page="home"), name="log_out"),
]
