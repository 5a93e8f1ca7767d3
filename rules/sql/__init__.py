"""The same compiled condition as one database expression, for sets of rows."""

from .columns import Column, Related
from .compile import NotInSql, check_sql, condition_as_q
from .many import matching_bits, matching_counts, write_bits
from .scorecards import scorecard_as_expression

__all__ = [
    "Column",
    "NotInSql",
    "Related",
    "check_sql",
    "condition_as_q",
    "matching_bits",
    "matching_counts",
    "scorecard_as_expression",
    "write_bits",
]
