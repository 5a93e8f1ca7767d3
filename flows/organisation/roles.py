"""The roles of the product: groups with what each may do. Made and completed after every migration.

Nobody is given `publish`: a stored record goes live by being approved (rules/store/review.py).
"""

from django.contrib.auth.management import create_permissions
from django.utils.translation import gettext_noop

# Stored in English, shown in the reader's language.
OPS_DESIGNERS = gettext_noop("Ops designers")
COMPLIANCE_REVIEWERS = gettext_noop("Compliance reviewers")
AGENTS = gettext_noop("Agents")
TEAM_LEADS = gettext_noop("Team leads")
STORE_MANAGERS = gettext_noop("Store managers")
ROLES = (OPS_DESIGNERS, COMPLIANCE_REVIEWERS, AGENTS, TEAM_LEADS, STORE_MANAGERS)
# Wagtail makes these for sites with pages; nobody here has such work.
NOT_ROLES = ("Editors", "Moderators")

STORED_RECORDS = {
    OPS_DESIGNERS: ("view", "add", "change"),
    COMPLIANCE_REVIEWERS: ("view", "change"),
}

# Plain tables, as "app.model". Stored records are found by themselves.
TABLES = {
    OPS_DESIGNERS: {
        "wagtailadmin.admin": ("access",),
        "organisation.region": ("view",),
        "organisation.store": ("view",),
        "organisation.department": ("view",),
        "organisation.skill": ("view", "add", "change"),
        "organisation.shift": ("view", "add", "change"),
        "organisation.absence": ("view",),
        "customers.customer": ("view", "add", "change"),
        "customers.order": ("view", "add"),
        "customers.orderline": ("view",),
        "customers.ordermapping": ("view", "add", "change", "delete"),
        "customers.importrun": ("view",),
        "tickets.ticket": ("view", "view_all", "add"),
        "together.macro": ("share", "share_in_department"),
        "broadcasts.sending": ("view", "add", "change"),
        "broadcasts.recipient": ("view",),
        "channels.outgoing": ("view", "change"),
        "channels.noticewording": ("view", "add", "change", "delete"),
        "settlement.settlement": ("view", "add"),
        "settlement.entry": ("view",),
        "rules_store.decision": ("view",),
    },
    COMPLIANCE_REVIEWERS: {
        "wagtailadmin.admin": ("access",),
        "organisation.region": ("view",),
        "organisation.store": ("view",),
        "organisation.department": ("view",),
        "organisation.skill": ("view",),
        "organisation.shift": ("view",),
        "organisation.absence": ("view",),
        "customers.customer": ("view",),
        "customers.order": ("view",),
        "customers.orderline": ("view",),
        "tickets.ticket": ("view", "view_all"),
        # A reviewer may pause and stop a broadcast, but not start one.
        "broadcasts.sending": ("view", "change"),
        "broadcasts.recipient": ("view",),
        "channels.outgoing": ("view",),
        "settlement.settlement": ("view",),
        "settlement.entry": ("view",),
        "rules_store.decision": ("view",),
    },
    AGENTS: {
        "customers.customer": ("view",),
        "customers.order": ("view",),
        "customers.orderline": ("view",),
        "tickets.ticket": ("view", "add", "change"),
    },
    # As agents, and they make macros and views for their department.
    TEAM_LEADS: {
        "customers.customer": ("view",),
        "customers.order": ("view",),
        "customers.orderline": ("view",),
        "tickets.ticket": ("view", "add", "change"),
        "together.macro": ("share_in_department",),
    },
    STORE_MANAGERS: {
        # Of the people of their store: flows/organisation/querysets.py.
        "organisation.absence": ("view", "add", "change", "delete"),
        "customers.customer": ("view",),
        "customers.order": ("view",),
        "customers.orderline": ("view",),
        "tickets.ticket": ("view",),
        "settlement.entry": ("view_own",),
    },
}


def give_permissions(app_config, using="default", apps=None, **kwargs):
    """Give each role its permissions on the tables of one app. Adds what is missing, removes nothing.

    Receives post_migrate, so roles are whole again after a migration and after a test's flush. `apps`
    holds what has been migrated so far.
    """
    from django.contrib.auth.models import Group

    if not app_config.models_module or not (apps is None or "group" in apps.all_models["auth"]):
        return
    # Django makes the permissions in the same signal, later than we are called.
    create_permissions(app_config, verbosity=0, using=using)
    for role in ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.add(*permissions_of(role, app_config, using=using))


def permissions_of(role, app_config, *, using="default"):
    from django.contrib.auth.models import Permission

    codenames = [
        f"{action}_{model._meta.model_name}"
        for model in app_config.get_models()
        for action in allowed_actions(role, model)
    ]
    return Permission.objects.using(using).filter(
        content_type__app_label=app_config.label, codename__in=codenames
    )


def allowed_actions(role, model) -> tuple[str, ...]:
    if is_stored_record(model):
        return STORED_RECORDS.get(role, ())
    return TABLES[role].get(model._meta.label_lower, ())


def is_stored_record(model) -> bool:
    from rules.store.models import StoredRecord

    return issubclass(model, StoredRecord)


def roles_to_choose():
    from django.contrib.auth.models import Group

    return Group.objects.exclude(name__in=NOT_ROLES).order_by("name")
