from django.contrib.auth.views import LogoutView
from django.urls import path

from flows.desk import views
from flows.desk.together import belonging, bulk, comments, macros, saved_views

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
    path("tickets/<int:pk>/files/<uuid:attachment_id>/", views.attachment, name="attachment"),
    path("tickets/<int:pk>/comments/", comments.comment, name="comment"),
    path("tickets/<int:pk>/comments/check/", comments.check_comment, name="check_comment"),
    path("tickets/<int:pk>/comments/<int:comment_id>/", comments.edit, name="edit_comment"),
    path(
        "tickets/<int:pk>/comments/<int:comment_id>/files/<uuid:attachment_id>/",
        comments.comment_file,
        name="comment_file",
    ),
    path("tickets/<int:pk>/people/", comments.people, name="people"),
    path("tickets/<int:pk>/watch/", comments.watch, name="watch"),
    path("tickets/<int:pk>/change/", belonging.change, name="change"),
    path("tickets/<int:pk>/links/", belonging.link, name="link"),
    path("tickets/<int:pk>/links/<int:link_id>/remove/", belonging.unlink, name="unlink"),
    path("tickets/<int:pk>/merge/", belonging.merge, name="merge"),
    path("tickets/<int:pk>/merge/undo/", belonging.unmerge, name="unmerge"),
    path("tickets/<int:pk>/split/", belonging.split, name="split"),
    path("tickets/<int:pk>/split/<slug:slug>/", belonging.split, name="split_into"),
    path("tickets/<int:pk>/macros/<int:macro_id>/", macros.use, name="use_macro"),
    path("tickets/bulk/", bulk.choose, name="bulk_choose"),
    path("tickets/bulk/start/", bulk.start, name="bulk_start"),
    path("tickets/bulk/<uuid:pk>/", bulk.result, name="bulk"),
    path("tickets/bulk/<uuid:pk>/cancel/", bulk.cancel, name="bulk_cancel"),
    path("macros/", macros.index, name="macros"),
    path("macros/new/", macros.edit, name="new_macro"),
    path("macros/<int:pk>/", macros.edit, name="edit_macro"),
    path("macros/<int:pk>/remove/", macros.remove, name="remove_macro"),
    path("views/", saved_views.save, name="save_view"),
    path("views/<int:pk>/", saved_views.change, name="change_view"),
    path("find/<slug:kind>/", views.find, name="find"),
    path("language/", views.choose_language, name="language"),
    path("log-out/", LogoutView.as_view(next_page="home"), name="log_out"),
]
