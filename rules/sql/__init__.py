"""The same compiled condition as one database expression, for sets of rows."""

from .columns import Column
from .compile import NotInSql, check_sql, condition_as_q
from .scorecards import scorecard_as_expression

__all__ = ["Column", "NotInSql", "check_sql", "condition_as_q", "scorecard_as_expression"]
