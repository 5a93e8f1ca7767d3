"""Which fields count, which must be answered, and what is computed. The page asks for it at each change, and
what is stored is settled by it too, so there is one meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldProblem, FieldSpec, is_unanswered, variables_of
from flows.forms.texts import said
from rules.engine import Condition, RuleErrors, Vocabulary, compile_condition
from rules.engine.formulas import Formula, compile_formula


@dataclass(frozen=True, kw_only=True)
class Settled:
    """`answers`: those that count, with the computed ones. `hidden`: not asked. `required`: must be there."""

    answers: Mapping
    hidden: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class FormLogic:
    """`order`: every field after those that decide about it."""

    specs: tuple[FieldSpec, ...]
    visible: Mapping[str, Condition] = field(default_factory=dict)
    required: Mapping[str, Condition] = field(default_factory=dict)
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether what is typed changes what is asked or shown."""
        return bool(self.visible or self.required or self.formulas or any(s.source for s in self.specs))

    def settle(self, answers: Mapping) -> Settled:
        """answers: JSON answers by field name; uploads stand for the files they will be."""
        named = {spec.name: spec for spec in self.specs}
        counting, facts, hidden = dict(answers), {}, set()
        for name in self.order or named:
            if name in self.visible and not self.visible[name].holds(facts):
                hidden.add(name)
                counting.pop(name, None)
                continue
            if name in self.formulas:
                counting[name] = computed(self.formulas[name], facts)
            if is_unanswered(counting.get(name)):
                counting.pop(name, None)
            else:
                facts[name] = named[name].asks.to_fact(counting[name])
        required = {
            spec.name
            for spec in self.specs
            if spec.name not in hidden
            and (spec.required or (spec.name in self.required and self.required[spec.name].holds(facts)))
        }
        return Settled(answers=counting, hidden=frozenset(hidden), required=frozenset(required))


def computed(formula: Formula, facts: Mapping) -> str | None:
    """A decimal text, as numbers are stored; None where there is no value yet."""
    result = formula.evaluate(facts)
    return None if result.nothing else format(result.value, "f")


def vocabulary_of_answers(specs: Iterable[FieldSpec]) -> Vocabulary:
    """What conditions and formulas of a form may ask: its own fields."""
    usable = {spec.name: spec for spec in reversed(tuple(specs)) if spec.name}
    return Vocabulary.of().extended(fields=reversed(variables_of(usable.values())))


def compile_logic(specs: Iterable[FieldSpec], *, problems: list) -> FormLogic:
    """What is wrong is added to `problems` as FieldProblems, at the field and part where it can be mended."""
    specs = tuple(specs)
    compiler = LogicCompiler(specs, problems)
    visible = compiler.conditions("visible_if")
    required = compiler.conditions("required_if")
    formulas = compiler.formulas()
    compiler.refuse_own_answers(required)
    return FormLogic(
        specs=specs,
        visible=visible,
        required=required,
        formulas=formulas,
        order=compiler.order(visible, formulas),
    )


class LogicCompiler:
    def __init__(self, specs: tuple[FieldSpec, ...], problems: list):
        self.specs, self.problems = specs, problems
        self.vocabulary = vocabulary_of_answers(specs)
        self.index = {spec.name: index for index, spec in enumerate(specs)}

    def conditions(self, part: str) -> dict[str, Condition]:
        compiled = {}
        for index, spec in enumerate(self.specs):
            if not (tree := getattr(spec, part)):
                continue
            try:
                condition = compile_condition(tree, self.vocabulary)
            except RuleErrors as errors:
                self.refuse(index, part, errors)
            else:
                if condition.names:
                    compiled[spec.name] = condition
        return compiled

    def formulas(self) -> dict[str, Formula]:
        compiled = {}
        for index, spec in enumerate(self.specs):
            if not spec.asks.is_computed:
                continue
            try:
                compiled[spec.name] = compile_formula(spec.formula, self.vocabulary, returns="number")
            except RuleErrors as errors:
                self.refuse(index, "formula", errors)
        return compiled

    def refuse(self, index: int, part: str, errors: RuleErrors) -> None:
        self.problems += [FieldProblem(index, part, problem.sentence) for problem in errors.problems]

    def refuse_own_answers(self, required: Mapping[str, Condition]) -> None:
        for name, condition in required.items():
            if name in condition.names:
                sentence = _("Whether a field must be answered cannot depend on its own answer.")
                self.problems.append(FieldProblem(self.index[name], "required_if", sentence))

    def order(self, visible: Mapping[str, Condition], formulas: Mapping[str, Formula]) -> tuple[str, ...]:
        asked = {
            spec.name: [
                *(visible[spec.name].names if spec.name in visible else ()),
                *(formulas[spec.name].names if spec.name in formulas else ()),
            ]
            for spec in self.specs
        }
        try:
            return tuple(
                TopologicalSorter({name: sorted(names) for name, names in asked.items()}).static_order()
            )
        except CycleError as error:
            # Each of the circle is asked for by the next; it is read the other way round.
            self.refuse_circle(error.args[1][::-1], visible)
            return ()

    def refuse_circle(self, circle: list[str], visible: Mapping[str, Condition]) -> None:
        language = get_language()
        labels = [said(self.specs[self.index[name]].label, language) for name in circle]
        if len(circle) == 2:
            sentence = _("“%(field)s” cannot depend on its own answer.") % {"field": labels[0]}
        else:
            sentence = _(
                "These fields depend on each other in a circle: %(fields)s. Take one of the conditions or"
                " formulas out."
            ) % {"fields": " → ".join(labels)}
        part = "visible_if" if circle[0] in visible else "formula"
        self.problems.append(FieldProblem(self.index[circle[0]], part, sentence))
