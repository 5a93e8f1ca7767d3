import pytest
from django.db import connection

from .models import Client, Mark, Membership, Shop

TABLES = [Shop, Client, Mark, Membership]


@pytest.fixture(scope="module")
def tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        drop_tables()
        with connection.schema_editor() as editor:
            for model in TABLES:
                editor.create_model(model)
        yield
        drop_tables()


def drop_tables():
    with connection.cursor() as cursor:
        for model in reversed(TABLES):
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(model._meta.db_table)}")
