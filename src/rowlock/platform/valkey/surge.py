"""Surge mode: while the sale is pressed hard, each person gets fewer requests a minute, so that more people get any.

Staff switch it for all processes (a mark in Valkey, read with the rate limits); beside that each process switches it on
for itself while its turnstile keeps refusing.
"""

import time
from collections.abc import Callable

from valkey import Valkey

MARK = "surge"
PRESSED_SECONDS = 2.0
"""Refusals for so long switch it on: a moment's burst does not."""
BREAK_SECONDS = 5.0
"""Refusals further apart than this do not belong together."""
CALM_SECONDS = 30.0
"""And so long without one switches it off again."""


class Surge:
    """Whether it is on, for one process; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._switched_on = False
        self._by_load = False
        self._since = self._last = -CALM_SECONDS

    @property
    def on(self) -> bool:
        """Whether people get the small number of requests now."""
        if self._by_load and self._clock() - self._last > CALM_SECONDS:
            self._by_load = False
        return self._switched_on or self._by_load

    @property
    def by_load(self) -> bool:
        """Whether this process has been turning people away."""
        return self.on and self._by_load

    def told(self, mark: int) -> None:
        """The mark in Valkey says so."""
        self._switched_on = mark > 0

    def refused(self) -> None:
        """The turnstile turned somebody away."""
        now = self._clock()
        if now - self._last > BREAK_SECONDS:
            self._since = now
        self._last = now
        if now - self._since >= PRESSED_SECONDS:
            self._by_load = True


def switch_surge(valkey: "Valkey", *, on: bool) -> None:
    """Switch it on for all processes, or leave it to each process's load again."""
    if on:
        valkey.set(MARK, 1)
    else:
        valkey.delete(MARK)


def surge_switched_on(valkey: "Valkey") -> bool:
    """Whether staff have switched it on."""
    return bool(valkey.exists(MARK))
