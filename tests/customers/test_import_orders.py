import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from flows.customers import actions
from flows.customers.actions import import_orders
from flows.customers.models import Customer, ImportRun, Order, OrderLine, OrderMapping
from flows.importing import Cancelled, CannotRead, Rejects
from flows.organisation.models import Store
from tests.customers.conftest import HEADER

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SALE = "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
SALE_2 = "536365,71053,LANTERN,3,2010-12-01 08:27:00,3.39,17850.0,United Kingdom"
RETURN = "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom"
NAMELESS = "536414,22139,,56,2010-12-01 11:52:00,0.001,,United Kingdom"
BAD_DEBT = "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom"


@pytest.fixture
def run(online_retail):
    def run(source, **options):
        return import_orders(source=source, mapping=online_retail, at=NOW, **options)

    return run


def test_lines_become_orders_of_their_customers(run, order_file):
    result = run(order_file(SALE, SALE_2, RETURN, NAMELESS))
    assert (result.read, result.added, result.known, result.rejected) == (4, 4, 0, 0)
    order = Order.objects.get(number="536365")
    assert (order.customer.number, order.country, order.currency) == ("17850", "United Kingdom", "GBP")
    assert list(order.lines.values_list("position", "sku", "quantity", "unit_price")) == [
        (1, "85123A", 6, Decimal("2.55")),
        (2, "71053", 3, Decimal("3.39")),
    ]


def test_a_cancellation_is_a_return_of_its_own_and_a_bad_debt_an_adjustment(run, order_file):
    run(order_file(SALE, RETURN, BAD_DEBT))
    assert dict(Order.objects.values_list("number", "kind")) == {
        "536365": "sale",
        "C536379": "return",
        "A563186": "adjustment",
    }


def test_lines_without_customer_are_kept(run, order_file):
    run(order_file(NAMELESS))
    assert Order.objects.get().customer is None
    assert OrderLine.objects.get().unit_price == Decimal("0.001")


def test_dates_are_read_by_the_shops_clock_and_an_order_is_placed_at_its_earliest(run, order_file):
    run(order_file(SALE_2, SALE, SALE.replace("536365", "5").replace("2010-12-01", "2011-07-01")))
    placed = dict(Order.objects.values_list("number", "placed_at"))
    assert placed["536365"] == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert placed["5"] == datetime(2011, 7, 1, 7, 26, tzinfo=UTC)  # summer time


def test_the_same_file_again_adds_nothing_and_says_what_was_there(run, order_file):
    path = order_file(SALE, SALE, RETURN, NAMELESS)  # two equal lines of one order are two lines
    run(path)
    again = run(path)
    assert (again.added, again.known, again.rejected) == (0, 4, 0)
    assert (Order.objects.count(), OrderLine.objects.count(), Customer.objects.count()) == (3, 4, 2)


def test_lines_of_an_order_need_not_stand_together_even_across_batches(run, order_file, monkeypatch):
    monkeypatch.setattr(actions, "BATCH_LINES", 1)
    path = order_file(SALE_2, RETURN, SALE)
    assert run(path).added == 3
    assert Order.objects.get(number="536365").placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert run(path).known == 3


def test_a_changed_line_is_rejected_and_what_is_stored_stays(run, order_file):
    run(order_file(SALE))
    result = run(order_file(SALE.replace(",6,", ",7,"), SALE_2))
    assert (result.added, result.known, result.rejected) == (1, 0, 1)
    assert OrderLine.objects.get(position=1).quantity == 6


def test_an_order_of_another_customer_is_rejected(run, order_file):
    run(order_file(SALE))
    assert run(order_file(SALE.replace("17850", "1"))).rejected == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SALE.replace("2.55", "two"), "UnitPrice is not a number."),
        (SALE.replace("2.55", "NaN"), "UnitPrice is not a number."),
        (SALE.replace("2.55", "1e99999"), "UnitPrice has more than 4 decimals or is too large."),
        (SALE.replace("2.55", "0.00001"), "UnitPrice has more than 4 decimals or is too large."),
        (SALE.replace(",6,", ",6.5,"), "Quantity is not a whole number."),
        (SALE.replace(",6,", ",,"), "Quantity is empty."),
        (SALE.replace(",6,", ",99999999999,"), "Quantity is not a whole number."),
        (
            SALE.replace("2010-12-01 08:26:00", "01/12/2010"),
            "InvoiceDate is not a date like 2011-12-31 23:59:59.",
        ),
        (SALE.replace("HOLDER", "H" * 256), "Description is longer than 255 characters."),
        (SALE.replace("536365", ""), "InvoiceNo is empty."),
        (SALE + ",more", "The line has more or fewer columns than the header."),
    ],
)
def test_a_bad_line_is_rejected_with_number_and_reason_and_the_others_are_kept(run, order_file, line, reason):
    from django.utils import translation

    rejects = Rejects()
    with translation.override("en"):
        result = run(order_file(RETURN, line, NAMELESS), rejects=rejects)
    assert (result.added, result.rejected) == (2, 1)
    assert [(reject.number, reject.reason) for reject in rejects.first] == [(3, reason)]


@pytest.mark.parametrize(
    "bad", [SALE_2.replace("3.39", "x"), "536365,\x00,,3,2010-12-01 08:27:00,1,17850.0,UK"]
)
def test_a_mended_file_fills_the_gap_its_bad_line_left(run, order_file, bad):
    third = SALE.replace("85123A", "THIRD")
    run(order_file(SALE, bad, third))
    result = run(order_file(SALE, SALE_2, third))
    assert (result.added, result.known, result.rejected) == (1, 2, 0)
    assert list(OrderLine.objects.values_list("sku", flat=True)) == ["85123A", "71053", "THIRD"]


def test_a_missing_column_is_named_and_nothing_is_stored(run, order_file):
    with pytest.raises(CannotRead, match="UnitPrice"):
        run(order_file(SALE, header=HEADER.replace("UnitPrice", "Price")))
    assert not Order.objects.exists()


def test_a_stop_in_the_middle_leaves_whole_orders_and_a_second_run_adds_the_rest(
    run, order_file, monkeypatch
):
    monkeypatch.setattr(actions, "BATCH_LINES", 2)

    def stop(result, share):
        raise Cancelled

    path = order_file(SALE, SALE_2, SALE_2, RETURN, NAMELESS)
    first = run(path, progress=stop)
    assert first.cancelled
    assert OrderLine.objects.count() == first.added == 3
    assert run(path).added == 2


def test_a_dry_run_counts_and_stores_nothing(run, order_file):
    result = run(order_file(SALE, RETURN), dry_run=True)
    assert (result.added, result.details) == (2, {"orders": 2, "customers": 2})
    assert not Customer.objects.exists()


def test_other_shops_are_understood_by_their_own_mapping(tmp_path):
    store = Store.objects.create(slug="east-1", name="东区一店")
    mapping = OrderMapping.objects.create(
        name="门店收银",
        slug="pos",
        columns={
            "number": "单号",
            "placed_at": "时间",
            "sku": "货号",
            "quantity": "数量",
            "unit_price": "单价",
            "category": "品类",
            "store": "门店",
        },
        date_format="%d/%m/%Y %H:%M",
        currency="EUR",
        decimal_mark=",",
        return_prefix="退",
        returns_are_positive=True,
        channel="pos",
    )
    path = tmp_path / "pos.csv"
    path.write_bytes(
        "单号;时间;货号;数量;单价;品类;门店\n1;02/01/2026 10:00;A;2;12,50;茶;east-1\n"
        "退2;02/01/2026 11:00;A;1;12,50;茶;east-1\n3;02/01/2026 11:00;A;1;12,50;茶;nowhere\n".encode(
            "gb18030"
        )
    )
    result = import_orders(source=path, mapping=mapping, at=NOW)
    assert (result.added, result.rejected) == (2, 1)
    sale, refund = Order.objects.order_by("number")
    assert (sale.store, sale.channel, sale.placed_at) == (
        store,
        "pos",
        datetime(2026, 1, 2, 2, 0, tzinfo=UTC),
    )
    assert (refund.kind, refund.lines.get().quantity) == ("return", -1)
    assert sale.lines.get().unit_price == Decimal("12.5")


# The command


def command(*arguments):
    out = io.StringIO()
    call_command("import_orders", *map(str, arguments), "--format", "json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_finds_the_mapping_that_fits_and_reads_gzip(order_file, tmp_path):
    packed = tmp_path / "orders.csv.gz"
    packed.write_bytes(gzip.compress(order_file(SALE, RETURN).read_bytes()))
    assert command(packed)["added"] == 2
    again = command(packed)
    assert (again["added"], again["already_there"], again["mapping"]) == (0, 2, "online-retail")


def test_the_command_writes_rejects_where_it_is_told_and_keeps_a_record(order_file, tmp_path):
    rejects = tmp_path / "rejects.csv"
    summary = command(order_file(SALE, SALE.replace("2.55", "x")), "--rejects", rejects)
    assert summary["rejected"] == 1
    assert rejects.read_text("utf-8-sig").splitlines()[1].startswith("3,")
    run = ImportRun.objects.get()
    assert (run.state, run.added, run.rejected) == ("done", 1, 1)


@pytest.mark.parametrize("arguments", [["nowhere.csv"], ["nowhere.csv", "--mapping", "online-retail"]])
def test_the_command_says_that_there_is_no_such_file(arguments):
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        command(*arguments)


def test_the_command_says_which_mappings_there_are(order_file):
    with pytest.raises(CommandError, match="online-retail"):
        command(order_file(SALE), "--mapping", "unheard-of")


def test_the_command_says_which_columns_a_file_has_that_no_mapping_fits(order_file):
    with pytest.raises(CommandError, match="UnitPrize"):
        command(order_file(SALE, header=HEADER.replace("Price", "Prize")))
    assert not Order.objects.exists()
