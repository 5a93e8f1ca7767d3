from flows.broadcasts.models.broadcast import Broadcast
from flows.broadcasts.models.lexicon import Lexicon, LexiconCategory
from flows.broadcasts.models.limit import Limit
from flows.broadcasts.models.sending import Recipient, Sending

__all__ = ["Broadcast", "Lexicon", "LexiconCategory", "Limit", "Recipient", "Sending"]
