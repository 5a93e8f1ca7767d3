"""Bounds of time that are several times what is needed, so that only a hang or a blow-up exceeds them."""

import time
from collections.abc import Callable

TRIES = 3


def is_done_in(seconds: float, act: Callable[[], object]) -> bool:
    """Whether one of some tries takes less processor time: another may collect the garbage of other tests."""
    return any(processor_seconds(act) < seconds for _try in range(TRIES))


def processor_seconds(act: Callable[[], object]) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin
