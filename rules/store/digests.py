"""One fingerprint for a record's content, so that an approval covers exactly what was read."""

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder

# What the review, publishing and locking machinery writes into a record: not part of what it says.
BOOKKEEPING = frozenset(
    {
        "pk", "live", "has_unpublished_changes", "first_published_at", "last_published_at", "expired",
        "locked", "locked_at", "locked_by", "latest_revision", "live_revision", "archived_at",
    }
)  # fmt: skip
# What saving writes into a row of an inline list. Their order counts as they are listed.
BOOKKEEPING_OF_ROWS = frozenset({"pk", "sort_order"})


def digest(value) -> str:
    """SHA-256 of `value` as canonical JSON, in hexadecimal."""
    text = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_of(record) -> dict:
    """What a record says, without its bookkeeping: the same for a form, a draft revision and a live row."""
    content = record.serializable_data()
    parents = {
        relation.get_accessor_name(): relation.field.name
        for relation in record._meta.related_objects
        if relation.get_accessor_name() in content
    }
    said = {key: value for key, value in content.items() if key not in BOOKKEEPING}
    for children, parent in parents.items():
        said[children] = [
            {key: value for key, value in child.items() if key not in BOOKKEEPING_OF_ROWS | {parent}}
            for child in content[children]
        ]
    return said


def content_digest(record) -> str:
    """The fingerprint of what a record says."""
    said = content_of(record)
    # What was approved before there were tests stays approved.
    if not said.get("tests"):
        said.pop("tests", None)
    return digest(said)
