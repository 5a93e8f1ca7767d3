"""What the database itself refuses: changing the ledger, mixing currencies, settling a day twice.

A constraint looks at one row as it is; these look at another row or at a row as it was, so they are triggers.
They are put back after every migrate: SQLite alters a table by making a new one, without its triggers.
"""

from django.db import connections

APPEND_ONLY = "ledger entries are never changed or deleted; post a correction"
ONE_CURRENCY = "an entry and both of its accounts must have the same currency"
ACCOUNT_FIXED = "an account never changes"
NO_OVERLAP = "a settlement of this plan already covers some of these days"

# name -> (event, table, when the row is refused, with which message)
GUARDS = {
    "entry_never_changes": ("UPDATE", "settlement_entry", "TRUE", APPEND_ONLY),
    "entry_never_deleted": ("DELETE", "settlement_entry", "TRUE", APPEND_ONLY),
    "entry_has_one_currency": (
        "INSERT",
        "settlement_entry",
        "EXISTS (SELECT 1 FROM settlement_account"
        " WHERE id IN (NEW.debit_id, NEW.credit_id) AND currency <> NEW.currency)",
        ONE_CURRENCY,
    ),
    "account_never_changes": ("UPDATE", "settlement_account", "TRUE", ACCOUNT_FIXED),
    "settlement_days_once": (
        "INSERT",
        "settlement_settlement",
        "EXISTS (SELECT 1 FROM settlement_settlement WHERE plan = NEW.plan"
        " AND state IN ('requested', 'posted')"
        " AND first_day < NEW.until_day AND until_day > NEW.first_day)",
        NO_OVERLAP,
    ),
}


def install_guards(using="default", **kwargs):
    """Receives post_migrate. May run any number of times."""
    connection = connections[using]
    if "settlement_entry" not in connection.introspection.table_names():
        return  # migrated back to before there was a ledger
    write = {"sqlite": sqlite_guard, "postgresql": postgresql_guard}[connection.vendor]
    with connection.cursor() as cursor:
        for name, guard in GUARDS.items():
            for statement in write(name, *guard):
                cursor.execute(statement)


def sqlite_guard(name, event, table, refused, message):
    yield f"DROP TRIGGER IF EXISTS {name}"
    yield (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {refused}"
        f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def postgresql_guard(name, event, table, refused, message):
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {refused} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
        f" END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
