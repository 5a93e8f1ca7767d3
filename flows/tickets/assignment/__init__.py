"""Who gets a ticket at a step: README.md of this folder says how the strategies are defined."""


def assign(*, ticket, node, task=None, by, at):
    """See flows.tickets.assignment.assigning.assign."""
    # Here, because models compile what is stored with `entries`, and assigning reads models.
    from flows.tickets.assignment import assigning

    return assigning.assign(ticket=ticket, node=node, task=task, by=by, at=at)
