"""Conditions, rule sets, decision tables: compile, evaluate, explain. Pure Python; imports no Django."""

from .conditions import Condition, compile_condition
from .errors import Problem, RuleErrors
from .explain import Explanation
from .facts import FactsOf, facts_as_json, facts_from_json
from .rulesets import CompiledRule, CompiledRuleSet, Decision, Reason, compile_actions, compile_ruleset
from .sentences import action_sentence
from .tables import DecisionError, DecisionTable, Months, TableDecision, Unary, compile_table, compile_unary
from .types import date_rule_variable, datetime_rule_variable
from .vocabulary import Action, Option, Param, Variable, Vocabulary, single_valued
from .words import Words

__all__ = [
    "Action",
    "CompiledRule",
    "CompiledRuleSet",
    "Condition",
    "Decision",
    "DecisionError",
    "DecisionTable",
    "Explanation",
    "FactsOf",
    "Months",
    "Option",
    "Param",
    "Problem",
    "Reason",
    "RuleErrors",
    "TableDecision",
    "Unary",
    "Variable",
    "Vocabulary",
    "Words",
    "action_sentence",
    "compile_actions",
    "compile_condition",
    "compile_ruleset",
    "compile_table",
    "compile_unary",
    "date_rule_variable",
    "datetime_rule_variable",
    "facts_as_json",
    "facts_from_json",
    "single_valued",
]
