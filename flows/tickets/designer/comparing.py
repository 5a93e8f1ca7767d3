"""Two flows laid over one another, to be drawn: what was added, removed, changed."""

from flows.tickets.flow import flow_document

# How a flow is drawn is no part of what it says; names follow departments and people.
NEVER_COMPARED = ("position", "department_name", "person_name")


def drawing_of_change(before: dict, after: dict) -> dict:
    """{"flow": everything in either, "nodes": {key: mark}, "transitions": {key: mark}}; no mark, no change.

    What was removed stands where it stood.
    """
    before, after = flow_document(before), flow_document(after)
    drawing = {"flow": {}}
    for part in ("nodes", "transitions"):
        rows, drawing[part] = laid_over(before[part], after[part])
        drawing["flow"][part] = rows
    return drawing


def laid_over(before: list[dict], after: list[dict]) -> tuple[list[dict], dict[str, str]]:
    old, new = ({row["key"]: row for row in rows} for rows in (before, after))
    marks = {key: "removed" for key in old if key not in new}
    for key, row in new.items():
        if key not in old:
            marks[key] = "added"
        elif said_by(row) != said_by(old[key]):
            marks[key] = "changed"
    return [*after, *(row for row in before if row["key"] not in new)], marks


def said_by(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in NEVER_COMPARED}
