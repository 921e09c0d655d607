"""What the worker makes of a line once a second: how fast it goes, what will be left, and the pace from now on.

It is kept with the room, so that every process tells people the same.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from rowlock.inventory.model import SeatState
from rowlock.waiting_room.forecast import (
    USUAL_PARTY,
    Counts,
    Crowd,
    Habits,
    Odds,
    Zone,
    callers_sure,
    callers_wanted,
    closed_behind,
    habits_of,
    odds_for,
)
from rowlock.waiting_room.model import Room
from rowlock.waiting_room.pace import Bounds, Pace, Reason, Seen, first_pace, next_pace
from rowlock.waiting_room.serving import rank_behind
from rowlock.waiting_room.vitals import Vitals
from rowlock.waiting_room.waits import Promise, SpeedOfLine, Wait, next_promise, wait_for

LATELY_SECONDS = 10


class Outlook(msgspec.Struct, frozen=True):
    """The promise that waits are told from, what is left, who is about to take it, and why the pace is what it is."""

    promise: Promise
    habits: Habits
    zones: tuple[Zone, ...]
    shopping: int
    coming: int
    pace_reason: Reason = "steady"
    sure: float | None = None
    """For how many more there are seats even if those before them buy much: whoever stands further back waits for
    seats that may come back, and nobody can say how long. None: not known."""

    def wait(self, ahead: int, starts_in_s: float = 0.0) -> Wait | None:
        """How long with so many ahead; None while nobody can know."""
        return wait_for(ahead, self.promise, starts_in_s, float("inf") if self.sure is None else self.sure)

    def odds(self, ahead: int, party: int = 2) -> Odds:
        """What will be left behind so many."""
        return odds_for(self.zones, Crowd(self.shopping, self.coming, ahead), self.habits, party)


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Outlook)


@lru_cache(maxsize=1_024)
def read_outlook(text: str) -> Outlook | None:
    """What a room keeps of it; None before there is any."""
    return _decoder.decode(text) if text else None


class ShoppingCounts(NamedTuple):
    """Sessions of a round: how many ever came, are shopping, are over, have bought; and, in the last moments, how many
    came (of those called in `turn_seconds`) and left (in `LATELY_SECONDS`)."""

    came: int = 0
    shopping: int = 0
    ended: int = 0
    bought: int = 0
    came_lately: int = 0
    left_lately: int = 0


class Sight(NamedTuple):
    """Everything that is counted of a sale at a moment. `called` are people, not ranks; `coming` were called lately and
    have not come."""

    now: datetime
    served: int
    called: int
    coming: int
    counts: ShoppingCounts
    vitals: Vitals
    seats: Counter[tuple[int, int]]
    tiers: Mapping[int, str]


class Verdict(NamedTuple):
    """What follows for the room."""

    outlook: Outlook
    per_minute: int
    closed_behind: int


class Lookout:
    """Looks at one line again and again, and remembers what it takes to say where it is going."""

    def __init__(self, outlook: Outlook | None = None) -> None:
        self._promise = None if outlook is None else outlook.promise
        self._speed = SpeedOfLine()
        self._pace: Pace | None = None
        self._set_to: int | None = None  # the pace that staff had set
        self._first: tuple[int, int] | None = None  # seats booked and people who had bought, when it began to look

    def look(self, room: Room, sight: Sight) -> Verdict:
        """What is to be made of the sale now; to be asked once a second."""
        at_s = sight.now.timestamp()
        habits, zones = habits_of(self._counts(sight)), _zones(sight)
        crowd = Crowd(sight.counts.shopping, sight.coming, 0)
        people = closed_behind(zones, crowd, habits, 0)
        behind = rank_behind(sight.served, people, room.holes)
        pace = self._next_pace(room, sight, habits, at_s, callers_wanted(zones, crowd, habits))
        promise = self._next_promise(room, sight.called, pace.per_minute, at_s)
        outlook = Outlook(
            promise, habits, zones, crowd.shopping, crowd.coming, pace.reason, callers_sure(zones, crowd, habits)
        )
        return Verdict(outlook, pace.per_minute, behind)

    def _next_pace(self, room: Room, sight: Sight, habits: Habits, at_s: float, wanted: float) -> Pace:
        seen = Seen(
            at_s,
            sight.vitals.reports,
            sight.counts.shopping,
            sight.coming,
            sight.counts.left_lately / LATELY_SECONDS,
            habits.show,
            sight.vitals.seat_ms,
            sight.vitals.confirm_ms,
            sight.vitals.payment_ms,
            wanted,
        )
        if self._pace is None or not room.follows_load:
            self._pace = first_pace(room.admit_per_minute, seen, room.shopping_seconds / 2)
        if room.follows_load and room.calls:
            self._pace = next_pace(self._pace, seen, Bounds(room.admit_min, room.admit_max, room.shoppers_max))
        return self._pace

    def _next_promise(self, room: Room, called: int, per_minute: int, at_s: float) -> Promise:
        """Measured from what is called; a line that nobody stands in says nothing of its speed."""
        moves = room.calls and room.served < room.joined
        if moves:
            self._speed.look(at_s, called)
        else:
            self._speed.begin_anew()
        measured = self._speed.per_minute()
        promise = self._promise or Promise(per_minute, at_s)
        if not room.follows_load and self._set_to not in {None, per_minute}:
            promise = Promise(per_minute, at_s, "sped_up" if per_minute > promise.per_minute else "slowed")
            self._speed.begin_anew()
        self._set_to = per_minute
        self._promise = next_promise(promise, measured, at_s, paused=not room.calls)
        return self._promise

    def _counts(self, sight: Sight) -> Counts:
        booked = sum(count for (_, state), count in sight.seats.items() if state == SeatState.BOOKED)
        counts = sight.counts
        if self._first is None:
            self._first = booked, counts.bought
        more_seats, more_buyers = booked - self._first[0], counts.bought - self._first[1]
        party = more_seats / more_buyers if more_buyers > 0 and more_seats > 0 else USUAL_PARTY
        return Counts(
            called=max(counts.came, sight.called - sight.coming),
            came=counts.came,
            ended=counts.ended,
            bought=counts.bought,
            seats=round(counts.bought * party),
        )


def _zones(sight: Sight) -> tuple[Zone, ...]:
    """Every tier with its seats; who has bought so far tells which are wanted, before that its size does."""
    found = []
    for tier_no, name in sorted(sight.tiers.items()):
        free, held, booked = (
            sight.seats[tier_no, state] for state in (SeatState.AVAILABLE, SeatState.HELD, SeatState.BOOKED)
        )
        found.append(Zone(name, free, held, booked + 0.1 * (free + held)))
    return tuple(found)
