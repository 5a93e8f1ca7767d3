"""Steps and transitions, until now rows of two tables, become one document: in the rows, in every draft, and in
what reviewers approved, so that an approval given before still covers what it covered."""

import hashlib
import json
import re
import unicodedata

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations

BATCH = 1_000
BOOKKEEPING = {
    "pk", "live", "has_unpublished_changes", "first_published_at", "last_published_at", "expired",
    "locked", "locked_at", "locked_by", "latest_revision", "live_revision", "archived_at",
}  # fmt: skip


def texts(zh, en=""):
    return {"zh": zh or en, "en": en or zh}


def short_name(label):
    folded = unicodedata.normalize("NFKC", label).strip().lower()
    return re.sub(r"\W+", "_", folded).strip("_")[:50]


def names_in(written, form):
    by_spelling = {}
    for field in form:
        value = field.get("value") or {}
        label, label_en = value.get("label") or "", value.get("label_en") or ""
        name = value.get("name") or short_name(label)
        for spelling in (label or label_en, label_en or label, name):
            by_spelling[spelling.casefold()] = name
    parts = (written or "").replace("，", ",").replace("、", ",").split(",")
    return [by_spelling.get(part.strip().casefold(), part.strip()) for part in parts if part.strip()]


def key_of(written, nodes):
    folded = (written or "").strip().casefold()
    for node in nodes:
        if folded in {node["key"].casefold(), *(label.casefold() for label in node["label"].values())}:
            return node["key"]
    return (written or "").strip()


def flow_of(nodes, transitions, *, form, departments, people):
    """`nodes`, `transitions`: rows as dictionaries of their columns, in order, related rows by number."""
    made = [
        {
            "key": node["key"] or short_name(node["label"]),
            "label": texts(node["label"], node["label_en"]),
            "kind": node["kind"],
            "asks": names_in(node["asks"], form),
            "assign": node["assign"],
            "department": departments.get(node["department"], ("", ""))[0],
            "department_name": departments.get(node["department"], ("", ""))[1],
            "person": people.get(node["person"], ("", ""))[0],
            "person_name": people.get(node["person"], ("", ""))[1],
        }
        for node in nodes
    ]
    ways, keys = [], []
    for row in transitions:
        begin, end = key_of(row["from_node"], made), key_of(row["to_node"], made)
        between = f"{begin}-{end}"
        keys.append(between if between not in keys else f"{between}-{keys.count(between) + 1}")
        ways.append(
            {
                "key": keys[-1],
                "from": begin,
                "to": end,
                "label": texts(row["label"], row["label_en"]),
                "condition": row["condition"] or {"all": []},
                "who": row["who"],
                "department": departments.get(row["department"], ("", ""))[0],
                "department_name": departments.get(row["department"], ("", ""))[1],
                "needs_answers": row["needs_answers"],
            }
        )
    return {"nodes": made, "transitions": ways}


def digest(content):
    said = {key: value for key, value in content.items() if key not in BOOKKEEPING}
    if not said.get("tests"):
        said.pop("tests", None)
    for part in ("nodes", "transitions"):
        if part in said:
            left_out = {"pk", "sort_order", "ticket_type"}
            said[part] = [{k: v for k, v in row.items() if k not in left_out} for row in said[part]]
    text = json.dumps(said, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_documents(apps, schema_editor):
    names = {
        "departments": {
            pk: (slug, name)
            for pk, slug, name in apps.get_model("organisation", "Department").objects.values_list(
                "pk", "slug", "name"
            )
        },
        "people": {
            person.pk: (person.username, f"{person.first_name} {person.last_name}".strip() or person.username)
            for person in apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects.all()
        },
    }
    TicketType = apps.get_model("tickets", "TicketType")
    for record in TicketType.objects.all():
        # On the old tables a row's relations are columns "department_id", in the drafts "department".
        nodes, transitions = (
            [
                {column.removesuffix("_id"): value for column, value in row.items()}
                for row in rows.order_by("sort_order", "pk").values()
            ]
            for rows in (record.nodes, record.transitions)
        )
        record.flow = flow_of(nodes, transitions, form=list(record.form.raw_data), **names)
        record.save(update_fields=["flow"])
    convert_drafts(apps, names)


def convert_drafts(apps, names):
    kind = apps.get_model("contenttypes", "ContentType").objects.filter(
        app_label="tickets", model="tickettype"
    ).first()  # fmt: skip
    if kind is None:
        return
    ReviewState = apps.get_model("rules_store", "ReviewState")
    revisions = apps.get_model("wagtailcore", "Revision").objects.filter(content_type=kind)
    for revision in revisions.iterator():
        content = revision.content
        if "flow" in content:
            continue
        before = digest(content)
        nodes, transitions = content.pop("nodes", []), content.pop("transitions", [])
        form = content.get("form") or []
        form = json.loads(form) if isinstance(form, str) else form
        content["flow"] = flow_of(nodes, transitions, form=form, **names)
        revision.content = content
        revision.save(update_fields=["content"])
        ReviewState.objects.filter(revision=revision, content_digest=before).update(
            content_digest=digest(content)
        )  # fmt: skip


def open_tasks(apps, schema_editor):
    Ticket, Task = apps.get_model("tickets", "Ticket"), apps.get_model("tickets", "Task")
    tickets = Ticket.objects.filter(closed_at__isnull=True).only(
        "node", "department_id", "assignee_id", "moved_at"
    )
    made = []
    for ticket in tickets.iterator(chunk_size=BATCH):
        made.append(
            Task(
                ticket_id=ticket.pk,
                node=ticket.node,
                department_id=ticket.department_id,
                assignee_id=ticket.assignee_id,
                opened_at=ticket.moved_at,
            )
        )
        if len(made) == BATCH:
            Task.objects.bulk_create(made)
            made = []
    Task.objects.bulk_create(made)


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("organisation", "0001_initial"),
        ("rules_store", "0004_scope"),
        ("wagtailcore", "0098_apitoken"),
        ("tickets", "0004_flow_and_tasks"),
    ]

    operations = [
        migrations.RunPython(to_documents, migrations.RunPython.noop),
        migrations.RunPython(open_tasks, migrations.RunPython.noop),
    ]
