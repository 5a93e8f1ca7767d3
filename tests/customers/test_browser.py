import pytest
from django.urls import reverse

from flows.customers.models import OrderMapping
from tests.customers.test_screens import RETURN, SALE

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_designer_imports_a_file_and_reads_what_came_of_it(
    page, log_in, designer, order_file, screenshot, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    log_in(page, designer)
    page.goto(reverse("order:index"))
    page.get_by_role("link", name="导入订单").click()
    page.set_input_files("input[type=file]", order_file(SALE, RETURN, SALE.replace("2.55", "x")))
    page.get_by_label("列对应关系").select_option(str(OrderMapping.objects.get(slug="online-retail").pk))
    page.get_by_role("button", name="查看文件").click()
    page.get_by_text("“UnitPrice”不是数字。").wait_for()
    screenshot(page, "import-preview")
    page.get_by_role("button", name="立即导入").click()
    page.get_by_text("导入订单 · 已完成").wait_for()
    screenshot(page, "import-result")
    page.get_by_role("link", name="下载未导入的行").wait_for()
