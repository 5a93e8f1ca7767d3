"""Conditions, rule sets, tables, scorecards, formulas: compile, evaluate, explain. Imports no Django."""

from .conditions import Condition, compile_condition
from .errors import Problem, RuleErrors
from .explain import Explanation
from .facts import Change, FactsOf, Location, facts_as_json, facts_from_json
from .formulas import Formula, FormulaResult, Lines, compile_formula
from .resolve import resolved
from .rulesets import CompiledRule, CompiledRuleSet, Decision, Reason, compile_actions, compile_ruleset
from .scorecards import Band, Score, Scorecard, compile_scorecard
from .sentences import action_sentence
from .tables import DecisionError, DecisionTable, Months, TableDecision, Unary, compile_table, compile_unary
from .types import (
    change_rule_variable,
    date_rule_variable,
    datetime_rule_variable,
    duration_rule_variable,
    location_rule_variable,
    time_rule_variable,
)
from .vocabulary import Action, Option, Param, Variable, Vocabulary, single_valued
from .words import Words

__all__ = [
    "Action",
    "Band",
    "Change",
    "CompiledRule",
    "CompiledRuleSet",
    "Condition",
    "Decision",
    "DecisionError",
    "DecisionTable",
    "Explanation",
    "FactsOf",
    "Formula",
    "FormulaResult",
    "Lines",
    "Location",
    "Months",
    "Option",
    "Param",
    "Problem",
    "Reason",
    "RuleErrors",
    "Score",
    "Scorecard",
    "TableDecision",
    "Unary",
    "Variable",
    "Vocabulary",
    "Words",
    "action_sentence",
    "change_rule_variable",
    "compile_actions",
    "compile_condition",
    "compile_formula",
    "compile_ruleset",
    "compile_scorecard",
    "compile_table",
    "compile_unary",
    "date_rule_variable",
    "datetime_rule_variable",
    "duration_rule_variable",
    "facts_as_json",
    "facts_from_json",
    "location_rule_variable",
    "resolved",
    "single_valued",
    "time_rule_variable",
]
