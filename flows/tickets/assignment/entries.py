"""The list at a step that says who gets a ticket: from the stored document to checked entries.

    "assignment": [
        {"strategy": "round_robin",              one of STRATEGIES; the first entry that finds someone decides
         "condition": {"all": [...]},            only for tickets of which it holds; left out: for all
         "pool": {"kind": "department",          department, role, people, store
                  "name": "quality",             its code; the name of the role; "" for the ticket's own store
                  "people": ["anna", "ben"]},    only of kind people: usernames
         "weights": {"anna": 1, "ben": 2},       round_robin: who is not named has 1
         "role": "Agents",                       role
         "person": "anna",                       person
         "department": "quality",                department: its queue
         "field": "technician",                  field: of staff, or of a store: its manager
         "days": 3, "measure": "time",           most_idle: time or count. best_history: days only
         "skills": ["english"],                  all of them are needed
         "within_capacity": true, "on_shift": true,   heeded unless false; absences always are
         "names": {"person/anna": "安娜", "skill/english": "英语"}}   as called now: names.py writes it
    ]

What an entry does not use may be left out or is not read. Step and entries together are complete when the
step names the department in whose queue a ticket waits if nobody is free.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec
from rules.engine import RuleErrors, compile_condition
from rules.store.problems import RecordProblem

STRATEGIES = {
    "person": _("one person"),
    "role": _("whoever of a role has least to do"),
    "department": _("a department's queue"),
    "field": _("who is named in a field"),
    "nearest_store": _("the nearest store"),
    "round_robin": _("in turn"),
    "least_loaded": _("who has the fewest open tickets"),
    "most_idle": _("who was idle most"),
    "best_history": _("who did best with such tickets"),
}
POOLS = {
    "department": _("people of a department"),
    "role": _("people of a role"),
    "people": _("these people"),
    "store": _("people of a store"),
}
WITH_POOL = ("round_robin", "least_loaded", "most_idle", "best_history")
NAMES_SOMEONE = ("staff", "store")  # kinds of fields
MEASURES = {"time": _("by working time"), "count": _("by number of steps done")}
USUAL_DAYS = {"most_idle": 3, "best_history": 90}
MOST_DAYS = 366
MOST_ENTRIES = 20
MOST_PEOPLE = 200
HIGHEST_WEIGHT = 100


@dataclass(frozen=True, kw_only=True)
class Pool:
    kind: str
    name: str = ""
    people: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """`condition` is None where it is for every ticket. `field_kind` is that of the form's `field`."""

    strategy: str
    condition: object = None
    pool: Pool | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    person: str = ""
    department: str = ""
    field: str = ""
    field_kind: str = ""
    days: int = 0
    measure: str = "time"
    skills: tuple[str, ...] = ()
    within_capacity: bool = True
    on_shift: bool = True

    def called(self, kind: str, name: str) -> str:
        return self.names.get(f"{kind}/{name}", name)


def compile_assignment(
    rows: object, *, specs: Iterable[FieldSpec], vocabulary, path: tuple
) -> tuple[tuple[Entry, ...], list[RecordProblem]]:
    """The entries, and all that is wrong with them: at `path` + (place, part). An entry with problems is
    left out."""
    if not isinstance(rows, list | tuple) or len(rows) > MOST_ENTRIES:
        sentence = _("A list of at most %(count)s ways to find someone is expected.") % {
            "count": MOST_ENTRIES
        }
        return (), [RecordProblem(path, sentence)]
    if not rows:
        return (), [RecordProblem(path, _("Say how someone is found: add a way."))]
    entries, problems = [], []
    for place, row in enumerate(rows):
        reader = _Reader(row, specs=specs, vocabulary=vocabulary, path=(*path, place))
        entry = reader.entry()
        problems += reader.problems
        if not reader.problems:
            entries.append(entry)
    return tuple(entries), problems


class _Reader:
    def __init__(self, row: object, *, specs, vocabulary, path: tuple):
        self.row = row if isinstance(row, Mapping) else {}
        self.kinds = {spec.name: spec.kind for spec in specs}
        self.vocabulary, self.path = vocabulary, path
        self.problems: list[RecordProblem] = []

    def refuse(self, part: str, sentence) -> None:
        self.problems.append(RecordProblem((*self.path, part), sentence))

    def entry(self) -> Entry | None:
        strategy = self.row.get("strategy")
        if not isinstance(strategy, str) or strategy not in STRATEGIES:
            return self.refuse("strategy", _("Choose how someone is found."))
        pool = self.pool(strategy)
        return Entry(
            strategy=strategy,
            condition=self.condition(),
            pool=pool,
            weights=self.weights(strategy),
            person=self.name("person", strategy, _("Choose who gets it.")),
            department=self.name("department", strategy, _("Choose the department.")),
            field=self.field(strategy),
            field_kind=self.kinds.get(self.text("field"), ""),
            days=self.days(strategy),
            measure=self.measure(strategy),
            skills=self.names("skills", most=20),
            within_capacity=self.switch("within_capacity"),
            on_shift=self.switch("on_shift"),
            names=self.labels(),
        )

    def text(self, part: str) -> str:
        value = self.row.get(part, "")
        return value if isinstance(value, str) else ""

    def labels(self) -> dict[str, str]:
        given = self.row.get("names", {})
        return dict(given) if isinstance(given, Mapping) else {}

    def name(self, part: str, strategy: str, sentence) -> str:
        if strategy == part and not self.text(part):
            self.refuse(part, sentence)
        return self.text(part)

    def names(self, part: str, *, most: int) -> tuple[str, ...]:
        return self.strings(self.row.get(part, []), part, most=most)

    def strings(self, value: object, part: str, *, most: int) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.refuse(part, _("A list of names is expected."))
            return ()
        if len(value) > most:
            self.refuse(part, _("At most %(count)s can be named here.") % {"count": most})
        return tuple(dict.fromkeys(value))

    def condition(self):
        tree = self.row.get("condition")
        if not tree:
            return None
        try:
            condition = compile_condition(tree, self.vocabulary)
        except RuleErrors as errors:
            for found in errors.problems:
                self.refuse("condition", found.sentence)
            return None
        return condition if condition.names else None

    def pool(self, strategy: str) -> Pool | None:
        if strategy == "role":
            if not self.text("role"):
                self.refuse("role", _("Choose the role."))
            return Pool(kind="role", name=self.text("role"))
        if strategy not in WITH_POOL:
            return None
        given = self.row.get("pool")
        given = given if isinstance(given, Mapping) else {}
        kind, name = given.get("kind", ""), given.get("name", "")
        if not isinstance(kind, str) or kind not in POOLS or not isinstance(name, str):
            self.refuse("pool", _("Choose among whom someone is found."))
            return None
        people = self.strings(given.get("people", []), "pool", most=MOST_PEOPLE) if kind == "people" else ()
        if kind == "people" and not people:
            self.refuse("pool", _("Name the people."))
        if kind in ("department", "role") and not name:
            self.refuse("pool", _("Choose among whom someone is found."))
        return Pool(kind=kind, name=name, people=people)

    def weights(self, strategy: str) -> dict[str, int]:
        given = self.row.get("weights") or {}
        if strategy != "round_robin" or given == {}:
            return {}
        fits = isinstance(given, Mapping) and all(
            isinstance(name, str) and type(weight) is int and 1 <= weight <= HIGHEST_WEIGHT
            for name, weight in given.items()
        )
        if not fits:
            self.refuse(
                "weights", _("A weight is a whole number from 1 to %(most)s.") % {"most": HIGHEST_WEIGHT}
            )
            return {}
        return dict(given)

    def field(self, strategy: str) -> str:
        name = self.text("field")
        if strategy == "field":
            if self.kinds.get(name) is None:
                self.refuse("field", _("Choose a field of the form that names a person or a store."))
            elif self.kinds[name] not in NAMES_SOMEONE:
                self.refuse("field", _("This field names neither a person nor a store."))
        return name

    def days(self, strategy: str) -> int:
        usual = USUAL_DAYS.get(strategy, 0)
        days = self.row.get("days") or usual
        if usual and (type(days) is not int or not 1 <= days <= MOST_DAYS):
            self.refuse("days", _("Enter a number of days from 1 to %(most)s.") % {"most": MOST_DAYS})
            return usual
        return days if usual else 0

    def measure(self, strategy: str) -> str:
        measure = self.row.get("measure") or "time"
        if strategy == "most_idle" and (not isinstance(measure, str) or measure not in MEASURES):
            self.refuse("measure", _("Choose how work is measured."))
        return measure

    def switch(self, part: str) -> bool:
        value = self.row.get(part, True)
        if type(value) is not bool:
            self.refuse(part, _("This is either on or off."))
        return value is not False
