"""The checker of histories tells good ones from bad ones, with nothing but what clients remember."""

import msgspec
import pytest
from tests.history.calls import Call
from tests.history.checker import faults
from tests.history.register import Terms

HOLD_SECONDS = 10.0
TERMS = Terms(HOLD_SECONDS, stale_seconds=0.1)


def call(kind: str, booking: str, asked_at: float, word: str | None = "done", **more: object) -> Call:
    """A call on seat S1, answered a tenth of a second later unless nobody ever answered."""
    told_at = None if word is None else more.pop("told_at", asked_at + 0.1)
    fields = {
        "kind": kind,
        "booking": booking,
        "seats": ("S1",),
        "asked_at": asked_at,
        "told_at": told_at,
        "word": word,
    }
    return msgspec.convert(fields | more, Call)


def hold(booking: str, asked_at: float, word: str | None = "done", **more: object) -> Call:
    """A hold; granted, it ends `HOLD_SECONDS` after it was asked for."""
    if word == "taken":
        more.setdefault("conflicts", more.get("seats", ("S1",)))
    ends_at = {"ends_at": asked_at + HOLD_SECONDS} if word == "done" else {}
    return call("hold", booking, asked_at, word, **ends_at, **more)


GOOD: dict[str, list[Call]] = {
    "nothing": [],
    "a sale": [hold("a", 0), call("confirm", "a", 1), call("look", "a", 50, "booked"), hold("b", 60, "taken")],
    "released and taken again": [hold("a", 0), call("release", "a", 1), hold("b", 2)],
    "expired and taken again": [hold("a", 0), hold("b", 9, "taken"), hold("b2", 10.05)],
    "extended": [hold("a", 0), call("extend", "a", 9, ends_at=19.0), hold("b", 15, "taken"), hold("b2", 19)],
    "a release after the end frees nobody else's seat": [
        hold("a", 0),
        hold("b", 11),
        call("release", "a", 12),
        call("confirm", "b", 13),
    ],
    "overlapping calls in the order that explains them": [
        hold("a", 0, told_at=5.0),
        hold("b", 0.5, told_at=4.0),
        call("release", "b", 1, told_at=3.0),
        hold("c", 0.6, "taken", told_at=4.5),
    ],
    "a hold nobody heard of that did happen": [hold("a", 0, None), hold("b", 1, "taken"), call("look", "a", 2, "held")],
    "a hold nobody heard of that did not": [hold("a", 0, None), hold("b", 1), call("look", "a", 2, "missing")],
    "a hold nobody heard of that came late": [hold("a", 0, None), call("map", "", 3, "free"), hold("b", 4, "taken")],
    "a payment nobody heard of that binds past the end": [
        hold("a", 0),
        call("confirm", "a", 9, None),
        hold("b", 15, "taken"),
        call("look", "a", 16, "booked"),
    ],
    "a payment nobody heard of that was let go": [hold("a", 0), call("confirm", "a", 9, None), hold("b", 15)],
    "a payment that takes its time": [
        hold("a", 0),
        call("confirm", "a", 9, "pending"),
        call("look", "a", 12, "pending"),
        call("look", "a", 20, "booked"),
    ],
    "a payment too late": [hold("a", 0), call("confirm", "a", 10.2, "expired"), hold("b", 11)],
    "a release nobody heard of": [hold("a", 0), call("release", "a", 1, None), hold("b", 2)],
    "an extension nobody heard of": [hold("a", 0), call("extend", "a", 9, None), hold("b", 15, "taken")],
    "the map shows an ended hold for a while": [hold("a", 0), call("map", "", 10.5, "held"), hold("b", 11)],
    "the map shows an ended hold even after its holder was told": [
        hold("a", 0),
        call("look", "a", 10.1, "expired"),
        call("map", "", 10.5, "held"),
        hold("b", 11),
    ],
    "a refusal from a picture a moment old": [
        hold("a", 0),
        call("release", "a", 1, told_at=1.01),
        hold("b", 1.05, "taken", told_at=1.06),
    ],
    "half a refusal": [
        hold("a", 0),
        hold("b", 1, "taken", seats=("S1", "S2"), conflicts=("S1",)),
        hold("c", 2, seats=("S2",)),
    ],
}
BAD: dict[str, list[Call]] = {
    "two owners": [hold("a", 0), hold("b", 1)],
    "two owners at once": [hold("a", 0), hold("b", 0)],
    "a booked seat sold again": [hold("a", 0), call("confirm", "a", 1), hold("b", 20)],
    "a lost acknowledged hold": [hold("a", 0), call("look", "a", 1, "missing")],
    "a lost acknowledged hold, seen by the next": [hold("a", 0), hold("b", 5), call("look", "a", 6, "missing")],
    "a lost acknowledged confirmation": [hold("a", 0), call("confirm", "a", 1), call("look", "a", 20, "expired")],
    "a release by a stranger": [hold("a", 0), call("release", "b", 1), hold("c", 2)],
    "a release that freed nothing": [hold("a", 0), call("release", "a", 1), call("look", "a", 2, "held")],
    "an expiry too early": [hold("a", 0), hold("b", 9.5)],
    "an expiry too early, told to the holder": [hold("a", 0), call("look", "a", 9, "expired")],
    "an expiry although a payment binds": [hold("a", 0), call("confirm", "a", 9, "done", told_at=12.0), hold("b", 11)],
    "an extension that was forgotten": [hold("a", 0), call("extend", "a", 9, ends_at=19.0), hold("b", 12)],
    "an extension after the end": [hold("a", 0), hold("b", 11), call("extend", "a", 12, ends_at=22.0)],
    "a confirmation after the end": [hold("a", 0), hold("b", 11), call("confirm", "a", 12)],
    "a confirmation of a released hold": [hold("a", 0), call("release", "a", 1), call("confirm", "a", 2)],
    "a refusal of a free seat": [hold("a", 0, "taken")],
    "a refusal of a seat long free": [hold("a", 0), call("release", "a", 1), hold("b", 2, "taken")],
    "a refusal after the end": [hold("a", 0), hold("b", 11, "taken")],
    "a hold that rises again": [
        hold("a", 0, None),
        call("look", "a", 1, "held"),
        call("look", "a", 12, "expired"),
        call("confirm", "a", 13),
    ],
    "a map that shows a stranger": [call("map", "", 0, "held")],
    "a map that misses a booking": [hold("a", 0), call("confirm", "a", 1), call("map", "", 3, "free")],
    "a payment nobody heard of that both binds and does not": [
        hold("a", 0),
        call("confirm", "a", 9, None),
        hold("b", 15),
        call("look", "a", 16, "booked"),
    ],
    "a hold that took one seat of two": [
        hold("a", 0, None, seats=("S1", "S2")),
        hold("b", 1, "taken"),
        hold("c", 2, seats=("S2",)),
        call("look", "c", 3, "held", seats=("S2",)),
    ],
}


@pytest.mark.parametrize("calls", GOOD.values(), ids=GOOD.keys())
def test_a_history_that_can_have_been_is_accepted(calls: list[Call]) -> None:
    assert faults(calls, TERMS) == []


@pytest.mark.parametrize("calls", BAD.values(), ids=BAD.keys())
def test_a_history_that_cannot_have_been_is_told(calls: list[Call]) -> None:
    assert faults(calls, TERMS)
