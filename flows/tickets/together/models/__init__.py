from flows.tickets.together.models.bulk import BulkRow, BulkRun
from flows.tickets.together.models.comment import Comment, CommentEdit, Watcher
from flows.tickets.together.models.link import TicketLink
from flows.tickets.together.models.macro import Macro
from flows.tickets.together.models.saved_view import DefaultView, SavedView
from flows.tickets.together.models.words import TicketWords

__all__ = [
    "BulkRow",
    "BulkRun",
    "Comment",
    "CommentEdit",
    "DefaultView",
    "Macro",
    "SavedView",
    "TicketLink",
    "TicketWords",
    "Watcher",
]
