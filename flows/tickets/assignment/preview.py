"""Who would get a ticket now, by the newest draft, for whoever designs the list. Nothing is stored."""

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from flows.forms.texts import said
from flows.tickets.assignment.assigning import look_ahead
from flows.tickets.assignment.explaining import explained
from flows.tickets.assignment.words import list_in_words
from flows.tickets.facts import vocabulary_of
from flows.tickets.field_access import as_seen, untold
from flows.tickets.models import Ticket, TicketType
from rules.store.problems import RecordErrors

MOST_EXAMPLES = 50


class WhoGetsItView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "tickets/who_gets_it.html"
    header_icon = "user"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perms(["tickets.view_tickettype", "tickets.view_ticket"]):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("Who would get it now")

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": type_url("list"), "label": _("Ticket types")},
            {"url": type_url("edit", quote(self.record.pk)), "label": str(self.record)},
            {"url": "", "label": self.get_page_title()},
        ]

    @cached_property
    def record(self):
        return get_object_or_404(TicketType, pk=unquote(str(self.kwargs["pk"])))

    def get_context_data(self, **kwargs):
        by = self.request.user
        tickets = Ticket.objects.visible_to(by).of_type(self.record.slug).with_names().order_by("-pk")
        examples = list(tickets[:MOST_EXAMPLES])
        number = self.request.GET.get("ticket", "")
        chosen = next((one for one in examples if str(one.pk) == number), examples[0] if examples else None)
        context = {
            "record": self.record,
            "edit_url": type_url("edit", quote(self.record.pk)),
            "chosen": chosen,
        }
        document = self.record.get_latest_revision_as_object().document()
        try:
            context["steps"] = steps_of(document, chosen, by=by) if chosen else []
        except RecordErrors as errors:
            context["problem"] = str(errors)
        context["examples"] = [(one.pk, as_seen(one, by=by).title) for one in examples]
        return super().get_context_data(**context, **kwargs)


def steps_of(document: dict, ticket: Ticket, *, by) -> list[dict]:
    """Each step where rules say who has a ticket: its list in words, and who would get `ticket` there."""
    runtime, language = TicketType.compile(document), get_language()
    vocabulary = vocabulary_of(runtime.fields)
    secret = untold(ticket, by=by)
    # As if it had begun with the draft.
    ticket.runtime = runtime
    rows = {node["key"]: node for node in document["nodes"]}
    return [
        {
            "label": said(node.label, language),
            "ways": list_in_words(
                rows[node.key]["assignment"], language, fields=document["fields"], vocabulary=vocabulary
            ),
            "found": explained(
                look_ahead(ticket=ticket, node=node, at=timezone.now()).reasons, secret=secret
            ),
        }
        for node in runtime.nodes.values()
        if node.assignment
    ]


def type_url(name: str, *args) -> str:
    return reverse(TicketType.snippet_viewset.get_url_name(name), args=args)


def listing_buttons(snippet, user, next_url=None):
    """In the menu of a row of the list of ticket types."""
    if isinstance(snippet, TicketType) and user.has_perm("tickets.view_ticket"):
        url = reverse("tickets_who_gets_it", args=[quote(snippet.pk)])
        yield Button(_("Who would get it now"), url=url, icon_name="user", priority=60)


urlpatterns = [path("who-gets-it/<str:pk>/", WhoGetsItView.as_view(), name="tickets_who_gets_it")]
