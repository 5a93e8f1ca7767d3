import pytest

from flows.customers.models import OrderMapping

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def online_retail(db):
    mapping = OrderMapping.objects.get(slug="online-retail")
    # A shop that keeps another clock than the company, and changes it in summer.
    mapping.time_zone = "Europe/London"
    mapping.save()
    return mapping


@pytest.fixture
def order_file(tmp_path):
    """order_file("1,A,...", ...) is the path of a file with these lines under the usual header."""

    def make(*lines, header=HEADER, name="orders.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
        return path

    return make
