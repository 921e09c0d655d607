"""One seat as a register with an owner: which calls it can have answered as it did, and what they leave behind.

Time is part of it: a hold frees its seat by itself, at its end and not before.
"""

import math
from typing import NamedTuple

from tests.history.calls import Call

ROUNDING_SECONDS = 0.002
"""Ends are told in whole milliseconds or microseconds."""


class Terms(NamedTuple):
    """What the sale promises, in seconds: how long a hold lasts, how old a refusal or a map may be, and how long seats
    stay bound to a payment without an outcome."""

    hold_seconds: float
    stale_seconds: float = 0.0
    unknown_seconds: float = math.inf


class Owned(NamedTuple):
    """Who has the seat, and the earliest and latest moment at which that hold may end. No owner: free.

    From `lapses_first` on the seat may be let go of although its payment has no outcome.
    `late` are bookings whose payments were under way: their money may still come, and take the free seat again.
    """

    owner: str | None = None
    booked: bool = False
    paying: bool = False
    ends_first: float = 0.0
    ends_last: float = 0.0
    lapses_first: float = math.inf
    late: frozenset[str] = frozenset()

    def free_from(self, now: float) -> float:
        """The first moment, not before `now`, at which the seat can be free; infinity when it never is."""
        if self.owner is None:
            return now
        return math.inf if self.booked else max(now, min(self.ends_first, self.lapses_first) - ROUNDING_SECONDS)

    def lives(self, booking: str, now: float) -> bool:
        """Whether the booking can still have the seat."""
        return self.owner == booking and (self.booked or now < self.ends_last + ROUNDING_SECONDS)


FREE = Owned()
Step = tuple[Owned, float] | None
"""What the call leaves behind and the earliest moment it can have happened; None when it cannot have."""


def step(seat: str, before: Owned, call: Call, now: float, terms: Terms) -> Step:
    """The call happens to the seat at `now` or as soon after as it can."""
    match call.kind:
        case "hold":
            return _hold(seat, before, call, now, terms.hold_seconds)
        case "extend":
            return _extend(before, call, now)
        case "release":
            return _release(before, call, now)
        case "confirm":
            return _confirm(before, call, now, terms.unknown_seconds)
        case "look" | "map":
            return _read(before, call, now)


def _hold(seat: str, before: Owned, call: Call, now: float, hold_seconds: float) -> Step:
    if call.word == "taken":
        owned = before.owner is not None and before.lives(before.owner, now)
        return (before, now) if owned or seat not in call.conflicts else None
    since = before.free_from(now)
    if call.ends_at is not None:
        return Owned(call.booking, ends_first=call.ends_at, ends_last=call.ends_at, late=before.late), since
    return Owned(call.booking, ends_first=since + hold_seconds, ends_last=math.inf, late=before.late), since


def _extend(before: Owned, call: Call, now: float) -> Step:
    if call.word == "expired":
        return _gone(before, call, now)
    if before.booked or not before.lives(call.booking, now):
        return None
    if call.ends_at is None:
        return before._replace(ends_last=math.inf), now
    if call.ends_at < before.ends_first - ROUNDING_SECONDS:
        return None
    return Owned(call.booking, ends_first=call.ends_at, ends_last=call.ends_at, late=before.late), now


def _release(before: Owned, call: Call, now: float) -> Step:
    if before.owner != call.booking:
        return before, now
    if before.booked:
        return None
    # A hold that had ended by then is not given back any more: money for it may still come.
    ended = before.free_from(now) <= (math.inf if call.told_at is None else call.told_at)
    return Owned(late=before.late if ended else before.late - {call.booking}), now


def _confirm(before: Owned, call: Call, now: float, unknown_seconds: float) -> Step:
    if call.word == "expired":
        return _gone(before, call, now)
    if not before.lives(call.booking, now):
        return _retaken(before, call, now) if call.word == "done" else None
    if before.booked or call.word == "done":
        return Owned(call.booking, booked=True, late=before.late), now
    lapses_first = min(before.lapses_first, now + unknown_seconds)
    late = before.late | {call.booking}
    return before._replace(paying=True, ends_last=math.inf, lapses_first=lapses_first, late=late), now


def _retaken(before: Owned, call: Call, now: float) -> Step:
    """Money that came late has taken the free seat again."""
    since = before.free_from(now)
    if call.booking not in before.late or since == math.inf:
        return None
    return Owned(call.booking, booked=True, late=before.late), since


def _read(before: Owned, call: Call, now: float) -> Step:
    mine = before.owner is not None if call.kind == "map" else before.owner == call.booking
    match call.word:
        case "booked":
            if mine and (before.booked or before.paying or before.owner in before.late):
                return before._replace(booked=True, paying=False), now
            return None if call.kind == "map" else _retaken(before, call, now)
        case "held" | "pending":
            # The map may show a hold for a while after its end; a booking is judged by the clock.
            stands = mine and not before.booked and (call.kind == "map" or before.lives(call.booking, now))
            return (before, now) if stands and (call.word == "held" or before.paying) else None
        case "free":
            return before, before.free_from(now)
        case "expired":
            return _gone(before, call, now)
        case _:
            return (before, now) if before.owner != call.booking else None


def _gone(before: Owned, call: Call, now: float) -> Step:
    """The hold has ended, which the map may show later, or had lost the seat before."""
    if before.owner != call.booking:
        return before, now
    since = before.free_from(now)
    return before._replace(paying=False, ends_last=min(before.ends_last, since)), since
