"""The page of a ticket type that moves its running tickets to the live version."""

from collections import Counter

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from flows.tickets.models import Ticket, TicketType
from flows.tickets.upgrading import Upgrade, move_to_version
from rules.editor.views import RecordView
from rules.store.problems import Refusal
from rules.store.runtime import live_version

SHOWN = 50
MOST_AT_ONCE = 1_000


class UpgradeView(RecordView):
    template_name = "tickets/upgrade.html"
    page_heading = gettext_lazy("Running tickets on earlier versions")

    @property
    def upgrade(self) -> Upgrade | None:
        live = live_version(TicketType, self.record.slug)
        return live and Upgrade(live)

    def may_move(self) -> bool:
        return self.permission_policy.user_has_permission(self.request.user, "change")

    def get_context_data(self, **kwargs):
        upgrade = self.upgrade
        candidates = list(upgrade.candidates()) if upgrade else []
        kept = [one for one in candidates if one.reasons]
        visible = set(
            Ticket.objects.visible_to(self.request.user)
            .filter(pk__in=[one.ticket.pk for one in kept[:SHOWN]])
            .values_list("pk", flat=True)
        )
        return super().get_context_data(**kwargs) | {
            "record": self.record,
            "edit_url": self.url("edit"),
            "live": upgrade and upgrade.live,
            "movable": len(candidates) - len(kept),
            "reasons": Counter(reason for one in kept for reason in one.reasons).most_common(),
            "kept": [(one, one.ticket.pk in visible) for one in kept[:SHOWN]],
            "kept_count": len(kept),
            "may_move": self.may_move(),
        }

    def post(self, request, *args, **kwargs):
        if not self.may_move():
            raise PermissionDenied
        moved = self.move_all()
        messages.success(
            request,
            ngettext("%(count)s ticket was moved.", "%(count)s tickets were moved.", moved)
            % {"count": moved},
        )
        return redirect(self.url("upgrade"))

    def move_all(self) -> int:
        upgrade, moved = self.upgrade, 0
        for one in upgrade.candidates() if upgrade else ():
            if moved >= MOST_AT_ONCE:
                break
            if one.reasons:
                continue
            try:
                move_to_version(ticket=one.ticket, upgrade=upgrade, by=self.request.user, at=timezone.now())
            except Refusal:
                # It ended or went on since it was looked at; the page says so the next time.
                continue
            moved += 1
        return moved
