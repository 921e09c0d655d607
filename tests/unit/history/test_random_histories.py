"""Random sales of a plain register are accepted however their calls overlap and whatever stays unknown; one false word
in them is told."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.history.calls import Call, Word
from tests.history.checker import faults
from tests.history.register import Terms

HOLD_SECONDS = 5.5
"""Never over at the very moment of a call, which the checker would let pass for rounding."""
TERMS = Terms(HOLD_SECONDS)
SEATS = ("S1", "S2")
CALLS = 14


class Register:
    """Two seats and a clock that ticks once a call; what truly happens, and what a client is told of it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._owners: dict[str, str] = {}
        self._ends: dict[str, float] = {}
        self._names = 0
        self.seats_of: dict[str, tuple[str, ...]] = {}

    def happen(self, now: float) -> Call:
        """One random call, told at the moment it happens."""
        for seat in [seat for seat, owner in self._owners.items() if self._ends[owner] <= now]:
            del self._owners[seat]
        acts = [self._hold, self._hold, self._extend, self._release, self._confirm, self._look, self._map]
        return self._dice.choice(acts if self.seats_of else [self._hold])(now)

    def _hold(self, now: float) -> Call:
        self._names += 1
        name = f"b{self._names}"
        seats = tuple(self._dice.sample(SEATS, self._dice.randint(1, 2)))
        taken = tuple(seat for seat in seats if seat in self._owners)
        if taken:
            return _call("hold", name, seats, now, "taken", conflicts=taken)
        self.seats_of[name], self._ends[name] = seats, now + HOLD_SECONDS
        self._owners |= dict.fromkeys(seats, name)
        return _call("hold", name, seats, now, "done", ends_at=self._ends[name])

    def _extend(self, now: float) -> Call:
        name = self._somebody()
        if not self._owns(name):
            return self._look(now)
        if self._ends[name] != float("inf"):
            self._ends[name] = now + HOLD_SECONDS
            return _call("extend", name, self.seats_of[name], now, "done", ends_at=self._ends[name])
        return self._look(now)

    def _release(self, now: float) -> Call:
        name = self._somebody()
        if self._ends[name] == float("inf"):
            return self._look(now)
        for seat in self.seats_of[name]:
            if self._owners.get(seat) == name:
                del self._owners[seat]
        return _call("release", name, self.seats_of[name], now, "done")

    def _confirm(self, now: float) -> Call:
        name = self._somebody()
        if not self._owns(name):
            return self._look(now)
        self._ends[name] = float("inf")
        return _call("confirm", name, self.seats_of[name], now, "done")

    def _look(self, now: float) -> Call:
        name = self._somebody()
        booked = self._ends[name] == float("inf")
        word: Word = ("booked" if booked else "held") if self._owns(name) else "closed"
        if word == "closed" and self._ends[name] <= now:
            word = "expired"
        return _call("look", name, self.seats_of[name], now, word)

    def _map(self, now: float) -> Call:
        seat = self._dice.choice(SEATS)
        owner = self._owners.get(seat)
        booked = owner is not None and self._ends[owner] == float("inf")
        return _call("map", "", (seat,), now, "free" if owner is None else "booked" if booked else "held")

    def _somebody(self) -> str:
        return self._dice.choice(list(self.seats_of))

    def _owns(self, name: str) -> bool:
        return all(self._owners.get(seat) == name for seat in self.seats_of[name])


def _call(kind: str, booking: str, seats: tuple[str, ...], now: float, word: Word, **more: object) -> Call:
    fields = {"kind": kind, "booking": booking, "seats": seats, "asked_at": now, "told_at": now, "word": word}
    return msgspec.convert(fields | more, Call)


def overlapping(call: Call, dice: random.Random) -> Call:
    """The call as a client saw it: asked some time before it happened, told some time after, or never."""
    assert call.told_at is not None
    asked_at = call.asked_at - dice.choice([0.0, 0.4, 3.0])
    if call.kind not in {"look", "map"} and call.word != "taken" and dice.random() < 0.2:
        return msgspec.structs.replace(call, asked_at=asked_at, told_at=None, word=None, ends_at=None)
    return msgspec.structs.replace(call, asked_at=asked_at, told_at=call.told_at + dice.choice([0.0, 0.4, 3.0]))


def sale(dice: random.Random) -> list[Call]:
    """What truly happened, one call a second."""
    register = Register(dice)
    return [register.happen(float(second)) for second in range(CALLS)]


randoms = st.randoms(use_true_random=False)


@given(randoms)
def test_what_happened_is_accepted_however_it_was_seen(dice: random.Random) -> None:
    assert faults([overlapping(call, dice) for call in sale(dice)], TERMS) == []


@given(randoms)
def test_a_refusal_told_as_a_hold_is_a_second_owner(dice: random.Random) -> None:
    calls = sale(dice)
    refused = [place for place, call in enumerate(calls) if call.word == "taken"]
    for place in refused:
        call = calls[place]
        lie = msgspec.structs.replace(call, word="done", conflicts=(), ends_at=call.asked_at + HOLD_SECONDS)
        assert faults([*calls[:place], lie, *calls[place + 1 :]], TERMS)


@given(randoms)
def test_a_hold_told_as_a_refusal_is_a_false_refusal(dice: random.Random) -> None:
    calls = sale(dice)
    for place, call in enumerate(calls):
        if call.kind == "hold" and call.word == "done":
            lie = msgspec.structs.replace(call, word="taken", conflicts=call.seats[:1], ends_at=None)
            assert faults([*calls[:place], lie, *calls[place + 1 :]], TERMS)


@given(randoms)
def test_a_booking_that_vanished_is_told(dice: random.Random) -> None:
    calls = sale(dice)
    for call in calls:
        if call.kind == "confirm":
            gone = _call("look", call.booking, call.seats, float(CALLS), "missing")
            assert faults([*calls, gone], TERMS)


@given(randoms)
def test_a_hold_that_ends_a_second_too_early_is_told(dice: random.Random) -> None:
    calls = sale(dice)
    held = [call for call in calls if call.kind == "hold" and call.word == "done"]
    for call in held:
        assert call.ends_at is not None
        moment = call.ends_at - 1.0
        between = [other for other in calls if other.asked_at < moment and other.booking == call.booking]
        if [other.kind for other in between if other.kind != "look"] == ["hold"]:
            early = _call("look", call.booking, call.seats, moment, "expired")
            assert faults([*(other for other in calls if other.asked_at < moment), early], TERMS)
