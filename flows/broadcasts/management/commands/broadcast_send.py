import json

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from flows.broadcasts import actions
from flows.broadcasts.management.commands.broadcast_forecast import instant
from flows.channels import actions as outbox
from rules.store.problems import Refusal


class Command(BaseCommand):
    help = "Sends a live broadcast, here and now, and prints what became of its recipients."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="short name of the broadcast")
        parser.add_argument("--by", required=True, help="username of who sends it")
        parser.add_argument(
            "--at",
            help="pretend that it is this instant (ISO), to try limits on orders of the past; else now",
        )

    def handle(self, *, slug, by, at, **options):
        try:
            pretended = instant(at, zone=actions.zone_of_limits(slug)) if at else None

            def clock():
                return pretended or timezone.now()

            user = get_user_model().objects.get(username=by)
            sending = actions.start_sending(slug=slug, by=user, at=clock(), now=clock())
        except get_user_model().DoesNotExist:
            raise CommandError(_("There is no account “%(name)s”.") % {"name": by}) from None
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        actions.prepare_due(clock=clock)
        outbox.deliver_due(clock=clock)
        sending.refresh_from_db()
        counts = {
            "broadcast": slug,
            "version": sending.version.number,
            "state": sending.state,
            "recipients": sending.recipients.count(),
            "by_outcome": sending.recipients.by_outcome(),
            "by_reason": sending.recipients.by_reason(),
        }
        self.stdout.write(json.dumps(counts, ensure_ascii=False, indent=2))
