from rules.store.models.back_test import BackTest
from rules.store.models.decision import Decision
from rules.store.models.formula import Formula
from rules.store.models.override import Override
from rules.store.models.record import StoredRecord
from rules.store.models.replay_report import ReplayReport
from rules.store.models.review import ReviewState, ReviewTask
from rules.store.models.rollout import Rollout
from rules.store.models.ruleset import Rule, RuleSet
from rules.store.models.scorecard import ScoreBand, Scorecard, ScoreRow
from rules.store.models.table import DecisionTable
from rules.store.models.version import Version

__all__ = [
    "BackTest",
    "Decision",
    "DecisionTable",
    "Formula",
    "Override",
    "ReplayReport",
    "ReviewState",
    "ReviewTask",
    "Rollout",
    "Rule",
    "RuleSet",
    "ScoreBand",
    "ScoreRow",
    "Scorecard",
    "StoredRecord",
    "Version",
]
