"""When an approval is decided: pure policy over votes, in the order of their places.

    any       one approval is enough; refused when all refused
    all       everyone; one refusal refuses
    count     so many of them
    percent   so many in a hundred of them, at least one
    sequence  everyone, one after the other; one refusal refuses
It is refused as soon as too few are left to reach what is needed.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

APPROVED, REFUSED, WAITING = "approved", "refused", "waiting"
MODES = ("any", "all", "count", "percent", "sequence")


def needed(policy: Mapping, asked: int) -> int:
    """How many of `asked` votes must approve."""
    match policy.get("mode", "any"):
        case "any":
            return 1
        case "count":
            return max(1, min(int(policy.get("count") or 1), asked))
        case "percent":
            # Exact: 66.6 as it is written, not as a binary fraction.
            share = Fraction(str(policy.get("percent") or 0)) / 100
            return max(1, ceil(share * asked))
        case _all:
            return asked


def verdict(policy: Mapping, votes: Sequence[str]) -> str:
    """What these votes come to."""
    approved, waiting = votes.count(APPROVED), votes.count(WAITING)
    enough = needed(policy, len(votes))
    if votes and approved >= enough:
        return APPROVED
    if votes and approved + waiting < enough:
        return REFUSED
    return WAITING


def is_turn(policy: Mapping, votes: Sequence[str], place: int) -> bool:
    """Whether the vote at `place` may be given now."""
    if votes[place] != WAITING:
        return False
    return policy.get("mode") != "sequence" or WAITING not in votes[:place]
