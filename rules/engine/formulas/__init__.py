"""Formulas that ops staff type: exact decimals, a closed list of functions, no access to anything else."""

from .formula import Formula, FormulaExplanation, FormulaResult, compile_formula
from .functions import FUNCTIONS
from .nodes import Lines

__all__ = ["FUNCTIONS", "Formula", "FormulaExplanation", "FormulaResult", "Lines", "compile_formula"]
