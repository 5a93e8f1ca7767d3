"""Conditions and rule sets: vocabulary, compile, evaluate, explain. Pure Python; imports no Django."""

from .conditions import Condition, compile_condition
from .errors import Problem, RuleErrors
from .explain import Explanation
from .facts import FactsOf, facts_as_json, facts_from_json
from .rulesets import CompiledRule, CompiledRuleSet, Decision, Reason, compile_actions, compile_ruleset
from .sentences import action_sentence
from .types import date_rule_variable, datetime_rule_variable
from .vocabulary import Action, Option, Param, Variable, Vocabulary
from .words import Words

__all__ = [
    "Action",
    "CompiledRule",
    "CompiledRuleSet",
    "Condition",
    "Decision",
    "Explanation",
    "FactsOf",
    "Option",
    "Param",
    "Problem",
    "Reason",
    "RuleErrors",
    "Variable",
    "Vocabulary",
    "Words",
    "action_sentence",
    "compile_actions",
    "compile_condition",
    "compile_ruleset",
    "date_rule_variable",
    "datetime_rule_variable",
    "facts_as_json",
    "facts_from_json",
]
