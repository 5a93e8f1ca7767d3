"""From the blocks of a ticket type's page to the document of its version."""

from flows.tickets.service_levels.levels import NODE


def levels_document(stream, *, calendar) -> dict:
    """Those of the whole ticket; {} where nothing is said."""
    levels = [row for row in rows_of(stream) if row["measure"] != NODE]
    if not levels and not calendar:
        return {}
    return {
        "calendar": calendar.slug if calendar else "",
        "calendar_name": calendar.name if calendar else "",
        "levels": levels,
    }


def with_time_limits(document: dict, stream) -> dict:
    """`document` with each node's own limit; a limit for a node that is not there stays, to be told."""
    by_node, unknown = {}, []
    for written, limit in node_limits(stream):
        key = key_in(document["nodes"], written)
        if key is None or key in by_node:
            unknown.append({"node": written, "is_double": key is not None})
        else:
            by_node[key] = limit
    if not by_node and not unknown:
        return document
    nodes = [
        node | {"time_limits": by_node[node["key"]]} if node["key"] in by_node else node
        for node in document["nodes"]
    ]
    return document | {"nodes": nodes} | ({"unplaced_time_limits": unknown} if unknown else {})


def node_limits(stream) -> list[tuple[str, dict]]:
    """(node as it was written, its limit)."""
    return [
        (block.value["node"] or "", {key: part for key, part in row.items() if key != "measure"})
        for block, row in zip(stream, rows_of(stream), strict=True)
        if row["measure"] == NODE
    ]


def rows_of(stream) -> list[dict]:
    return [block.block.document(block.value) for block in stream]


def key_in(nodes: list[dict], written: str) -> str | None:
    folded = written.strip().casefold()
    for node in nodes:
        if folded in {node["key"].casefold(), *(label.casefold() for label in node["label"].values())}:
            return node["key"]
    return None
