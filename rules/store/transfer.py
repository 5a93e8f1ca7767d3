"""A stored record as plain JSON that another installation can read.

    {"kind": "rules_store.ruleset", "name", "slug", ...}

holds what the record says, with the rows of its lists, and nothing that is only true here: no row numbers, no
state, no schedule. Records that refer to rows of other tables by number cannot be written so; none does.
"""

import json
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from modelcluster.models import get_all_child_relations
from wagtail.fields import StreamField

from rules.store.digests import BOOKKEEPING, content_of
from rules.store.models import StoredRecord
from rules.store.problems import Refusal
from rules.store.testing import stored_tests

SCHEDULE = ("go_live_at", "expire_at")


def kind_of(model: type[StoredRecord]) -> str:
    return model._meta.label_lower


def portable(record: StoredRecord) -> dict:
    """What `record` says now, as JSON-able data."""
    said = {part: value for part, value in content_of(record).items() if part not in SCHEDULE}
    for part in streams_of(type(record)):
        said[part] = json.loads(said[part])
    return json.loads(json.dumps({"kind": kind_of(type(record))} | said, cls=DjangoJSONEncoder))


def draft_of(content: Mapping, *, model: type[StoredRecord], instead_of: StoredRecord | None = None):
    """An unsaved record that says `content`; or `instead_of` as it would be if it said so.

    Raises Refusal for content that is no such record.
    """
    known = content_of(model()).keys()
    if not isinstance(content, dict) or (unknown := content.keys() - known - {"kind"}):
        part = "" if not isinstance(content, dict) else min(unknown)
        raise Refusal(
            _("“%(part)s” is not known here; the file may come from a newer version.") % {"part": part}
        )
    said = {
        part: value
        for part, value in content.items()
        if part in known and part not in SCHEDULE and value is not None
    }
    for part in streams_of(model) & said.keys():
        said[part] = json.dumps(said[part])
    kept = instead_of.serializable_data() if instead_of else {"pk": None}
    blank = {part: value for part, value in content_of(model()).items() if part not in SCHEDULE}
    try:
        record = model.from_serializable_data(blank | kept | with_new_rows(said, model), check_fks=False)
        record.clean_fields(exclude=BOOKKEEPING)
        # Whatever else is wrong with it shows when it is read; a file can hold anything.
        record.document()
        stored_tests(record)
    except ValidationError as errors:
        raise Refusal(" ".join(errors.messages)) from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError):
        raise Refusal(
            _("“%(name)s” is damaged in this file and cannot be read.")
            % {"name": str(content.get("name", ""))[:80]}
        ) from None
    return record


def with_new_rows(said: Mapping, model) -> dict:
    """The rows of its lists are new ones, wherever they came from."""
    lists = {relation.get_accessor_name() for relation in get_all_child_relations(model)}
    return dict(said) | {part: [{"pk": None} | row for row in said[part]] for part in lists & said.keys()}


def streams_of(model) -> set[str]:
    return {field.name for field in model._meta.concrete_fields if isinstance(field, StreamField)}
