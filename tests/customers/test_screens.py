import io
from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook
from wagtail.models import ModelLogEntry

from flows.customers import imports
from flows.customers.models import Customer, ImportRun, Order, OrderLine, OrderMapping
from tests.customers.conftest import HEADER

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SALE = "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
RETURN = "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def designer_client(designer, client_of):
    return client_of(designer)


def as_file(*lines, header=HEADER, name="orders.csv"):
    return SimpleUploadedFile(name, "\n".join([header, *lines, ""]).encode())


def upload(client, file, kind="orders", **options):
    if kind == "orders":
        options.setdefault("mapping", OrderMapping.objects.get(slug="online-retail").pk)
    return client.post(reverse("imports:upload", args=[kind]), {"file": file, **options})


def look(client, run):
    return client.get(reverse("imports:run", args=[run.pk]), headers={"accept-language": "en"})


def confirm(client, run):
    token = look(client, run).context["preview"].token
    return client.post(reverse("imports:confirm", args=[run.pk]), {"token": token})


# Importing


def test_a_designer_sees_what_a_file_would_do_before_it_does_it(designer_client):
    upload(designer_client, as_file(SALE, RETURN, SALE.replace("2.55", "x")))
    run = ImportRun.objects.get()
    page = look(designer_client, run).content.decode()
    assert "UnitPrice is not a number." in page
    assert "HOLDER" in page
    assert not Order.objects.exists()


def test_a_confirmed_file_is_imported_and_its_rejects_can_be_fetched(designer_client):
    upload(designer_client, as_file(SALE, RETURN, SALE.replace("2.55", "x")))
    run = ImportRun.objects.get()
    confirm(designer_client, run)
    run.refresh_from_db()
    assert (run.state, run.added, run.rejected, run.by.username) == ("done", 2, 1, "designer")
    assert not run.file  # what was uploaded is not kept
    assert "HOLDER" not in look(designer_client, run).content.decode()
    rejects = designer_client.get(reverse("imports:rejects", args=[run.pk]))
    assert b"".join(rejects.streaming_content).decode("utf-8-sig").splitlines()[1].startswith("4,")


def test_a_file_without_a_needed_column_is_refused_at_the_file_field(designer_client):
    page = upload(designer_client, as_file(SALE, header=HEADER.replace("Quantity", "Pieces")))
    assert "Quantity" in page.context["form"].errors["file"][0]
    assert not ImportRun.objects.exists()


def test_a_confirmation_holds_for_the_file_that_was_shown_only(designer_client):
    upload(designer_client, as_file(SALE))
    run = ImportRun.objects.get()
    token = look(designer_client, run).context["preview"].token
    with run.file.storage.open(run.file.name, "wb") as file:
        file.write(as_file(RETURN).read())
    designer_client.post(reverse("imports:confirm", args=[run.pk]), {"token": token})
    run.refresh_from_db()
    assert run.state == "checked"
    designer_client.post(reverse("imports:confirm", args=[run.pk]), {"token": "forged"})
    assert not Order.objects.exists()


def test_confirming_twice_imports_once(designer_client):
    upload(designer_client, as_file(SALE))
    run = ImportRun.objects.get()
    token = look(designer_client, run).context["preview"].token
    for _time in range(2):
        designer_client.post(reverse("imports:confirm", args=[run.pk]), {"token": token})
    assert OrderLine.objects.count() == 1


def test_an_import_that_is_not_wanted_is_cancelled_and_stores_nothing(designer_client):
    upload(designer_client, as_file(SALE))
    run = ImportRun.objects.get()
    designer_client.post(reverse("imports:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not Order.objects.exists()


def test_a_long_file_waits_for_a_worker_and_shows_its_progress(
    designer_client, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(imports, "CHECKED_ROWS", 1)
    upload(designer_client, as_file(SALE, RETURN))
    run = ImportRun.objects.get()
    with django_capture_on_commit_callbacks() as work:
        confirm(designer_client, run)
    run.refresh_from_db()
    assert run.state == "queued"
    assert look(designer_client, run)["Refresh"] == "2"
    work[0]()
    run.refresh_from_db()
    assert (run.state, run.added, run.percent) == ("done", 2, 100)
    assert "Refresh" not in look(designer_client, run)


def test_a_run_whose_worker_was_killed_is_taken_over_and_finished(designer_client):
    upload(designer_client, as_file(SALE, RETURN))
    run = ImportRun.objects.get()
    ImportRun.objects.update(state="running", leased_until=NOW)
    assert list(ImportRun.objects.waiting(at=NOW)) == []
    from flows.customers.tasks import sweep_imports

    sweep_imports.call_local()
    run.refresh_from_db()
    assert (run.state, run.added) == ("done", 2)


def test_agents_do_not_import_and_reviewers_may_not_either(agent, reviewer, client_of):
    for user in (agent, reviewer):
        assert client_of(user).get(reverse("imports:upload", args=["orders"])).status_code in (302, 403)


@pytest.mark.parametrize("kind", ["orders", "customers"])
def test_the_upload_page_says_what_it_takes(designer_client, kind):
    assert designer_client.get(reverse("imports:upload", args=[kind])).status_code == 200


# Customers from spreadsheets


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    raw = io.BytesIO()
    book.save(raw)
    return SimpleUploadedFile("customers.xlsx", raw.getvalue())


def test_customers_come_from_a_spreadsheet_are_changed_where_they_differ_and_bad_rows_are_named(
    designer_client,
):
    Customer.objects.create(number="1", name="甲", created_at=NOW)
    Customer.objects.create(number="2", name="乙", created_at=NOW)
    file = workbook(
        ["客户编号", "姓名", "电话"], [1, "甲", ""], [2, "乙二", "'+86 1"], [3, "丙", ""], ["", "无", ""]
    )
    upload(designer_client, file, kind="customers")
    run = ImportRun.objects.get()
    assert not Customer.objects.filter(number="3").exists()
    confirm(designer_client, run)
    run.refresh_from_db()
    assert (run.added, run.known, run.details, run.rejected) == (1, 1, {"changed": 1}, 1)
    assert Customer.objects.get(number="2").phone == "+86 1"
    assert Customer.objects.get(number="2").name == "乙二"


def test_a_broken_workbook_is_refused_at_the_file_field(designer_client):
    page = upload(designer_client, SimpleUploadedFile("x.xlsx", b"PK\x03\x04 no"), kind="customers")
    assert page.context["form"].errors["file"]


def test_the_customers_export_escapes_formulas_and_comes_back_unchanged(designer_client):
    Customer.objects.create(number="1", name="=1+1", phone="+861", created_at=NOW)
    page = designer_client.get(reverse("customer:index"), {"export": "xlsx"})
    raw = b"".join(page.streaming_content)
    cells = [cell.value for cell in list(load_workbook(io.BytesIO(raw)).active.rows)[1]]
    assert cells[:2] == ["1", "'=1+1"]
    upload(designer_client, SimpleUploadedFile("back.xlsx", raw), kind="customers")
    confirm(designer_client, ImportRun.objects.get())
    assert ImportRun.objects.get().known == 1


def test_an_export_is_written_down(designer_client, designer):
    designer_client.get(reverse("order:index"), {"export": "csv"})
    entry = ModelLogEntry.objects.get(action="customers.export")
    assert (entry.user, entry.content_type) == (designer, ContentType.objects.get_for_model(designer))


def test_orders_are_exported_with_their_amounts(designer_client, online_retail, order_file):
    imports.import_path(kind="orders", path=order_file(SALE), options={"mapping": "online-retail"})
    page = designer_client.get(reverse("order:index"), {"export": "csv"}, headers={"accept-language": "en"})
    text = b"".join(page.streaming_content).decode("utf-8-sig").splitlines()
    assert "amount" in text[0]
    assert "536365,sale,17850" in text[1]
    assert "15.3" in text[1]


# Lists and pages


def test_customers_are_found_and_their_page_shows_facts_and_orders(designer_client, order_file):
    imports.import_path(kind="orders", path=order_file(SALE, RETURN), options={"mapping": "online-retail"})
    found = designer_client.get(reverse("customer:index"), {"q": "17850"}).content.decode()
    assert "17850" in found
    assert "14527" not in found
    customer = Customer.objects.get(number="17850")
    page = designer_client.get(
        reverse("customer:inspect", args=[customer.pk]), headers={"accept-language": "en"}
    )
    assert "536365" in page.content.decode()
    assert "number of orders" in page.content.decode()


def test_an_order_page_shows_lines_that_add_up(designer_client, order_file):
    imports.import_path(kind="orders", path=order_file(SALE), options={"mapping": "online-retail"})
    order = Order.objects.get()
    page = designer_client.get(reverse("order:inspect", args=[order.pk]))
    assert "15.30 GBP" in page.content.decode()


def test_who_only_reads_customers_sees_masked_phones(reviewer, client_of):
    customer = Customer.objects.create(number="1", phone="13800001234", created_at=NOW)
    page = client_of(reviewer).get(reverse("customer:inspect", args=[customer.pk])).content.decode()
    assert "138****1234" in page
    assert "13800001234" not in page


@pytest.mark.parametrize("name", ["customer", "order", "import_run", "ordermapping"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_empty_lists_open_for_designers(designer_client, name, language):
    page = designer_client.get(reverse(f"{name}:index"), headers={"accept-language": language})
    assert page.status_code == 200


def test_a_mapping_is_written_column_by_column(designer_client):
    page = designer_client.post(
        reverse("ordermapping:add"),
        {
            "name": "收银",
            "slug": "pos",
            "column_number": "单号",
            "column_placed_at": "时间",
            "column_sku": "货号",
            "column_quantity": "数量",
            "column_unit_price": "单价",
            "date_format": "%Y-%m-%d",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "decimal_mark": ".",
        },
    )
    assert page.status_code == 302, page.context["form"].errors
    mapping = OrderMapping.objects.get(slug="pos")
    assert mapping.columns == {
        "number": "单号",
        "placed_at": "时间",
        "sku": "货号",
        "quantity": "数量",
        "unit_price": "单价",
    }
    page = designer_client.get(reverse("ordermapping:edit", args=[mapping.pk]))
    assert 'value="单号"' in page.content.decode()


def test_a_time_zone_that_there_is_not_is_refused_at_its_field(designer_client):
    mapping = OrderMapping.objects.get(slug="online-retail")
    page = designer_client.post(reverse("ordermapping:edit", args=[mapping.pk]), {"time_zone": "Mars/Base"})
    assert "time_zone" in page.context["form"].errors


def test_the_segment_editor_shows_its_preview_in_a_frame(designer_client, designer):
    from flows.customers.models import Segment
    from rules.store.actions import save_draft

    segment = Segment(name="全部客户", slug="everyone")
    save_draft(record=segment, by=designer)
    Customer.objects.create(number="K1", created_at=NOW)
    preview = reverse("wagtailsnippets_customers_segment:preview_on_edit", args=[segment.pk])
    form = {"name": segment.name, "slug": segment.slug, "condition": '{"all": []}'}
    assert designer_client.post(preview, form).json()["is_valid"]
    page = designer_client.get(preview)
    assert "K1" in page.content.decode()
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
