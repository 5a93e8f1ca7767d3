import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from flows.tickets.feedback import import_feedback
from flows.tickets.models import Ticket
from rules.store.models import Decision
from tests.tickets.conftest import ALWAYS, AMOUNT, NOON, does, node_of, refund_type, text_has

STORY = {
    "type": "long_text",
    "value": {
        "label": "评价",
        "label_en": "Review",
        "name": "story",
        "column": "review",
        "required": True,
        "max_length": 50,
    },
}
RATING = {
    "type": "choice",
    "value": {
        "label": "评分",
        "name": "rating",
        "column": "label",
        "choices": [
            {"label": "好评", "name": "good", "also": "1"},
            {"label": "差评", "name": "bad", "also": "0"},
        ],
    },
}


@pytest.fixture
def feedback(publish, departments):
    record = refund_type(form=[STORY, RATING, AMOUNT])
    node_of(record, "handling")["asks"] = []
    node_of(record, "new")["asks"] = ["story", "rating"]
    return publish(record)


@pytest.fixture
def file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "reviews.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def run(path, **options):
    out = StringIO()
    call_command("import_feedback", str(path), ticket_type="refund", format="json", stdout=out, **options)
    return json.loads(out.getvalue())


def test_each_row_becomes_a_routed_ticket(feedback, file, publish_rules):
    publish_rules(
        [
            (
                text_has("虫"),
                [does("set_urgency", level="red"), does("send_to_department", department="quality")],
            )
        ]
    )
    summary = run(file("label,review\n0,菜里有虫\n1,好吃\n"))
    assert (summary["added"], summary["by_department"]) == (2, {"": 1, "quality": 1})
    red = Ticket.objects.get(urgency=3)
    assert red.answers == {"story": "菜里有虫", "rating": "bad"}
    assert red.source == "import"
    assert Decision.objects.count() == 2


def test_a_second_run_adds_nothing_whatever_the_file_is_called_or_how_it_is_sorted(feedback, file, tmp_path):
    assert run(file("label,review\n0,凉了\n1,好吃\n"))["added"] == 2
    other = tmp_path / "again.csv"
    other.write_text("review,label\n好吃,1\n凉了,0\n", encoding="utf-8")
    summary = run(other)
    assert (summary["added"], summary["already_there"]) == (0, 2)
    assert Ticket.objects.count() == 2


def test_equal_rows_are_different_reviews(feedback, file):
    assert run(file("label,review\n1,好吃\n1,好吃\n"))["added"] == 2
    assert run(file("label,review\n1,好吃\n1,好吃\n1,好吃\n"))["added"] == 1


def test_bad_rows_are_listed_with_line_and_reason_and_good_ones_kept(feedback, file, tmp_path):
    rejects = tmp_path / "rejects.csv"
    rows = [
        b"label,review",
        "1,好吃".encode(),
        b"1,\xff\xfe\xff",
        b"1",
        b"0,",
        ("0," + "长" * 51).encode(),
        "9,分".encode(),
    ]
    summary = run(file(b"\n".join(rows)), rejects=str(rejects))
    assert (summary["lines"], summary["added"], summary["rejected"]) == (6, 1, 5)
    listed = list(csv.reader(rejects.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in listed[1:]] == ["3", "4", "5", "6", "7"]
    assert "评价" in listed[4][1]
    assert "50" in listed[4][1]
    assert "评分" in listed[5][1]


def test_a_file_in_the_old_chinese_encoding_is_read(feedback, file):
    assert run(file("label,review\n1,味道很好，下次还来\n", encoding="gb18030"))["added"] == 1
    assert Ticket.objects.get().text == "味道很好，下次还来"


def test_a_column_can_be_named_when_the_form_does_not(feedback, file):
    with pytest.raises(CommandError, match="评价"):
        run(file("label,comment\n1,好吃\n"))
    assert run(file("label,comment\n1,好吃\n"), text_column="comment")["added"] == 1


def test_a_type_that_is_not_live_is_told(file, db):
    with pytest.raises(CommandError, match="refund"):
        run(file("label,review\n1,好吃\n"))


def test_a_look_stores_nothing_and_says_what_would_happen(feedback, file, publish_rules):
    publish_rules([(ALWAYS, [does("set_urgency", level="red")])])
    result = import_feedback(
        source=file("label,review\n0,菜里有虫\n"), ticket_type="refund", at=NOON, dry_run=True
    )  # fmt: skip
    assert (result.added, result.details["red"]) == (1, 1)
    assert not Ticket.objects.exists()


def test_a_batch_costs_the_same_number_of_queries_however_long(
    feedback, file, django_assert_max_num_queries, publish_rules
):
    publish_rules([(ALWAYS, [does("add_tag", tag="甲")])])
    rows = "\n".join(f"1,第 {number} 条" for number in range(200))
    with django_assert_max_num_queries(25):
        import_feedback(source=file(f"label,review\n{rows}\n"), ticket_type="refund", at=NOON)
