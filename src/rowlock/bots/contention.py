"""How hard people press for an event, as this process sees it: in a calm sale nobody is asked for anything."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_SECONDS = 10.0
LEVEL_MAX = 4
EVENTS_KEPT_MAX = 1_000


class Contention:
    """Counts attempts by event; `calm_per_minute` attempts a minute are still calm, each doubling is a level more."""

    def __init__(self, calm_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._calm = max(calm_per_minute, 1)
        self._clock = clock
        self._windows: OrderedDict[int, list[int]] = OrderedDict()
        """By event: number of the window, attempts in it, attempts in the one before."""

    def note(self, event_id: int) -> None:
        """Somebody tries to book."""
        window = int(self._clock() / WINDOW_SECONDS)
        kept = self._windows.get(event_id)
        if kept is not None and kept[0] == window:
            kept[1] += 1
            return
        self._windows[event_id] = [window, 1, kept[1] if kept is not None and kept[0] == window - 1 else 0]
        if len(self._windows) > EVENTS_KEPT_MAX:
            self._windows.popitem(last=False)

    def level(self, event_id: int) -> int:
        """0: calm; up to `LEVEL_MAX`."""
        window, now, before = self._windows.get(event_id, (0, 0, 0))
        passed = self._clock() / WINDOW_SECONDS - window
        if passed >= 1:  # the window that was last counted in is the one before this, or older
            now, before, passed = 0, now if passed < 2 else 0, passed % 1
        per_minute = (now + before * (1 - passed)) * 60 / WINDOW_SECONDS
        return 0 if per_minute <= self._calm else min(LEVEL_MAX, 1 + int(math.log2(per_minute / self._calm)))
