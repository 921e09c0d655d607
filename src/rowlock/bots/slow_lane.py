"""The slow lane: who was scored high waits behind people and gets a small share of what they get."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from rowlock.kernel.problems import Problem
from rowlock.platform.valkey.limiter import QUIET_RETRY_SECONDS

SHARE = 0.05
"""Of the calls that people make, so many more go through from the slow lane."""
PER_SECOND_MIN = 0.5
"""So that nobody waits for ever in a quiet sale, and who was scored wrongly still gets there."""
WAITING_MAX = 100
WAIT_SECONDS_MAX = 10.0


class SlowLane:
    """First come, first served, slowly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._people = 0
        self._since = clock()
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def someone_passed(self) -> None:
        """A call of the fast lane."""
        self._people += 1

    async def wait(self) -> None:
        """Return when it is this call's turn; Problem `rate_limited`, without a reason, when that takes too long."""
        if len(self._waiting) >= WAITING_MAX:
            raise _too_many()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._plan()
        try:
            await asyncio.wait_for(turn, WAIT_SECONDS_MAX)
        except TimeoutError:
            raise _too_many() from None
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _plan(self) -> None:
        if self._timer is None and self._waiting:
            delay = max(0.0, self._next_at - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._let_one_pass)

    def _let_one_pass(self) -> None:
        self._timer = None
        if self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._next_at = self._clock() + 1 / self._per_second()
        self._plan()

    def _per_second(self) -> float:
        seconds = max(self._clock() - self._since, 1.0)
        people_per_second = self._people / seconds
        if seconds > WAIT_SECONDS_MAX:
            self._people, self._since = 0, self._clock()
        return max(PER_SECOND_MIN, SHARE * people_per_second)


def _too_many() -> Problem:
    return Problem("rate_limited", "Too many requests.", retryAfter=QUIET_RETRY_SECONDS)
