from rules.store.models.back_test import BackTest
from rules.store.models.decision import Decision
from rules.store.models.record import StoredRecord
from rules.store.models.replay_report import ReplayReport
from rules.store.models.review import ReviewState, ReviewTask
from rules.store.models.ruleset import Rule, RuleSet
from rules.store.models.version import Version

__all__ = [
    "BackTest",
    "Decision",
    "ReplayReport",
    "ReviewState",
    "ReviewTask",
    "Rule",
    "RuleSet",
    "StoredRecord",
    "Version",
]
