from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from rules.engine import (
    DecisionError,
    RuleErrors,
    TableDecision,
    Variable,
    Vocabulary,
    Words,
    compile_table,
)
from rules.engine import DecisionTable as EngineTable
from rules.engine.tables.typed import read_test, read_value, readings_of, show_test, show_value
from rules.engine.tables.values import ANY, COLUMN_TYPES, NUMBER, STRING, column_type
from rules.store.fields import ConditionField
from rules.store.models.purposeful import PurposefulRecord
from rules.store.problems import Line, RecordErrors, RecordProblem

# Types of variables, and of the columns that ask them. No cell asks what holds several values, or a place;
# of a change the values before and after are asked, each in a column of its own.
COLUMN_TYPE_OF = {
    "string": "string",
    "numeric": "number",
    "time": "number",  # by its digits: 1430
    "boolean": "boolean",
    "select": "select",
    "date": "date",
    "datetime": "date and time",
    "duration": "days and time duration",
}
OUTPUT_TYPES = {
    "number": Words(en="number", zh="数字"),
    "string": Words(en="text", zh="文本"),
    "boolean": Words(en="yes or no", zh="是或否"),
    "date": Words(en="date", zh="日期"),
}
POLICIES = {
    "FIRST": Words(
        en="The first row that holds decides; rows are asked from top to bottom.",
        zh="从上到下逐行判断，第一个成立的行说了算。",
    ),
    "UNIQUE": Words(
        en="Only one row may hold at a time; two at once are a mistake in the table.",
        zh="同一时刻只允许一行成立；两行同时成立就是表写错了。",
    ),
    "ANY": Words(
        en="Several rows may hold, if they say the same.", zh="可以有多行同时成立，但它们的结果必须一致。"
    ),
    "PRIORITY": Words(
        en="Of the rows that hold, the one whose result comes first in the list of values decides.",
        zh="成立的行中，结果在“可选值”里排得最靠前的一行说了算。",
    ),
    "COLLECT": Words(
        en="All rows that hold count: as a list, or added up, the least, the greatest or their number.",
        zh="所有成立的行都算数：列出全部，或求和、取最小、取最大、计数。",
    ),
    "RULE ORDER": Words(
        en="All rows that hold, in the order of the table.", zh="列出所有成立的行，按表中的顺序。"
    ),
    "OUTPUT ORDER": Words(
        en="All rows that hold, those first whose result comes first in the list of values.",
        zh="列出所有成立的行，按结果在“可选值”里的先后排序。",
    ),
}
POLICY_NAMES = {
    "FIRST": Words(en="First row", zh="首行优先"),
    "UNIQUE": Words(en="One row only", zh="唯一一行"),
    "ANY": Words(en="Rows agree", zh="结果一致"),
    "PRIORITY": Words(en="By priority", zh="按优先级"),
    "COLLECT": Words(en="Collect all", zh="汇总"),
    "RULE ORDER": Words(en="All, in order of rows", zh="全部，按行序"),
    "OUTPUT ORDER": Words(en="All, in order of results", zh="全部，按结果排序"),
}
# Policies under which one row gives the result.
ONE_ROW = ("FIRST", "UNIQUE", "ANY", "PRIORITY")
MOST_OUTCOMES = 200  # to choose an expectation from
AGGREGATION_NAMES = {
    "": Words(en="list all", zh="列出全部"),
    "SUM": Words(en="add up", zh="求和"),
    "MIN": Words(en="the least", zh="取最小"),
    "MAX": Words(en="the greatest", zh="取最大"),
    "COUNT": Words(en="count", zh="计数"),
}


def empty_table() -> dict:
    return {"hit_policy": "FIRST", "aggregation": None, "inputs": [], "outputs": [], "rules": []}


class TableField(ConditionField):
    """A decision table as its editor holds it: see `tidy`."""

    nothing = staticmethod(empty_table)


class DecisionTable(PurposefulRecord):
    """Rows of tests and what follows where they hold. rules/README.md, "Decision tables", has the meaning."""

    table = TableField(_("table"), vocabulary="rules")

    class Meta(PurposefulRecord.Meta):
        verbose_name = _("decision table")
        verbose_name_plural = _("decision tables")

    def document(self):
        return super().document() | {"table": self.understood()}

    def understood(self) -> dict:
        """The table as it is stored: every cell as S-FEEL, columns as the vocabulary has them."""
        return understood(self.table, self.vocabularies().get("rules"))

    def shown(self, language: str) -> dict:
        """The table as a person reads and types it."""
        return shown(self.table, self.vocabularies().get("rules"), language)

    def name_variables(self):
        self.table = self.understood()

    @classmethod
    def compile(cls, document):
        vocabulary, _lines = cls.words_of(document)
        table = document["table"]
        try:
            compiled = compile_table(as_engine_reads(table))
        except RuleErrors as errors:
            raise RecordErrors([problem_of_table(problem, table) for problem in errors.problems]) from None
        return CompiledTable(compiled, tuple(rule["id"] for rule in table["rules"]), vocabulary)

    def completeness(self):
        document = self.document()
        table = document["table"]
        try:
            vocabulary, _lines = self.words_of(document)
            compiled = compile_table(as_engine_reads(table))
        except RecordErrors as errors:
            return errors.problems
        except RuleErrors:
            compiled = None
        found = list(lacking(table, vocabulary, compiled))
        return [problem_of_table(problem, table) for problem in found]

    @classmethod
    def in_words(cls, document, language):
        compiled = cls.compile(document)
        table = document["table"]
        lines = [
            Line(
                key="policy",
                label=_now("Which rows count"),
                text=POLICIES[compiled.table.hit_policy].say(language),
            )
        ]
        if compiled.table.aggregation:
            said = AGGREGATION_NAMES[compiled.table.aggregation].say(language)
            lines.append(Line(key="aggregation", label=_now("Put together"), text=said))
        for place, rule in enumerate(table["rules"]):
            sentence = compiled.table.row_sentence(place, language)
            label = row_label(rule, table["inputs"], language)
            lines.append(Line(key=f"rows/{rule['id']}", label=label, text=sentence))
        if compiled.table.has_default:
            said = compiled.say_default(language)
            lines.append(Line(key="default", label=_now("When no row holds"), text=said))
        return lines

    @classmethod
    def replay(cls, compiled, facts):
        return compiled.outcome(facts)

    @classmethod
    def in_engine(cls, compiled):
        return compiled.table

    @classmethod
    def effect(cls, document, outcome):
        """What comes out, whichever rows gave it."""
        return {part: value for part, value in outcome.items() if part != "rows"}

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        return compiled.possible_outcomes()

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        return compiled.say_outcome(outcome, language)

    @classmethod
    def explain(cls, compiled, facts, language):
        try:
            decision = compiled.decide(facts)
        except DecisionError as error:
            return [error.sentence.say(language)]
        rows = [
            _now("Row %(number)s: %(because)s")
            % {"number": reason.row + 1, "because": reason.sentence(language)}
            for reason in decision.reasons
        ]
        return [decision.sentence(language), *rows]


@dataclass(frozen=True, eq=False)
class CompiledTable:
    """A table as it decides at runtime; rows are named by their ids, which outlive being moved."""

    table: EngineTable
    ids: tuple[str, ...]
    vocabulary: Vocabulary
    lines: tuple = ()

    @property
    def names(self) -> frozenset[str]:
        return self.table.names

    def decide(self, facts: Mapping) -> TableDecision:
        """Raises DecisionError."""
        return self.table.decide(facts)

    def outcome(self, facts: Mapping) -> dict:
        """What the decision log keeps: {"rows": ids that gave it, "outputs"} or {"rows", "error"}."""
        try:
            decision = self.decide(facts)
        except DecisionError as error:
            return {"rows": [self.ids[place] for place in error.rows], "error": error.policy}
        rows = [self.ids[place] for place in decision.hits]
        return {"rows": rows, "outputs": decision.as_json(None)["outputs"]}

    def say_outcome(self, outcome: dict, language: str) -> list[str]:
        if "error" in outcome:
            return [_now("No outcome: the rows that hold contradict each other, or a value is not allowed.")]
        outputs = outcome["outputs"]
        if outputs is None or outputs == []:
            return [_now("No row holds, so there is no outcome.")]
        rows = outputs if isinstance(outputs, list) else [outputs]
        columns = self.table.outputs
        return [
            self.table.say_outputs([row.get(column.name or "") for column in columns], language)
            for row in rows
        ]

    def possible_outcomes(self) -> list[dict]:
        """What a table that gives the results of one row can give; [] where rows are put together."""
        if self.table.hit_policy not in ONE_ROW:
            return []
        rows = [self.table.row_outputs(place) for place in range(min(len(self.ids), MOST_OUTCOMES))]
        outcomes = [{"rows": [], "outputs": outputs} for outputs in rows]
        if self.table.hit_policy in ("UNIQUE", "ANY"):
            outcomes.append({"rows": [], "error": self.table.hit_policy})
        return [*outcomes, {"rows": [], "outputs": None}]

    def say_default(self, language: str) -> str:
        values = [column.default.value if column.default else None for column in self.table.outputs]
        return self.table.say_outputs(values, language)

    @cached_property
    def place_of(self) -> dict[str, int]:
        return {identity: place for place, identity in enumerate(self.ids)}


# The table as its editor holds it ---------------------------------------------------------------------------


def tidy(table: object) -> dict:
    """Whatever was posted, in the shape of a table: every row as wide as the columns, every id once.

    {"hit_policy", "aggregation", "inputs": [{"name", "type", "label", "options"}],
     "outputs": [{"name", "type", "values", "default"}], "rules": [{"id", "when", "then", "annotation"}]}
    """
    table = table if isinstance(table, dict) else {}
    inputs = [column for column in listed(table, "inputs") if isinstance(column, dict)]
    outputs = [column for column in listed(table, "outputs") if isinstance(column, dict)]
    rules = [rule for rule in listed(table, "rules") if isinstance(rule, dict)]
    taken: set[str] = set()
    return {
        "hit_policy": text_of(table.get("hit_policy")) or "FIRST",
        "aggregation": text_of(table.get("aggregation")) or None,
        "inputs": [
            {
                "name": text_of(column.get("name")),
                "type": text_of(column.get("type")),
                "label": column.get("label"),
                "options": column.get("options"),
            }
            for column in inputs
        ],
        "outputs": [
            {
                "name": text_of(column.get("name")).strip(),
                "type": text_of(column.get("type")) or "string",
                "values": [text_of(value) for value in listed(column, "values") if text_of(value).strip()],
                "default": text_of(column.get("default")),
            }
            for column in outputs
        ],
        "rules": [
            {
                "id": free_id(rule.get("id"), place, taken),
                "when": wide(listed(rule, "when"), len(inputs)),
                "then": wide(listed(rule, "then"), len(outputs)),
                "annotation": text_of(rule.get("annotation")),
            }
            for place, rule in enumerate(rules)
        ],
    }


def listed(value: dict, key: str) -> list:
    return value[key] if isinstance(value.get(key), list) else []


def text_of(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return str(value)


def wide(cells: list, width: int) -> list[str]:
    return [text_of(cell) for cell in cells[:width]] + [""] * (width - len(cells))


def free_id(given: object, place: int, taken: set[str]) -> str:
    by_place = f"row-{place + 1}"
    identity = given if isinstance(given, str) and 0 < len(given) <= 40 else by_place
    if identity in taken:
        # Not `given` with ever more letters: ten thousand rows of one id would keep the server busy.
        identity = by_place
    while identity in taken:
        identity += "x"
    taken.add(identity)
    return identity


def columns_for(vocabulary: Vocabulary | None) -> dict[str, dict]:
    """{name: input column} of everything a table may ask."""
    if vocabulary is None:
        return {}
    asked = [side for variable in vocabulary.variables.values() for side in sides_of(variable)]
    return {
        variable.name: {
            "name": variable.name,
            "type": COLUMN_TYPE_OF[variable.type],
            "label": in_both(variable.label),
            "options": [
                {"name": str(option.name), "label": in_both(option.label)} for option in variable.options
            ]
            if variable.type == "select"
            else [],
        }
        for variable in asked
        if variable.type in COLUMN_TYPE_OF
    }


BEFORE = Words(en="{name}, before", zh="{name}（变更前）")
AFTER = Words(en="{name}, after", zh="{name}（变更后）")


def sides_of(variable: Variable) -> list[Variable]:
    """What cells can ask of it: itself, or what it was and what it became."""
    base = variable.type.removesuffix("_change")
    if base == variable.type:
        return [variable]
    return [
        replace(variable, name=f"{variable.name}.{side}", label=label.fill(name=variable.label), type=base)
        for side, label in (("old", BEFORE), ("new", AFTER))
    ]


def in_both(words: Words) -> dict:
    return {"en": words.en, "zh": words.zh}


def labels_of(column: dict) -> dict[str, Words]:
    return {
        option["name"]: Words.of(option.get("label") or option["name"])
        for option in column.get("options") or ()
        if isinstance(option, dict) and isinstance(option.get("name"), str)
    }


def with_columns(table: object, vocabulary: Vocabulary | None) -> dict:
    """`tidy`, with input columns as the vocabulary has them; one that is gone keeps what it was."""
    table, known = tidy(table), columns_for(vocabulary)
    inputs = [known.get(column["name"]) or gone_column(column) for column in table["inputs"]]
    return table | {"inputs": inputs}


def gone_column(column: dict) -> dict:
    sound = column_type(column["type"] or None) is not None
    label = column["label"] if isinstance(column["label"], dict | str) else None
    options = column["options"] if isinstance(column["options"], list) else []
    return {
        "name": column["name"],
        "type": column["type"] if sound and column["type"] else "any",
        "label": label or column["name"],
        "options": [option for option in options if isinstance(option, dict)],
    }


def type_of(column: dict):
    return column_type(column["type"]) or COLUMN_TYPES[STRING]


def row_label(rule: dict, inputs: list[dict], language: str) -> str:
    """What a row is called: its note, else its tests. Not its number, which changes when others move."""
    if rule.get("annotation"):
        return rule["annotation"]
    names = [column["name"] for column in inputs]
    tests = [
        show_test(cell, type_of(column), language=language, labels=labels_of(column), names=names)
        for cell, column in zip(rule["when"], inputs, strict=True)
    ]
    return " · ".join(test for test in tests if test != "-")[:60] or _now("otherwise")


def changed_cells(table: dict, test, value, plain) -> dict:
    """`table` with every cell put through `test(text, column)`, `value(text, column)`."""
    ins, outs = table["inputs"], table["outputs"]
    return table | {
        "outputs": [
            column
            | {
                "values": [plain(entry, column) for entry in column["values"]],
                "default": value(column["default"], column),
            }
            for column in outs
        ],
        "rules": [
            rule
            | {
                "when": [test(cell, column) for cell, column in zip(rule["when"], ins, strict=True)],
                "then": [value(cell, column) for cell, column in zip(rule["then"], outs, strict=True)],
            }
            for rule in table["rules"]
        ],
    }


def understood(table: object, vocabulary: Vocabulary | None) -> dict:
    table = with_columns(table, vocabulary)
    names = [column["name"] for column in table["inputs"]]
    return changed_cells(
        table,
        test=lambda cell, column: read_test(cell, type_of(column), labels=labels_of(column), names=names),
        value=lambda cell, column: read_value(cell, type_of(column)),
        plain=lambda entry, column: read_value(entry, type_of(column)),
    )


def shown(table: object, vocabulary: Vocabulary | None, language: str) -> dict:
    table = with_columns(table, vocabulary)
    names = [column["name"] for column in table["inputs"]]
    return changed_cells(
        table,
        test=lambda cell, column: show_test(
            cell, type_of(column), language=language, labels=labels_of(column), names=names
        ),
        value=lambda cell, column: show_value(cell, type_of(column), language=language),
        plain=lambda entry, column: show_value(entry, type_of(column), language=language),
    )


def as_engine_reads(table: dict) -> dict:
    """The document as compile_table takes it."""
    return {
        "hit_policy": table["hit_policy"],
        "aggregation": table["aggregation"],
        "inputs": [
            {key: column[key] for key in ("name", "type", "label", "options")} for column in table["inputs"]
        ],
        "outputs": [
            {"name": column["name"], "type": column["type"]}
            | ({"values": column["values"]} if column["values"] else {})
            | ({"default": column["default"]} if column["default"] else {})
            for column in table["outputs"]
        ],
        "rules": [{"when": rule["when"], "then": rule["then"]} for rule in table["rules"]],
    }


# What a table still lacks -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableProblem:
    """`path` as the engine writes it: "rules/2/when/0"."""

    path: str
    sentence: object


def lacking(table: dict, vocabulary: Vocabulary, compiled: EngineTable | None):
    known = columns_for(vocabulary)
    for place, column in enumerate(table["inputs"]):
        if column["name"] not in known:
            yield TableProblem(f"inputs/{place}", _("This cannot be asked any more. Remove the column."))
    if not table["inputs"]:
        yield TableProblem("inputs", _("Add at least one column that is asked."))
    if not table["rules"]:
        yield TableProblem("rules", _("Add at least one row."))
    yield from two_readings(table)
    if compiled is None:
        return
    for problem in compiled.unfinished:
        yield better_said(problem, compiled)
    for place, row in enumerate(compiled.rows):
        for across, (column, unary) in enumerate(zip(compiled.inputs, row.when, strict=True)):
            for name in unknown_choices(column, unary):
                sentence = _("“%(text)s” is none of the choices of %(column)s.")
                yield TableProblem(
                    f"rules/{place}/when/{across}",
                    Said(sentence, {"text": name, "column": column.label}),
                )


def two_readings(table: dict):
    """`1,500` is a number to one person and a list to another. Whoever typed it says which."""
    names = [column["name"] for column in table["inputs"]]
    for place, rule in enumerate(table["rules"]):
        for across, (cell, column) in enumerate(zip(rule["when"], table["inputs"], strict=True)):
            if type_of(column).key != NUMBER or len(meant := readings_of(cell, names)) < 2:
                continue
            sentence = _("“%(cell)s” may mean two things. Write %(one)s, or with a space %(several)s.")
            said = {"cell": cell, "one": meant[0], "several": meant[1]}
            yield TableProblem(f"rules/{place}/when/{across}", Said(sentence, said))


def better_said(problem, compiled: EngineTable):
    """An unknown name is a text that lacks its quotes only where a text could stand."""
    type = compiled.inputs[int(problem.path.split("/")[-1])].type
    return problem if type.is_text or type.key == ANY else TableProblem(problem.path, type.expects)


def unknown_choices(column, unary) -> list[str]:
    if not column.labels:
        return []
    known = {name.lower() for name in column.labels}
    given = [operand.value for test in unary.tests for operand in test.operands if hasattr(operand, "value")]
    return [value for value in given if isinstance(value, str) and value.lower() not in known]


@dataclass(frozen=True)
class Said:
    """A lazy sentence with values that may be Words."""

    sentence: object
    values: dict

    def say(self, language: str | None) -> str:
        spoken = {name: Words.of(value).say(language) for name, value in self.values.items()}
        return str(self.sentence) % spoken


@dataclass(frozen=True)
class Placed:
    """A problem's sentence behind the place it is about: "Row 2, amount: …"."""

    path: str
    sentence: object
    table: dict

    def say(self, language: str | None) -> str:
        said = self.sentence.say(language) if hasattr(self.sentence, "say") else str(self.sentence)
        place = place_in_words(self.path, self.table, language)
        return _now("%(place)s: %(problem)s") % {"place": place, "problem": said} if place else said


def place_in_words(path: str, table: dict, language: str | None) -> str:
    side, *rest = path.split("/")
    if side in ("inputs", "outputs") and rest and rest[0].isdigit():
        return _now("Column “%(column)s”") % {"column": column_label(table, side, int(rest[0]), language)}
    if side == "rules" and rest and rest[0].isdigit():
        number = int(rest[0]) + 1
        if len(rest) == 3 and rest[1] in ("when", "then"):
            column = column_label(
                table, {"when": "inputs", "then": "outputs"}[rest[1]], int(rest[2]), language
            )
            return _now("Row %(number)s, %(column)s") % {"number": number, "column": column}
        return _now("Row %(number)s") % {"number": number}
    return ""


def column_label(table: dict, side: str, place: int, language: str | None) -> str:
    column = table[side][place] if place < len(table[side]) else {}
    return Words.of(column.get("label") or column.get("name") or str(place + 1)).say(language)


def problem_of_table(problem, table: dict) -> RecordProblem:
    return RecordProblem(("table", *problem.path.split("/")), Placed(problem.path, problem.sentence, table))
