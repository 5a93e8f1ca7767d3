from rules.store.models.decision import Decision
from rules.store.models.override import Override
from rules.store.models.record import StoredRecord
from rules.store.models.review import ReviewState, ReviewTask
from rules.store.models.ruleset import Rule, RuleSet
from rules.store.models.version import Version

__all__ = ["Decision", "Override", "ReviewState", "ReviewTask", "Rule", "RuleSet", "StoredRecord", "Version"]
