"""What the database itself refuses, whoever asks."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import ProtectedError

from flows.settlement import actions, guards
from flows.settlement.models import Account, Entry, Settlement
from tests.settlement.conftest import MARCH


@pytest.fixture
def entry(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")])
    make_plan(default_rate=Decimal(12), default_region="China")
    return settle_march().entries.get()


def copy_of(entry, **changes):
    values = {field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields}
    return Entry(**{**values, "id": None, "plan": "another", **changes})


def refused(write, match):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        write()


def test_an_entry_is_never_changed(entry):
    entry.minor = 1
    refused(entry.save, guards.APPEND_ONLY)
    refused(lambda: Entry.objects.update(rule="other"), guards.APPEND_ONLY)


def test_an_entry_is_never_deleted(entry):
    refused(entry.delete, guards.APPEND_ONLY)
    refused(Entry.objects.all().delete, guards.APPEND_ONLY)
    assert Entry.objects.count() == 1


def test_an_entry_has_the_currency_of_both_accounts(entry):
    dollars = Account.objects.create(
        kind="commission_payable", owner_kind="region", owner="US", currency="USD"
    )
    refused(copy_of(entry, credit_id=dollars.pk).save, guards.ONE_CURRENCY)
    refused(copy_of(entry, currency="USD").save, guards.ONE_CURRENCY)
    copy_of(entry).save()


def test_the_currency_of_an_account_is_fixed(entry):
    refused(lambda: Account.objects.update(currency="USD"), guards.ACCOUNT_FIXED)


def test_an_entry_moves_a_positive_amount_between_two_accounts(entry):
    for changes, constraint in [
        ({"minor": -1}, "entry_amount_not_negative"),
        ({"credit_id": entry.debit_id}, "entry_moves_between_accounts"),
        ({"plan": entry.plan}, "plan"),
    ]:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            copy_of(entry, **changes).save()


def test_a_settlement_over_settled_days_is_refused(entry):
    twin = Settlement.objects.get()
    twin.pk = None
    twin.until_day = MARCH["first_day"].replace(day=2)
    refused(twin.save, guards.NO_OVERLAP)


def test_what_an_entry_names_cannot_be_deleted(entry):
    with pytest.raises(ProtectedError):
        entry.line.order.delete()
    with pytest.raises(ProtectedError):
        entry.settlement.delete()


def test_the_fingerprint_of_a_settlement_covers_its_entries(entry):
    settlement = entry.settlement
    assert actions.digest_of(settlement) == settlement.digest
    copy_of(entry).save()
    assert actions.digest_of(settlement) != settlement.digest


def test_the_guards_are_back_after_every_migrate(entry):
    guards.install_guards()
    guards.install_guards()
    refused(entry.delete, guards.APPEND_ONLY)


def test_stored_entries_equal_what_the_model_would_store(entry):
    """Entries are inserted as plain rows; the model must read them back as if it had written them."""
    entry.full_clean(exclude=["settlement", "version", "line", "debit", "credit"], validate_unique=False)
    assert entry.arithmetic["base"] == "100.0000"
    assert entry.happened_at == entry.line.order.placed_at
    assert actions.account("commission_payable", "region", "China", currency="CNY") == entry.credit


def test_balances_add_up_over_sales_and_returns(make_order, make_plan, settle_march, store):
    make_order("A1", [(1, "100.00"), (2, "9.99")], store=store)
    make_order("C1", [(-1, "100.00")], kind="return", store=store)
    make_plan(default_rate=Decimal(12))
    settle_march()
    balances = {account.key: minor for account, minor in Account.objects.all().balances().items()}
    assert balances == {"commission_expense:company": 240, "commission_payable:store:east-9": -240}
