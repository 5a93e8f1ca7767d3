from django.utils.translation import gettext_lazy as _
from wagtail import hooks


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("broadcasts.start", _("Start sending"), _("Started sending"))
    actions.register_action("broadcasts.pause", _("Pause sending"), _("Paused sending"))
    actions.register_action("broadcasts.resume", _("Go on sending"), _("Went on sending"))
    actions.register_action("broadcasts.stop", _("Stop sending"), _("Stopped sending"))
