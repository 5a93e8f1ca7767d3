"""A compiled condition as one boolean expression that is never null."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models.expressions import Expression

from rules.engine import Condition, Problem, RuleErrors, Words
from rules.engine.errors import Refused
from rules.engine.tree import Group, Leaf, leaves

from . import expressions as sql
from .answers import READ_AS, AreChoices
from .columns import Column
from .operators import CHOICES, TRANSLATIONS, compared_columns, is_relative

# SQLite takes 32,766 parameters; a query has others beside these.
PARAMETERS = 20_000


_NO_COLUMN = Words(
    en="{name} cannot be asked of the database, so it cannot be used here.",
    zh="{name}无法在数据库中查询，不能在此使用。",
)


class NotInSql(RuleErrors):
    """What this condition asks cannot be asked of the database. `problems` has every reason, at its place."""


def condition_as_q(condition: Condition, columns: Mapping[str, Column]) -> Expression:
    """The condition for `.filter()`, `.exclude()`, `When()` or an annotation.

    It holds for exactly the rows whose facts the compiled condition holds for; for all others it is false,
    never null. Raises NotInSql.
    """
    translation = _Translation(columns)
    expression = translation.translate(condition.tree, ())
    _refuse_size(condition, translation.problems)
    if translation.problems:
        raise NotInSql(translation.problems)
    return expression


def check_sql(condition: Condition, columns: Mapping[str, Column]) -> list[Problem]:
    """What keeps a condition from becoming SQL, to be shown where it is saved; empty when nothing does."""
    try:
        condition_as_q(condition, columns)
    except NotInSql as error:
        return error.problems
    return []


def _refuse_size(condition: Condition, problems: list[Problem]) -> None:
    if values_in(condition) > PARAMETERS:
        problems.append(
            Problem(
                path="",
                sentence=Words(
                    en="This condition lists too many values for one query: at most {most}.",
                    zh="条件中的值过多，一次查询最多 {most} 个。",
                ).fill(most=f"{PARAMETERS:,}"),
            )
        )


def values_in(condition: Condition) -> int:
    return sum(len(leaf.value) if isinstance(leaf.value, tuple) else 1 for leaf in leaves(condition.tree))


class _Translation:
    def __init__(self, columns: Mapping[str, Column]):
        self.columns = columns
        self.problems: list[Problem] = []

    def translate(self, tree: Leaf | Group, path: tuple[str, ...], *, negated: bool = False) -> Expression:
        """Negation is carried down to the comparisons, which are never null: not (a or b) is not a and not b.

        So every level of a condition costs SQLite's parser a single bracket.
        """
        if isinstance(tree, Leaf):
            test = self._translate_leaf(tree, path)
            return sql.negated(test) if negated else test
        if not tree.children:
            return sql.ALWAYS
        negated ^= tree.kind == "none"
        tests = [
            self.translate(child, (*path, tree.kind, str(place)), negated=negated)
            for place, child in enumerate(tree.children)
        ]
        every = (tree.kind == "all") != negated
        return sql.joined(sql.And if every else sql.Or, tests)

    def _translate_leaf(self, leaf: Leaf, path: tuple[str, ...]) -> Expression:
        column = self.columns.get(leaf.variable.name)
        translate = TRANSLATIONS.get((leaf.operator.type, leaf.operator.key))
        if column is None:
            return self._refuse(
                (*path, "name"),
                _NO_COLUMN.fill(name=leaf.variable.label),
            )
        if translate is None:
            return self._refuse(
                (*path, "operator"),
                Words(
                    en="“{operator}” ({name}) cannot be asked of the database, so it cannot be used here.",
                    zh="{name}的比较方式“{operator}”无法在数据库中查询，不能在此使用。",
                ).fill(name=leaf.variable.label, operator=leaf.operator.label),
            )
        if column.is_answer and leaf.operator.type not in READ_AS:
            return self._refuse((*path, "name"), _NO_COLUMN.fill(name=leaf.variable.label))
        other = leaf.other and self.columns.get(leaf.other.name)
        if leaf.other and other is None:
            return self._refuse((*path, "value"), _NO_COLUMN.fill(name=leaf.other.label))
        try:
            x = column.read_as(leaf.operator.type)
            if leaf.operator.needs_now:
                test = is_relative(x, leaf, other)
            elif leaf.other:
                return never_null_pair(compared_columns(leaf, column, other), column, other, leaf)
            else:
                test = translate(x, leaf, column)
        except Refused as refused:
            return self._refuse((*path, "value"), refused.sentence)
        return never_null(test, x, leaf, column)

    def _refuse(self, path: tuple[str, ...], sentence: Words) -> Expression:
        self.problems.append(Problem(path="/".join(path), sentence=sentence))
        return sql.NEVER


def never_null(test: Expression, x: Expression, leaf: Leaf, column: Column) -> Expression:
    """The test, and false where the column is null: a missing fact."""
    if column.rows is not None or test is sql.NEVER:
        return test
    if column.longitude is not None:
        return sql.NotNull(test)
    if column.is_answer and leaf.operator.type in CHOICES:
        known = AreChoices(column.value, column.keys)
        return known if test is sql.ALWAYS else sql.And(known, test)
    if test is sql.ALWAYS:
        return sql.Known(x)
    # A plain column is asked twice, which leaves its index usable; anything else is worked out only once.
    return sql.And(sql.Known(x), test) if column.is_simple else sql.NotNull(test)


def never_null_pair(test: Expression, column: Column, other: Column, leaf: Leaf) -> Expression:
    """Both sides are asked for: a test of an empty text against a null one may be true."""
    known = [sql.Known(column.read_as(leaf.variable.type)), sql.Known(other.read_as(leaf.other.type))]
    return sql.NotNull(sql.joined(sql.And, [*known, test]))
