"""What is wrong or surely not meant with tables and rule sets, before anything is decided by them."""

from ..rulesets import CompiledRuleSet
from ..tables import DecisionTable
from .findings import ERROR, INFO, WARNING, Finding, Suggestion, TableAnalysis
from .rulesets import analyse_ruleset
from .suggestions import ruleset_boundaries, table_boundaries
from .tables import analyse_table

__all__ = [
    "ERROR",
    "INFO",
    "WARNING",
    "Finding",
    "Suggestion",
    "TableAnalysis",
    "analyse_ruleset",
    "analyse_table",
    "boundary_facts",
]


def boundary_facts(compiled: DecisionTable | CompiledRuleSet) -> list[Suggestion]:
    """Facts worth a test: each boundary of a comparison, range or list once, and each gap."""
    return table_boundaries(compiled) if isinstance(compiled, DecisionTable) else ruleset_boundaries(compiled)
