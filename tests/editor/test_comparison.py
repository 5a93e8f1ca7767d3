from rules.editor.comparison import Change, changes_between
from rules.store.problems import Line


def test_the_words_that_changed_within_a_sentence_are_marked():
    change = Change(label="Rule", before="amount is more than 1,000", after="amount is more than 5,000")
    assert [text for is_changed, text in change.before_pieces if is_changed] == ["1,000"]
    assert [text for is_changed, text in change.after_pieces if is_changed] == ["5,000"]
    assert "".join(text for _is_changed, text in change.after_pieces) == change.after


def test_what_was_added_removed_and_changed_is_told_apart():
    before = [Line("a", "A", "one"), Line("b", "B", "two")]
    after = [Line("a", "A", "uno"), Line("c", "C", "three")]
    kinds = [(change.label, change.kind) for change in changes_between(before, after)]
    assert kinds == [("A", "changed"), ("C", "added"), ("B", "removed")]


def test_another_order_of_the_same_lines_is_a_change():
    lines = [Line("a", "A", "one"), Line("b", "B", "two")]
    (change,) = changes_between(lines, lines[::-1])
    assert change.before.startswith("A")
    assert change.after.startswith("B")
    assert changes_between(lines, lines) == []
