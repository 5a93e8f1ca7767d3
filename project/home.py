"""The admin's first page: what waits for me."""

import sys

from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.ui.components import Component
from wagtail.models import TaskState, WorkflowState
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from flows.channels.notices.bell import unread_count
from rules.store.models import ReviewState, ReviewTask
from rules.store.permissions import stored_record_models

SHOWN = 10


class WaitingPanel(Component):
    """Reviews to decide, drafts sent back, drafts not submitted yet; each opens where it is dealt with."""

    name = "waiting"
    order = 10
    template_name = "project/waiting_panel.html"

    def __init__(self, request):
        self.request = request

    @cached_property
    def user(self):
        return self.request.user

    def get_context_data(self, parent_context):
        return {
            "user": self.user,
            "reviews": self.reviews(),
            "sent_back": self.sent_back(),
            "drafts": self.drafts(),
            "desk_url": reverse("desk:home"),
            "unread": unread_count(self.user),
        }

    def reviews(self):
        mine = ReviewTask.objects.filter(groups__user=self.user)
        waiting = ReviewState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, task__in=mine)
        rows = [self.row(review.workflow_state, "review") for review in waiting.order_by("started_at")]
        return [row for row in rows if row and row["who"] != self.user][:SHOWN]

    def sent_back(self):
        states = WorkflowState.objects.filter(
            status=WorkflowState.STATUS_NEEDS_CHANGES, requested_by=self.user
        ).select_related("current_task_state")
        rows = [(self.row(state, "edit"), state.current_task_state.comment) for state in states]
        return [row | {"comment": comment} for row, comment in rows if row][:SHOWN]

    def drafts(self):
        found = []
        for model in stored_record_models():
            if not hasattr(model, "snippet_viewset"):
                continue
            drafts = model.objects.in_use().filter(
                has_unpublished_changes=True, latest_revision__user=self.user
            )
            found += [
                {"record": draft, "kind": model._meta.verbose_name, "url": url_of(draft, "edit")}
                for draft in drafts
                if draft.current_workflow_state is None
            ]
        return found[:SHOWN]

    def row(self, workflow_state, page):
        record = workflow_state.content_object
        if record is None:
            return None
        return {
            "record": record,
            "kind": record._meta.verbose_name,
            "who": workflow_state.requested_by,
            "at": workflow_state.created_at,
            "url": url_of(record, page),
        }


def url_of(record, page):
    return reverse(record.snippet_viewset.get_url_name(page), args=[record.pk])


class StartPanel(Component):
    """What can be configured here: each kind of record, what it is for, how many are live."""

    name = "start"
    order = 20
    template_name = "project/start_panel.html"

    def __init__(self, request):
        self.request = request

    def get_context_data(self, parent_context):
        return {"kinds": [self.kind(model) for model in self.models()]}

    def models(self):
        return [
            model
            for model in sorted(stored_record_models(), key=place_in_menu)
            if hasattr(model, "snippet_viewset")
            and model.snippet_viewset.permission_policy.user_has_permission(self.request.user, "change")
        ]

    def kind(self, model):
        viewset = model.snippet_viewset
        return {
            "label": viewset.get_menu_label(),
            "teaching": viewset.teaching,
            "live": model.objects.in_use().filter(live=True).count(),
            "url": reverse(viewset.get_url_name("list")),
        }


def place_in_menu(model) -> tuple[int, int]:
    """Kinds of records stand in the order of the menu."""
    for group in SnippetViewSetGroup.__subclasses__():
        models = [viewset.model for viewset in group.items]
        if model in models:
            return group.menu_order, models.index(model)
    return sys.maxsize, 0
