"""Where the things that values of variables name are looked up: customers, stores, staff. A flow registers a
source; a variable says which one its values come from (`Variable.source`).

Conditions keep the plain number or code. What it is called is looked up for whoever reads it; only names that
every designer may read are put into sentences.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rules.engine import Vocabulary

# A condition that lists more is said by their codes.
MOST_NAMED = 200


class Found(NamedTuple):
    """`value` is stored; `name` is what people call it; `hint` tells those of one name apart."""

    value: str
    name: str
    hint: str = ""


@dataclass(frozen=True)
class Source:
    """
    label       "a customer"
    may_ask     user → whether this person may look them up and read their names
    find        (words, most) → [Found], the best first
    called      [value] → [Found] of those that are there
    is_public   whether names may stand in sentences, which are stored and read by whoever reads the record
    """

    key: str
    label: object
    may_ask: Callable[[object], bool]
    find: Callable[[str, int], Iterable[Found]]
    called: Callable[[list[str]], Iterable[Found]]
    is_public: bool = False


_sources: dict[str, Source] = {}


def register_source(*, key, **kwargs) -> None:
    """See Source for what is given."""
    _sources[key] = Source(key=key, **kwargs)


def source(key: str) -> Source | None:
    return _sources.get(key)


def names_in(vocabulary: Vocabulary, documents: Iterable) -> dict[str, list]:
    """{variable: [[value, name]]} of what stored conditions name, as options for `Vocabulary.extended`.
    One query per variable; variables with options of their own are left alone."""
    values = {}
    for name, value in compared_in(documents):
        variable = vocabulary.variables.get(name)
        if variable and variable.source and variable.type == "string" and not variable.options:
            values.setdefault(name, {}).update(dict.fromkeys(texts_in(value)))
    named = {}
    for name, texts in values.items():
        known = source(vocabulary.variables[name].source)
        if known and known.is_public:
            named[name] = [[found.value, found.name] for found in known.called(list(texts)[:MOST_NAMED])]
    return {name: options for name, options in named.items() if options}


def naming(vocabulary: Vocabulary, documents: Iterable) -> Vocabulary:
    """`vocabulary` with what these conditions name called by its name in sentences."""
    return with_names(vocabulary, names_in(vocabulary, documents))


def with_names(vocabulary: Vocabulary, names: dict[str, list]) -> Vocabulary:
    """`names` as names_in gave them, perhaps long ago: a variable may be gone since."""
    known = {name: options for name, options in names.items() if name in vocabulary.variables}
    return vocabulary.extended(options=known) if known else vocabulary


def compared_in(documents: Iterable) -> Iterator[tuple[str, object]]:
    """(variable, value) of every comparison in stored conditions, which may be anything."""
    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("name"), str):
            yield node["name"], node.get("value")
        for kind in ("all", "any", "none"):
            if isinstance(node.get(kind), list):
                waiting += node[kind]


def texts_in(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
