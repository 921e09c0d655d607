"""The turnstile of the sale: who would have to wait too long is turned away at once, before anything is done for them.

What is refused late has cost as much as what is granted, and the buyer has waited for it.
"""

import time
from collections.abc import Callable

from rowlock.platform.batching import Overloaded
from rowlock.platform.telemetry import metrics

ALWAYS_ROOM_FOR = 128
"""Calls that are let in however slow it goes: fewer make small flushes, and small flushes make it slower."""

CROWD = 64
"""With fewer inside, calls leave as slowly as they come: that says nothing about how fast they could."""

SECONDS_EACH_AT_FIRST = 1 / 5_000
TOLD_AFTER_SECONDS = 0.05
WEIGHT_OF_THE_LATEST = 0.3
"""How much the latest 50 ms say of how long each call takes."""
FORGOTTEN_AFTER_SECONDS = 5.0
"""What was reckoned in the last crowd may have been a hiccup; the next one begins anew."""


class Turnstile:
    """Lets calls in while those inside will be done within `wait_seconds_max`; 0 lets everybody in.

    How long each takes is reckoned from how many left lately, and only while there was a crowd: an idle sale says
    nothing. `held_up` counts those inside who wait for something that whoever comes now need not wait for.
    """

    def __init__(
        self,
        wait_seconds_max: float,
        held_up: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        self._wait_seconds_max = wait_seconds_max
        self._held_up = held_up
        self._clock = clock
        self._on_refusal = on_refusal
        self._seconds_each = SECONDS_EACH_AT_FIRST
        self._room = self._room_now()
        self._inside = 0
        self._left = 0
        self._since = self._told_at = clock()

    @property
    def shut(self) -> bool:
        """Whether a call that comes now is turned away."""
        if self._inside < self._room or not self._wait_seconds_max:
            return False
        return self._inside - self._held_up() >= self._room

    def refused(self) -> None:
        """Somebody was turned away because it is shut."""
        metrics.TURNED_AWAY.inc()
        self._on_refusal()

    def __enter__(self) -> None:
        """Go in; `Overloaded` when it is shut."""
        if self.shut:
            self.refused()
            raise Overloaded(f"{self._inside} calls are under way")
        self._inside += 1

    def __exit__(self, *_fault: object) -> None:
        """Leave, with an answer of whatever kind."""
        self._inside -= 1
        self._left += 1
        now = self._clock()
        if self._inside < CROWD:
            self._since, self._left = now, 0
            if now - self._told_at > FORGOTTEN_AFTER_SECONDS:
                self._reckon(SECONDS_EACH_AT_FIRST, now)
        elif now - self._since >= TOLD_AFTER_SECONDS:
            seconds_each = (now - self._since) / self._left
            self._since, self._left = now, 0
            self._reckon(self._seconds_each + WEIGHT_OF_THE_LATEST * (seconds_each - self._seconds_each), now)

    def _reckon(self, seconds_each: float, now: float) -> None:
        self._seconds_each, self._told_at = seconds_each, now
        self._room = self._room_now()

    def _room_now(self) -> int:
        return max(ALWAYS_ROOM_FOR, int(self._wait_seconds_max / self._seconds_each))
