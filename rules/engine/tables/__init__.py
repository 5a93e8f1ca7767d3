"""Decision tables as DMN 1.5 has them: S-FEEL unary tests, hit policies, and why a row holds."""

from .decision import TableDecision
from .documents import compile_table
from .table import DecisionError, DecisionTable
from .unary import Unary, compile_unary
from .values import Months

__all__ = [
    "DecisionError",
    "DecisionTable",
    "Months",
    "TableDecision",
    "Unary",
    "compile_table",
    "compile_unary",
]
