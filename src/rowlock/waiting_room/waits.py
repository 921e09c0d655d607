"""How long it takes until somebody's turn, as a range that is kept, and how often to ask. Pure.

All waits of a line come from one promise: so many people a minute. While the promise stands, everybody's wait only gets
shorter, for those ahead only get fewer. It is changed when the line has gone otherwise for a while, never without a
reason that is told with it, and for the better only after longer: so nobody is given hope and then loses it again.
"""

from bisect import bisect_left
from collections import deque
from typing import Literal, NamedTuple

Why = Literal["as_promised", "sped_up", "slowed", "paused", "resumed"]
"""What a promise says of the one before it."""

MEASURED_OVER_S = 60.0
SLOWER, FASTER = 0.85, 1.2
"""A line that goes at less or more than this share of what was promised is another line."""
SLOWER_FOR_S, FASTER_FOR_S = 20.0, 120.0
LOW, HIGH = 0.8, 1.3
"""The ends of the range that is told, as shares of the wait that the promise gives."""
TURN_S = 30.0
"""No wait is told more precisely than this."""
STEPS_S: tuple[int, ...] = (30, *range(60, 600, 60), *range(600, 3_600, 300), *range(3_600, 86_400 * 7 + 1, 900))
"""Waits are told in these steps: the longer, the coarser."""
ASK_SHARE = 20
ASK_S = (2, 60)
"""Who waits asks about twenty times until it is their turn, but no oftener and no more rarely than so many seconds."""
BUCKETS_AN_OCTAVE = 8


class Promise(NamedTuple):
    """The line goes at `per_minute`, as told since `since_s`; it has been slower or faster since then, if it is."""

    per_minute: float
    since_s: float
    why: Why = "as_promised"
    slower_s: float | None = None
    faster_s: float | None = None


class Wait(NamedTuple):
    """From `low_s` to `high_s` seconds."""

    low_s: int
    high_s: int


class SpeedOfLine:
    """How fast the line went lately."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def look(self, at_s: float, called: int) -> None:
        """So many people have been called at this moment."""
        self._looks.append((at_s, called))
        while len(self._looks) > 2 and self._looks[1][0] <= at_s - MEASURED_OVER_S:
            self._looks.popleft()

    def begin_anew(self) -> None:
        """What was before a pause says nothing of what comes after."""
        self._looks.clear()

    def per_minute(self) -> float | None:
        """People a minute; None before anything can be said."""
        if len(self._looks) < 2:
            return None
        (first_s, first), (last_s, last) = self._looks[0], self._looks[-1]
        return (last - first) * 60 / (last_s - first_s) if last_s - first_s >= MEASURED_OVER_S / 4 else None


def next_promise(promise: Promise, measured_per_minute: float | None, at_s: float, *, paused: bool) -> Promise:
    """The promise from now on; to be asked about every second or so."""
    if paused:
        return promise if promise.why == "paused" else promise._replace(since_s=at_s, why="paused")
    if promise.why == "paused":
        return Promise(promise.per_minute, at_s, "resumed")
    if measured_per_minute is None:
        return promise
    slower_s = _since(promise.slower_s, at_s, holds=measured_per_minute < SLOWER * promise.per_minute)
    faster_s = _since(promise.faster_s, at_s, holds=measured_per_minute > FASTER * promise.per_minute)
    if slower_s is not None and at_s - slower_s >= SLOWER_FOR_S:
        return Promise(measured_per_minute, at_s, "slowed")
    if faster_s is not None and at_s - faster_s >= FASTER_FOR_S:
        return Promise(measured_per_minute, at_s, "sped_up")
    return promise._replace(slower_s=slower_s, faster_s=faster_s)


def wait_for(ahead: int, promise: Promise, starts_in_s: float = 0.0, wanted: float = float("inf")) -> Wait | None:
    """The wait with so many ahead, in a line that begins to move in `starts_in_s`; None while nobody can know.

    `wanted`: for how many more people there are seats. Whoever stands behind them waits for seats that come back.
    """
    if promise.why == "paused" or ahead >= wanted or (ahead > 0 and promise.per_minute <= 0):
        return None
    seconds = ahead * 60 / promise.per_minute if ahead > 0 else 0.0
    high = _step_above(starts_in_s + seconds * HIGH + (TURN_S if ahead > 0 else 0.0))
    return Wait(_step_below(starts_in_s + seconds * LOW - TURN_S), high)


def ask_again_s(wait: Wait | None) -> int:
    """After how many seconds to ask again, without being told."""
    least, most = ASK_S
    return most // 2 if wait is None else min(max(wait.high_s // ASK_SHARE, least), most)


def bucket_of(ahead: int) -> int:
    """Which answer is near enough for so many ahead: each for themselves in front, eight an octave further back."""
    if ahead < 2 * BUCKETS_AN_OCTAVE:
        return max(ahead, 0)
    octave = (ahead // BUCKETS_AN_OCTAVE).bit_length() - 1
    return octave * BUCKETS_AN_OCTAVE + (ahead >> octave)


def ahead_in(bucket: int) -> int:
    """The most people ahead in a bucket: who reads its answer waits that long or less."""
    if bucket < 2 * BUCKETS_AN_OCTAVE:
        return max(bucket, 0)
    octave = bucket // BUCKETS_AN_OCTAVE - 1
    return ((bucket - octave * BUCKETS_AN_OCTAVE + 1) << octave) - 1


def _since(before: float | None, at_s: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return at_s if before is None else before


def _step_above(seconds: float) -> int:
    return STEPS_S[min(bisect_left(STEPS_S, seconds), len(STEPS_S) - 1)]


def _step_below(seconds: float) -> int:
    at = bisect_left(STEPS_S, seconds + 1) - 1
    return STEPS_S[at] if at >= 0 else 0
