"""Telling people of what happened: `notify`. See channels/README.md."""

from flows.channels.notices.kinds import About, Kind, register_about, register_kind
from flows.channels.notices.telling import Happened, notify, notify_all

__all__ = ["About", "Happened", "Kind", "notify", "notify_all", "register_about", "register_kind"]
