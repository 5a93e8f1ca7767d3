"""The same compiled condition as one database expression, for sets of rows."""

from .columns import Column
from .compile import NotInSql, check_sql, condition_as_q

__all__ = ["Column", "NotInSql", "check_sql", "condition_as_q"]
