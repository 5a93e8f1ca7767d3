from django.conf import settings
from django.db import migrations

# The columns of the "Online Retail" data set (UCI Machine Learning Repository): a shop in the United Kingdom,
# one row per order line, dates by the shop's clock, cancellations as documents C..., bad debts as A....
ONLINE_RETAIL = {
    "name": "Online Retail (UK)",
    "columns": {
        "number": "InvoiceNo",
        "placed_at": "InvoiceDate",
        "sku": "StockCode",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "description": "Description",
        "customer": "CustomerID",
        "country": "Country",
    },
    "date_format": "%Y-%m-%d %H:%M:%S",
    # The company's own clock: "November" and "23:59" then mean the same in the file, in a plan and in a limit.
    # A company elsewhere than its shop names the shop's zone in the mapping.
    "time_zone": settings.TIME_ZONE,
    "currency": "GBP",
    "return_prefix": "C",
    "adjustment_prefix": "A",
    "customer_numbers_as_decimals": True,
    "channel": "online",
}


def add_mapping(apps, schema_editor):
    mappings = apps.get_model("customers", "OrderMapping").objects
    mappings.get_or_create(slug="online-retail", defaults=ONLINE_RETAIL)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(add_mapping, migrations.RunPython.noop)]
