from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter


@hooks.register("register_log_actions")
def history_of_records(actions):
    actions.register_action("rules.roll_back", _("Roll back"), _("Rolled back to an earlier version"))
    actions.register_action("rules.archive", _("Archive"), _("Archived"))
    actions.register_action("rules.restore", _("Restore"), _("Restored from the archive"))

    @actions.register_action("rules.retire")
    class RetireFormatter(LogFormatter):
        label = _("Stop")

        def format_message(self, log_entry):
            return _("Stopped: %(reason)s") % {"reason": log_entry.data.get("reason", "")}
