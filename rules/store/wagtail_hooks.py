from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter


@hooks.register("register_log_actions")
def history_of_records(actions):
    actions.register_action("rules.roll_back", _("Roll back"), _("Rolled back to an earlier version"))
    actions.register_action("rules.archive", _("Archive"), _("Archived"))
    actions.register_action("rules.restore", _("Restore"), _("Restored from the archive"))
    actions.register_action("rules.make_reviewer", _("Make a reviewer"), _("Became a compliance reviewer"))
    actions.register_action("rules.end_reviewer", _("End as reviewer"), _("No longer a compliance reviewer"))

    @actions.register_action("rules.retire")
    class RetireFormatter(LogFormatter):
        label = _("Stop")

        def format_message(self, log_entry):
            return _("Stopped: %(reason)s") % {"reason": log_entry.data.get("reason", "")}

    @actions.register_action("rules.refuse")
    class RefusalFormatter(LogFormatter):
        label = _("Refuse")

        def format_message(self, log_entry):
            tried = {
                "approve": _("Tried to approve, and was refused: %(why)s"),
                "reject": _("Tried to send back, and was refused: %(why)s"),
            }.get(log_entry.data.get("verdict"), _("Was refused: %(why)s"))
            return tried % {"why": in_this_language(log_entry.data.get("sentence"))}

    @actions.register_action("rules.miss")
    class MissFormatter(LogFormatter):
        label = _("Miss the schedule")

        def format_message(self, log_entry):
            why = in_this_language(log_entry.data.get("sentence"))
            return _("Did not go live at the set time: %(why)s") % {"why": why}


def in_this_language(said: dict) -> str:
    """A sentence stored in every language, as the reader reads it."""
    return (said or {}).get(get_language()) or (said or {}).get("en", "")
