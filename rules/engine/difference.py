"""What changed between two conditions, action lists or rule sets: each change as one sentence.

Comparisons are counted from 1 in the order they are read, so "condition 2" is the second one of the
sentence. What was removed is counted in the old condition, everything else in the new one. Groups of one
are read as their child: they say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .sentences import NOTHING, condition_sentence, fill, is_zh, say_value
from .tree import Group, Leaf, leaves
from .words import Words

_KINDS = {
    "all": Words(en="all must hold", zh="须全部成立"),
    "any": Words(en="one is enough", zh="成立任一项即可"),
    "none": Words(en="none may hold", zh="须均不成立"),
}
_ONE = Words(en="condition {first}", zh="条件 {first}")
_SEVERAL = Words(en="conditions {first} to {last}", zh="条件 {first} 至 {last}")
_CHANGED = Words(en="{place}: {before} became {after}", zh="{place}：“{before}”改为“{after}”")
_ADDED = Words(en="{place} added: {after}", zh="新增{place}：{after}")
_REMOVED = Words(en="{place} removed: {before}", zh="删除原{place}：{before}")
_AMONG = Words(en="{sentence} (of {place}, {kind})", zh="{sentence}（{place}：{kind}）")
_REORDERED = Words(en="{place}: the same in another order", zh="{place}：内容相同，仅顺序不同")
_LIST = Words(en="{place}, {stem}: {changes}", zh="{place}（{stem}）：{changes}")
_IN = Words(en="added: {entries}", zh="新增：{entries}")
_OUT = Words(en="removed: {entries}", zh="删除：{entries}")
_SAME_LIST = Words(en="the same list in another order", zh="列表内容相同，仅顺序不同")


@dataclass(frozen=True, eq=False)
class Difference:
    """
    kind    changed, added, removed; joined: a group's "all" became "any"; reordered: only the order differs
    before  the part of the old tree, None for what was added
    after   the part of the new tree, None for what was removed
    first, last   which comparisons, counted from 1
    among   (first, last, kind) of the group that what was added or removed stands in, unless it is an "all"
    """

    kind: str
    before: Leaf | Group | None
    after: Leaf | Group | None
    first: int
    last: int
    among: tuple[int, int, str] | None = None

    def sentence(self, language: str | None) -> str:
        place = _place(self.first, self.last, language)
        if self.kind == "reordered":
            return _REORDERED.say(language).format(place=place)
        if self.kind == "joined":
            before, after = (_KINDS[group.kind].say(language) for group in (self.before, self.after))
            return _CHANGED.say(language).format(place=place, before=before, after=after)
        if self.kind == "changed":
            return _change_of_leaf(self.before, self.after, place, language)
        template = _ADDED if self.kind == "added" else _REMOVED
        said = condition_sentence(self.after or self.before, language)
        sentence = template.say(language).format(place=place, before=said, after=said)
        if self.among is None:
            return sentence
        first, last, kind = self.among
        return _AMONG.say(language).format(
            sentence=sentence, place=_place(first, last, language), kind=_KINDS[kind].say(language)
        )


def _place(first: int, last: int, language: str | None) -> str:
    return (_ONE if first == last else _SEVERAL).say(language).format(first=first, last=last)


def _change_of_leaf(before: Leaf, after: Leaf, place: str, language: str | None) -> str:
    if not _is_list(before.value) or not _is_list(after.value) or _asks(before) != _asks(after):
        said = (condition_sentence(leaf, language) for leaf in (before, after))
        return _CHANGED.say(language).format(place=place, **dict(zip(("before", "after"), said, strict=True)))
    old, new = list(before.value), list(after.value)
    parts = [
        template.say(language).format(entries=_entries(entries, leaf, language))
        for template, entries, leaf in ((_IN, _minus(new, old), after), (_OUT, _minus(old, new), before))
        if entries
    ]
    changes = ("；" if is_zh(language) else "; ").join(parts) or _SAME_LIST.say(language)
    names = {"name": after.variable.label.say(language), "value": "…"}
    stem = fill(after.operator.says.say(language), names)
    return _LIST.say(language).format(place=place, stem=stem, changes=changes)


def _entries(entries: Sequence, leaf: Leaf, language: str | None) -> str:
    # Words of a list are named one by one; quotes around each would only be in the way.
    spoken = [
        entry
        if isinstance(entry, str) and not leaf.variable.options
        else say_value(entry, leaf.variable, language)
        for entry in entries
    ]
    return ("、" if is_zh(language) else ", ").join(entry or NOTHING.say(language) for entry in spoken)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _asks(leaf: Leaf) -> tuple:
    return (leaf.variable.name, leaf.variable.type, leaf.operator.key)


def _minus(entries: Iterable, others: Iterable) -> list:
    """`entries` without those of `others`, each as often as it is there; in their order."""
    left = Counter(map(_hashable, others))
    kept = []
    for entry in entries:
        if left[_hashable(entry)]:
            left[_hashable(entry)] -= 1
        else:
            kept.append(entry)
    return kept


def _hashable(value: object) -> object:
    if _is_list(value):
        return tuple(map(_hashable, value))
    # True is no 1 here.
    return (type(value), value) if isinstance(value, bool) else value


# Conditions


def condition_differences(before: Leaf | Group, after: Leaf | Group) -> list[Difference]:
    """What changed between two parsed trees (`Condition.tree`), in the new order; [] if nothing."""
    return _Comparing(_normal(before), _normal(after)).found


def _normal(tree: Leaf | Group) -> Leaf | Group:
    """Without groups of one and without groups in groups of the same kind, which say the same."""
    if isinstance(tree, Leaf):
        return tree
    children = []
    for child in map(_normal, tree.children):
        same = isinstance(child, Group) and child.kind == tree.kind != "none"
        children += child.children if same else [child]
    if len(children) == 1 and tree.kind != "none":
        return children[0]
    return replace(tree, children=tuple(children))


def _key(tree: Leaf | Group) -> tuple:
    """Equal for trees that ask the same in the same order."""
    if isinstance(tree, Leaf):
        return (*_asks(tree), _hashable(tree.value))
    return (tree.kind, *map(_key, tree.children))


class _Comparing:
    def __init__(self, before: Leaf | Group, after: Leaf | Group):
        self.numbers_before = _numbers(before)
        self.numbers_after = _numbers(after)
        self.found: list[Difference] = []
        self._compare(before, after)

    def _compare(self, before: Leaf | Group, after: Leaf | Group) -> None:
        if _key(before) == _key(after):
            return
        if isinstance(before, Leaf) and isinstance(after, Leaf):
            if before.variable.name == after.variable.name:
                self._tell("changed", before, after)
            else:
                self._tell("removed", before, None)
                self._tell("added", None, after)
            return
        self._compare_groups(*_as_groups(before, after))

    def _compare_groups(self, before: Group, after: Group) -> None:
        if before.kind != after.kind:
            self._tell("joined", before, after)
        pairs = _pairs(before.children, after.children)
        partner = {place_after: place_before for place_before, place_after in pairs}
        kept = {place_before for place_before, _place_after in pairs}
        for place, child in enumerate(after.children):
            if place in partner:
                self._compare(before.children[partner[place]], child)
            else:
                self._tell("added", None, child, within=after)
        for place, child in enumerate(before.children):
            if place not in kept:
                self._tell("removed", child, None, within=before)
        # `pairs` stand in the new order: an old place that goes down was overtaken.
        order = [place_before for place_before, _place_after in pairs]
        if order != sorted(order):
            self._tell("reordered", before, after)

    def _tell(self, kind: str, before, after, within: Group | None = None) -> None:
        tree, numbers = (before, self.numbers_before) if after is None else (after, self.numbers_after)
        first, last = _span(tree, numbers)
        among = None
        if within is not None and within.kind != "all" and len(within.children) > 1:
            among = (*_span(within, numbers), within.kind)
        self.found.append(
            Difference(kind=kind, before=before, after=after, first=first, last=last, among=among)
        )


def _numbers(tree: Leaf | Group) -> dict[int, int]:
    return {id(leaf): number for number, leaf in enumerate(leaves(tree), start=1)}


def _span(tree: Leaf | Group, numbers: Mapping[int, int]) -> tuple[int, int]:
    inside = [numbers[id(leaf)] for leaf in leaves(tree)]
    return inside[0], inside[-1]


def _as_groups(before: Leaf | Group, after: Leaf | Group) -> tuple[Group, Group]:
    """Both as groups that can be compared child by child: one may have been put inside the other."""
    if isinstance(before, Leaf) or (isinstance(after, Group) and _stands_in(before, after)):
        return _around(before, kind=after.kind), after
    if isinstance(after, Leaf) or _stands_in(after, before):
        return before, _around(after, kind=before.kind)
    # What asks nothing has no kind.
    if not before.children:
        before = replace(before, kind=after.kind)
    if not after.children:
        after = replace(after, kind=before.kind)
    return before, after


def _around(tree: Leaf | Group, *, kind: str) -> Group:
    # Alone in an "all" or "any" it says the same; alone in a "none" it says the contrary.
    return Group(kind="all" if kind == "none" else kind, children=(tree,))


def _stands_in(group: Group, other: Group) -> bool:
    """Whether `group` became a part of `other`: a child of the same kind with some of its comparisons."""
    if group.kind == other.kind or not group.children:
        return False
    alike = (child for child in other.children if isinstance(child, Group) and child.kind == group.kind)
    return any(_shared(group, child) for child in alike)


def _shared(one: Leaf | Group, other: Leaf | Group) -> int:
    """How many comparisons two trees have in common."""
    return (Counter(map(_key, leaves(one))) & Counter(map(_key, leaves(other)))).total()


def _pairs(before: Sequence, after: Sequence) -> list[tuple[int, int]]:
    """(place before, place after) of children that belong together, in the new order. Most alike first."""
    free_before, free_after = dict(enumerate(before)), dict(enumerate(after))
    pairs = []
    for alike in (_same, _same_question, _same_variable, _overlapping, _same_variables):
        for place_after in list(free_after):
            scores = {
                place: score
                for place, child in free_before.items()
                if (score := alike(child, free_after[place_after]))
            }
            if scores:
                place_before = max(scores, key=scores.get)
                pairs.append((place_before, place_after))
                del free_before[place_before], free_after[place_after]
    return sorted(pairs, key=lambda pair: pair[1])


def _same(one, other) -> int:
    return _key(one) == _key(other)


def _same_question(one, other) -> int:
    return isinstance(one, Leaf) and isinstance(other, Leaf) and _asks(one) == _asks(other)


def _same_variable(one, other) -> int:
    both_leaves = isinstance(one, Leaf) and isinstance(other, Leaf)
    return both_leaves and one.variable.name == other.variable.name


def _overlapping(one, other) -> int:
    both_leaves = isinstance(one, Leaf) and isinstance(other, Leaf)
    return 0 if both_leaves else _shared(one, other)


def _same_variables(one, other) -> int:
    if isinstance(one, Leaf) or isinstance(other, Leaf) or one.kind != other.kind:
        return 0
    names = [{leaf.variable.name for leaf in leaves(tree)} for tree in (one, other)]
    return len(names[0] & names[1])


# Actions

_ACTION_CHANGED = Words(en="action: {before} became {after}", zh="动作：“{before}”改为“{after}”")
_ACTION_ADDED = Words(en="action added: {after}", zh="新增动作：{after}")
_ACTION_REMOVED = Words(en="action removed: {before}", zh="删除动作：{before}")
_ACTIONS_REORDERED = Words(en="the same actions in another order", zh="动作相同，仅顺序不同")
Say = Callable[[Mapping], str]


def action_differences(
    before: Sequence[Mapping],
    after: Sequence[Mapping],
    language: str | None,
    *,
    say_before: Say,
    say_after: Say,
) -> list[str]:
    """What changed between two lists of {"name", "params"}, as sentences.

    say_before, say_after   an action in words, by the vocabulary of its side
    """
    free, pairs, sentences = dict(enumerate(before)), {}, []
    for alike in (_equal_action, _same_action):
        for place, action in enumerate(after):
            match = next((old for old, other in free.items() if alike(other, action)), None)
            if place not in pairs and match is not None:
                pairs[place] = match
                del free[match]
    for place, action in enumerate(after):
        if place not in pairs:
            sentences.append(_ACTION_ADDED.say(language).format(after=say_after(action)))
        elif not _equal_action(before[pairs[place]], action):
            said = {"before": say_before(before[pairs[place]]), "after": say_after(action)}
            sentences.append(_ACTION_CHANGED.say(language).format(**said))
    sentences += [_ACTION_REMOVED.say(language).format(before=say_before(action)) for action in free.values()]
    order = [pairs[place] for place in sorted(pairs)]
    return sentences + ([_ACTIONS_REORDERED.say(language)] if order != sorted(order) else [])


def _equal_action(one: Mapping, other: Mapping) -> bool:
    return (one["name"], dict(one["params"])) == (other["name"], dict(other["params"]))


def _same_action(one: Mapping, other: Mapping) -> bool:
    return one["name"] == other["name"]


# Rules that are known by their names

_RENAMED = Words(en="renamed: “{before}” became “{after}”", zh="改名：“{before}”改为“{after}”")


def renamed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, str]:
    """{old name: new name} of what has another name and the same content. Names on both sides stay."""
    gone = {name: content for name, content in before.items() if name not in after}
    pairs = {}
    for name in (name for name in after if name not in before):
        match = next((old for old, content in gone.items() if content == after[name]), None)
        if match is not None:
            pairs[match] = name
            del gone[match]
    return pairs


def rename_sentence(before: str, after: str, language: str | None) -> str:
    return _RENAMED.say(language).format(before=before, after=after)


def rule_differences(
    before, after, language: str | None, *, say_before: Say, say_after: Say
) -> Iterator[str]:
    """What changed between two compiled rules, as sentences: conditions, then actions."""
    for difference in condition_differences(before.condition.tree, after.condition.tree):
        yield difference.sentence(language)
    yield from action_differences(
        before.actions, after.actions, language, say_before=say_before, say_after=say_after
    )
