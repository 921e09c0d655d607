"""How far a line is served at a moment: pure arithmetic, the same for the worker and for simulations.

The line is served at so many a minute from a base: each step asks the clock how many that makes in all, so a late step
catches up and errors do not add up. Numbers that nobody has are passed over and cost nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

US_PER_MINUTE = 60_000_000
NO_END = 1 << 62


class Serving(NamedTuple):
    """`served` ranks have been called. At `at_us` (microseconds) `base` had been, holes not counted as time."""

    served: int
    base: int
    at_us: int


class Bounds(NamedTuple):
    """`per_minute` are called, none from `end` on (who has not joined cannot be called), at most `room` more."""

    per_minute: int
    end: int
    room: int | None = None


def serve(now: Serving, clock_us: int, bounds: Bounds, holes: Sequence[int] = ()) -> Serving:
    """The line at `clock_us`. Never fewer than before: a turn is not taken back."""
    due = now.base + (max(0, clock_us - now.at_us) * bounds.per_minute) // US_PER_MINUTE
    wanted = max(0, due - now.served)
    granted = wanted if bounds.room is None else max(0, min(wanted, bounds.room))
    served, skipped = _walk(now.served, granted, bounds.end, holes)
    if granted < wanted or served >= bounds.end:
        return Serving(served, served, clock_us)  # what could not be used now is not saved up for a rush later
    return Serving(served, now.base + skipped, now.at_us)


def paced_anew(now: Serving, clock_us: int, before: int, after: int) -> Serving:
    """From here on at `after` people a minute. Who was due at `before` a minute and not called yet stays due.

    The worker does the same in SQL (`note_outlook`).
    """
    due = (now.base - now.served) * US_PER_MINUTE + max(0, clock_us - now.at_us) * before
    return Serving(now.served, now.served, clock_us - max(0, due) // max(after, 1))


def people_below(rank: int, holes: Sequence[int]) -> int:
    """How many have a rank below: those in holes do not."""
    pairs = zip(holes[::2], holes[1::2], strict=True)
    return rank - sum(max(0, min(last, rank) - first) for first, last in pairs)


def rank_behind(rank: int, people: int, holes: Sequence[int]) -> int:
    """The rank behind so many people from a rank on."""
    return _walk(rank, people, NO_END, holes)[0]


def _walk(start: int, steps: int, end: int, holes: Sequence[int]) -> tuple[int, int]:
    """Where so many steps lead that do not count holes, and how much was skipped."""
    position, left, skipped = start, steps, 0
    for first, last in sorted(zip(holes[::2], holes[1::2], strict=True)):
        if last <= position:
            continue
        before = max(0, first - position)
        if left < before or first >= end:
            break
        left -= before
        after = min(last, end)
        skipped += after - max(first, position)
        position = after
    reached = min(position + left, end)
    return reached, skipped
