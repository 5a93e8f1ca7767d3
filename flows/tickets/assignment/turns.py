"""Taking turns, exactly.

Each ticket is one share to hand out. Everyone who could take it is credited with their part of it (their
weight of all weights of those who could); who has most credit gets it and pays a whole one. That is smooth
weighted round robin; because the greatest remainder is served first, n tickets come out as the shares of n
by largest remainder: 30 over 3 people are 10, 10, 10; weights 1:2 over 5 are 2 and 3. Whoever could not take
a ticket is credited nothing for it, so that nobody comes back from holiday to a heap.
"""

from collections.abc import Iterable, Mapping

from flows.tickets.models.turn import AssignmentTurn


class Turns:
    """The turns of one step. Where `keeps` is off nothing is locked or written: for looking ahead."""

    def __init__(self, *, ticket_type: str, node: str, keeps: bool):
        self.keeps, self.is_changed = keeps, False
        here = AssignmentTurn.objects.filter(ticket_type=ticket_type, node=node)
        if keeps:
            AssignmentTurn.objects.bulk_create(
                [AssignmentTurn(ticket_type=ticket_type, node=node)], ignore_conflicts=True
            )
            here = here.select_for_update()
        self.row = here.first()
        self.state = self.row.state if self.row else {}

    def of(self, key: str) -> dict:
        return self.state.setdefault(key, {"given": 0, "last": {}, "credits": {}})

    def last(self, key: str, username: str) -> int:
        """Counted by tickets given here; 0 for never."""
        return self.of(key)["last"].get(username, 0)

    def next(self, key: str, weights: Mapping[str, int]) -> str:
        """Whose turn it is of these usernames; the first of them where several have equal credit."""
        credits = self.of(key)["credits"]
        return max(weights, key=lambda name: credits.get(name, 0) + weights[name])

    def took(self, key: str, username: str, *, weights: Mapping[str, int] | None = None) -> None:
        """`weights`: of all who could have taken it, where it was given by turns."""
        here = self.of(key)
        if weights:
            credits = here["credits"]
            for name, weight in weights.items():
                credits[name] = credits.get(name, 0) + weight
            credits[username] -= sum(weights.values())
        here["given"] += 1
        here["last"][username] = here["given"]
        self.is_changed = True

    def forget_all_but(self, key: str, usernames: Iterable[str]) -> None:
        """Who left the pool begins anew when they come back."""
        kept = set(usernames)
        here = self.of(key)
        for part in ("last", "credits"):
            here[part] = {name: value for name, value in here[part].items() if name in kept}

    def save(self) -> None:
        if self.keeps and self.is_changed:
            AssignmentTurn.objects.filter(pk=self.row.pk).update(state=self.state)
