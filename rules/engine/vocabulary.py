"""A Vocabulary: every variable and action that the rules of one subject may name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from business_rules.actions import BaseActions
from business_rules.variables import BaseVariables

from . import types as _declared_types  # noqa: F401  (business-rules learns our operators)
from .errors import Refused
from .facts import TYPES, fold_choice
from .operators import Operator, operators_of
from .text import Lexicon
from .words import Words

NAME_LENGTH = 200
UNIT_LENGTH = 40

# business-rules' names of parameter types, and the input each is asked with.
PARAM_TYPES = {
    "text": "text",
    "numeric": "number",
    "select": "select",
    "select_multiple": "select_multiple",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "words": "words",
}


@dataclass(frozen=True)
class Option:
    name: str | int
    label: Words


@dataclass(frozen=True)
class Choosable:
    """Something with options; an empty tuple means that any text will do.

    source  what its values name, such as "customers", where these are too many to be listed: an editor looks
            them up there, one by one. The engine only passes it on.
    """

    name: str
    label: Words
    type: str
    options: tuple[Option, ...] = ()
    source: str = ""

    @cached_property
    def _by_choice(self) -> dict:
        return {fold_choice(option.name): option for option in self.options}

    def option(self, name: object) -> Option | None:
        """The option of that name, whatever its letter case."""
        try:
            return self._by_choice.get(fold_choice(name))
        except TypeError:
            return None

    def as_json(self, language: str | None) -> dict:
        """Options that are looked up are not listed."""
        options = () if self.source else self.options
        said = {
            "name": self.name,
            "label": self.label.say(language),
            "type": self.type,
            "options": [{"name": option.name, "label": option.label.say(language)} for option in options],
        }
        return said | ({"source": self.source} if self.source else {})


@dataclass(frozen=True)
class Variable(Choosable):
    """`type` is a key of facts.TYPES. `unit` is what a number counts: "days", "CNY"; "" is not known."""

    unit: str = ""

    def as_json(self, language: str | None) -> dict:
        return super().as_json(language) | ({"unit": self.unit} if self.unit else {})


@dataclass(frozen=True)
class Param(Choosable):
    """`type` is a key of PARAM_TYPES."""

    required: bool = True


@dataclass(frozen=True)
class Action:
    name: str
    label: Words  # may hold {placeholders} of its parameters: "send to {department}"
    params: tuple[Param, ...] = ()
    single_valued: bool = False  # rules that hold together and want different values contradict each other

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)

    @property
    def title(self) -> Words:
        """The label with an ellipsis for each placeholder, for a list of actions to choose from."""
        blanks = {param.name: "…" for param in self.params}
        return Words(en=put_in(self.label.en, blanks), zh=put_in(self.label.zh, blanks))

    def as_json(self, language: str | None) -> dict:
        return {
            "name": self.name,
            "label": self.title.say(language),
            "params": [param.as_json(language) | {"required": param.required} for param in self.params],
        }


@dataclass(frozen=True)
class NamedLexicon:
    """A word list a rule may name. `matcher` is as text.compile_lexicon gives it, or finds words so too."""

    name: str
    label: Words
    matcher: Lexicon


def put_in(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


@dataclass(frozen=True)
class Vocabulary:
    """Immutable. Only what is declared here can be named by a document, so only that can ever be called."""

    variables: Mapping[str, Variable]
    actions: Mapping[str, Action]
    lexicons: Mapping[str, NamedLexicon] = field(default_factory=dict)

    def __deepcopy__(self, memo) -> Vocabulary:
        return self

    @classmethod
    def of(
        cls,
        variables: type[BaseVariables] | None = None,
        actions: type[BaseActions] | None = None,
        *,
        units: Mapping[str, str] | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> Vocabulary:
        """From business-rules classes; a name counts only when decorated as rule variable or rule action.

        units   {"amount": "CNY"}: what numbers count, read by formulas (engine/formulas/units.py)
        sources {"store": "stores", "send_to.person": "staff"}: what values of a variable or parameter name
        raises  ValueError for a unit or source of what is not there, a unit of what is no number
        """
        rows = variables.get_all_variables() if variables else []
        units = dict(units or {})
        declared = [_declared_variable(row, unit=units.pop(row["name"], "")) for row in rows]
        if units:
            raise ValueError(f"Units of what is not there: {', '.join(units)}")
        made = [_declared_action(row, actions) for row in actions.get_all_actions()] if actions else []
        sources = dict(sources or {})
        declared = [_with_source(variable, sources.pop(variable.name, "")) for variable in declared]
        made = [
            replace(
                action,
                params=tuple(
                    _with_source(param, sources.pop(f"{action.name}.{param.name}", ""))
                    for param in action.params
                ),
            )
            for action in made
        ]
        if sources:
            raise ValueError(f"Sources of what is not there: {', '.join(sources)}")
        return cls._from(variables=declared, actions=made)

    @classmethod
    def _from(
        cls,
        *,
        variables: Iterable[Variable],
        actions: Iterable[Action],
        lexicons: Mapping[str, NamedLexicon] = MappingProxyType({}),
    ) -> Vocabulary:
        return cls(
            variables=MappingProxyType({variable.name: variable for variable in variables}),
            actions=MappingProxyType({action.name: action for action in actions}),
            lexicons=MappingProxyType(dict(lexicons)),
        )

    def extended(
        self,
        fields: Iterable[Mapping] = (),
        *,
        options: Mapping[str, Iterable] | None = None,
        lexicons: Mapping[str, tuple[object, Lexicon]] | None = None,
    ) -> Vocabulary:
        """A vocabulary with more in it; this one stays as it is.

        fields   [{"name", "label", "type", "options", "unit", "source"}]: variables described as data
        options  {"city": [...], "send_to.department": [...]}: of a variable, or of an action's parameter
        lexicons {"complaints": (label, matcher of text.compile_lexicon)}: what texts may be asked to mention
        raises   ValueError for a name that is taken, an unknown type, options for what is not there
        """
        added = [_described_variable(row) for row in fields]
        names = list(self.variables) + [variable.name for variable in added]
        if taken := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"These variables are there already: {', '.join(taken)}")
        options = dict(options or {})
        variables = [
            replace(variable, options=_options(options.pop(variable.name)))
            if variable.name in options
            else variable
            for variable in [*self.variables.values(), *added]
        ]
        actions = [
            replace(
                action,
                params=tuple(
                    replace(param, options=_options(options.pop(key))) if key in options else param
                    for param in action.params
                    for key in [f"{action.name}.{param.name}"]
                ),
            )
            for action in self.actions.values()
        ]
        if options:
            raise ValueError(f"Options for what is not there: {', '.join(options)}")
        named = {
            name: NamedLexicon(name, Words.of(label), matcher)
            for name, (label, matcher) in (lexicons or {}).items()
        }
        return self._from(variables=variables, actions=actions, lexicons={**self.lexicons, **named})

    def offers(self, operator: Operator) -> bool:
        """Whether what the operator needs is there: the fact `now`, or a lexicon."""
        if operator.needs_now:
            return "now" in self.variables and self.variables["now"].type == "datetime"
        return bool(self.lexicons) if operator.input == "lexicons" else True

    def lexicons_called(self, names: Iterable[str]) -> tuple[NamedLexicon, ...]:
        if unknown := [name for name in names if name not in self.lexicons]:
            raise Refused(
                Words(en="There is no lexicon “{name}” here.", zh="此处没有词库“{name}”。").fill(
                    name=unknown[0][:40]
                )
            )
        return tuple(self.lexicons[name] for name in names)

    def as_json(self, language: str | None) -> dict:
        """What an editor in the browser needs: variables, the operators of each type, and actions."""
        return {
            "variables": [variable.as_json(language) for variable in self.variables.values()],
            "operators": {
                key: [
                    {
                        "name": row.key,
                        "label": row.label.say(language),
                        "input": row.input,
                        "takesVariable": row.takes_variable,
                    }
                    for row in operators_of(key)
                    if self.offers(row)
                ]
                for key in TYPES
            },
            "lexicons": [
                {"name": lexicon.name, "label": lexicon.label.say(language)}
                for lexicon in self.lexicons.values()
            ],
            "actions": [action.as_json(language) for action in self.actions.values()],
        }


def _declared_variable(row: Mapping, *, unit: str) -> Variable:
    return _variable(
        name=row["name"],
        label=row["label"],
        type_key=row["field_type"],
        options=row["options"],
        unit=unit,
    )


def _described_variable(row: Mapping) -> Variable:
    name = row.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH:
        raise ValueError(f"A variable needs a name of 1 to {NAME_LENGTH} characters: {name!r}")
    return _variable(
        name=name,
        label=row.get("label") or name,
        type_key=row.get("type"),
        options=row.get("options"),
        unit=row.get("unit") or "",
        source=row.get("source") or "",
    )


def _with_source(one: Choosable, source: str) -> Choosable:
    return replace(one, source=source) if source else one


def _variable(
    *, name: str, label: object, type_key: object, options: Iterable | None, unit: str, source: str = ""
) -> Variable:
    if type_key not in TYPES:
        raise ValueError(f"Variable {name} has the unknown type {type_key!r}; known are {', '.join(TYPES)}")
    if unit and (type_key != "numeric" or not isinstance(unit, str) or len(unit) > UNIT_LENGTH):
        raise ValueError(f"Variable {name} cannot have the unit {unit!r}")
    return Variable(
        name=name,
        label=Words.of(label),
        type=type_key,
        options=_options(options),
        unit=unit,
        source=str(source),
    )


def _declared_action(row: Mapping, actions: type[BaseActions]) -> Action:
    # A parameter with a default in Python may be left out of the document.
    signature = inspect.signature(getattr(actions, row["name"])).parameters
    return Action(
        name=row["name"],
        label=Words.of(row["label"]),
        params=tuple(
            Param(
                name=param["name"],
                label=Words.of(param.get("label") or param["name"].replace("_", " ")),
                type=param["fieldType"],
                options=_options(param.get("options")),
                required=param["name"] not in signature
                or signature[param["name"]].default is inspect.Parameter.empty,
            )
            for param in row["params"] or ()
        ),
        single_valued=getattr(getattr(actions, row["name"]), "single_valued", False),
    )


def single_valued(action):
    """Marks a rule action of which only one can be done: a ticket goes to one department."""
    action.single_valued = True
    return action


def _options(rows: Iterable | None) -> tuple[Option, ...]:
    return tuple(_option(row) for row in rows or ())


def _option(row: object) -> Option:
    """From {"name", "label"}, a pair (name, label), or a bare name."""
    if isinstance(row, Mapping):
        name, label = row["name"], row.get("label") or row["name"]
    elif isinstance(row, tuple | list):
        name, label = row
    else:
        name = label = row
    return Option(name=name, label=Words.of(label))
