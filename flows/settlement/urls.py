"""The desk's pages of a store's ledger."""

from django.urls import path

from flows.settlement.views import desk

app_name = "settlement"
urlpatterns = [
    path("", desk.day, name="day"),
    path("<int:pk>/", desk.entry, name="entry"),
]
