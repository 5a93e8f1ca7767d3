from flows.channels.models.notice import (
    How,
    Notice,
    NoticeBrief,
    NoticeChoice,
    NoticeHour,
    NoticeWording,
)
from flows.channels.models.outgoing import Outgoing
from flows.channels.models.webhook import Webhook

__all__ = [
    "How", "Notice", "NoticeBrief", "NoticeChoice", "NoticeHour", "NoticeWording", "Outgoing", "Webhook",
]  # fmt: skip
