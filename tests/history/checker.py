"""Is there an order of all calls, each within its time, in which every answer is right? Seat by seat, after Wing and
Gong, with the memo of Lowe; then all seats of one hold together.

Seats are independent registers, so a history is sound when each seat's part of it is. What joins them is that a hold
takes all its seats or none, which can only be in doubt for a hold whose answer never came.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from tests.history.calls import Call
from tests.history.register import FREE, Owned, Terms, step

CALLS_SHOWN_MAX = 12


class _Place(NamedTuple):
    """A place of the search: which calls have happened (a bit each), what the seat is like, and the moment."""

    happened: int
    first_left: int
    owned: Owned
    now: float


def faults(calls: Sequence[Call], terms: Terms) -> list[str]:
    """One line about every seat whose answers cannot all be right, and every hold that took only some of its seats."""
    by_seat: dict[str, list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.asked_at):
        for seat in call.seats:
            by_seat.setdefault(seat, []).append(call)
    found = [_told(seat, part) for seat, part in by_seat.items() if not possible(seat, part, terms)]
    return found or list(_halves(by_seat, calls, terms))


def possible(seat: str, calls: Sequence[Call], terms: Terms, forced: Call | None = None) -> bool:
    """Whether the seat can have given these answers; `forced` is a call without an answer that did happen."""
    search = _Search(seat, calls, terms, forced)
    places = [_Place(0, 0, FREE, -math.inf)]
    soonest: dict[tuple[int, Owned], float] = {}
    while places:
        here = places.pop()
        if here.happened & search.must == search.must:
            return True
        for there in search.steps(here):
            if there.now < soonest.get((there.happened, there.owned), math.inf):
                soonest[there.happened, there.owned] = there.now
                places.append(there)
    return False


class _Search:
    """The calls of one seat in the order of their windows, and where they can lead."""

    def __init__(self, seat: str, calls: Sequence[Call], terms: Terms, forced: Call | None) -> None:
        self._seat, self._terms = seat, terms
        windows = sorted((*_window(call, terms), place) for place, call in enumerate(calls))
        self._calls = [(calls[place], asked, told) for asked, told, place in windows]
        answered = (call.word is not None or call is forced for call, _, _ in self._calls)
        self.must = sum(1 << place for place, must in enumerate(answered) if must)

    def steps(self, here: _Place) -> list[_Place]:
        """Where the calls lead that may come next. One that only reads, and reads what is so, may as well come first of
        all; not one that would do something later."""
        found = []
        for place in self._may_be_next(here):
            call, asked, told = self._calls[place]
            after = step(self._seat, here.owned, call, max(here.now, asked), self._terms)
            if after is None or after[1] > told:
                continue
            happened, first_left = here.happened | 1 << place, here.first_left
            while happened >> first_left & 1:
                first_left += 1
            there = _Place(happened, first_left, *after)
            if after == (here.owned, here.now) and self.must >> place & 1 and _reads(call):
                return [there]
            found.append(there)
        return found[::-1]

    def _may_be_next(self, here: _Place) -> Iterator[int]:
        """The calls that were asked before any that is left had its answer, the earliest first."""
        first_told = math.inf
        for place in range(here.first_left, len(self._calls)):
            _, asked, told = self._calls[place]
            if asked > first_told:
                return
            if not here.happened >> place & 1:
                if self.must >> place & 1:
                    first_told = min(first_told, told)
                yield place


def _reads(call: Call) -> bool:
    return call.kind in {"look", "map"} or call.word in {"taken", "expired"}


def _window(call: Call, terms: Terms) -> tuple[float, float]:
    """The first and the last moment at which the call can have happened."""
    age = terms.stale_seconds if call.kind == "map" or call.word == "taken" else 0.0
    return call.asked_at - age, math.inf if call.told_at is None else call.told_at


def _halves(by_seat: dict[str, list[Call]], calls: Iterable[Call], terms: Terms) -> Iterator[str]:
    """Holds without an answer that must have taken one seat by a moment at which they cannot have taken another."""
    for hold in calls:
        if hold.kind != "hold" or hold.word is not None:
            continue
        deadlines = {seat: _taken_by(seat, hold, by_seat[seat], terms) for seat in hold.seats}
        by_then = msgspec.structs.replace(hold, told_at=min(deadlines.values()))
        if by_then.told_at == math.inf:
            continue
        left = [
            seat
            for seat in hold.seats
            if not possible(seat, [*_without(hold, by_seat[seat]), by_then], terms, forced=by_then)
        ]
        if left:
            taken = [seat for seat, deadline in deadlines.items() if deadline == by_then.told_at]
            yield f"hold {hold.booking} took {', '.join(taken)} but not {', '.join(left)}"


def _taken_by(seat: str, hold: Call, calls: list[Call], terms: Terms) -> float:
    """The first answer that cannot be right unless the hold took the seat; infinity when all can be right without."""
    others = _without(hold, calls)
    if possible(seat, others, terms):
        return math.inf
    answers = sorted(call.told_at for call in others if call.told_at is not None)
    return answers[bisect_left(answers, x=True, key=lambda now: not possible(seat, _until(now, others), terms))]


def _until(now: float, calls: list[Call]) -> list[Call]:
    """What was known at `now`: calls answered later had no answer yet, and reading them tells nothing."""
    known = []
    for call in calls:
        if call.told_at is not None and call.told_at <= now:
            known.append(call)
        elif call.asked_at <= now and call.kind not in {"look", "map"} and call.word != "taken":
            known.append(msgspec.structs.replace(call, told_at=None, word=None, ends_at=None))
    return known


def _without(hold: Call, calls: list[Call]) -> list[Call]:
    return [call for call in calls if call is not hold]


def _told(seat: str, calls: list[Call]) -> str:
    lines = [f"  {call}" for call in calls[:CALLS_SHOWN_MAX]]
    return "\n".join([f"seat {seat}: no order of its {len(calls)} calls explains the answers", *lines])
