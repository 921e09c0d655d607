"""What a person hears of one hold, look by look."""

import json
import uuid

import pytest

from rowlock.live.frames import WireMessage
from rowlock.live.holds import PENDING_SECONDS, HoldFact, PersonalHolds

HOLD = uuid.UUID(int=1)


class Tab:
    """A connection that remembers what it was told."""

    person: str | None = "buyer:anna"

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def tell(self, message: WireMessage) -> None:
        """Take a message."""
        said = json.loads(message.event.removeprefix(b"data: "))
        assert said["bookingId"] == str(HOLD)
        self.heard.append((said["type"], said.get("expiresIn", 0)))


def anna() -> tuple[PersonalHolds, Tab]:
    """A person with one tab, who has been looked at."""
    person, tab = PersonalHolds(), Tab()
    person.connections.add(tab)
    return person, tab


def look(
    person: PersonalHolds, seconds: float, status: str = "HOLD", *, stopped: bool = False, late: bool = False
) -> float | None:
    """A look at which the hold has so long to go; when the next one is due."""
    return person.take([HoldFact(HOLD, status, seconds, stopped, late)])


def test_one_warning_and_one_end() -> None:
    person, tab = anna()
    assert look(person, 100) == 70
    assert look(person, 30.0001) == pytest.approx(0.0001)
    assert look(person, 29.9) == 29.9
    assert look(person, 10) == 10
    assert look(person, -0.1) is None
    assert look(person, -5) is None
    assert look(person, 0, "EXPIRED") is None
    assert tab.heard == [("holdExpiring", 30), ("holdExpired", 0)]
    assert not person.told


def test_an_extended_hold_is_warned_of_again() -> None:
    person, tab = anna()
    look(person, 20)
    assert look(person, 300) == 270
    look(person, 30)
    assert tab.heard == [("holdExpiring", 20), ("holdExpiring", 30)]


def test_a_hold_that_is_being_paid_for_is_left_alone_until_the_payment_fails() -> None:
    person, tab = anna()
    look(person, 100)
    assert look(person, -20, "PAYMENT_PENDING") == 2.0
    look(person, 12)
    assert tab.heard == [("holdExpiring", 12)]


def test_a_hold_that_was_given_back_is_forgotten() -> None:
    person, tab = anna()
    look(person, 100)
    assert person.take([]) is None
    assert look(person, -1) is None
    assert tab.heard == []


def test_the_end_may_be_learned_from_the_sweeper() -> None:
    person, tab = anna()
    look(person, 1)
    assert look(person, 0, "EXPIRED") is None
    assert tab.heard == [("holdExpiring", 1), ("holdExpired", 0)]


def test_a_newcomer_hears_what_the_others_know() -> None:
    person, tab = anna()
    look(person, 25)
    late = Tab()
    person.connections.add(late)
    person.newcomers.add(late)
    look(person, 15)
    look(person, 5)
    assert (tab.heard, late.heard) == ([("holdExpiring", 25)], [("holdExpiring", 15)])


def test_a_pause_is_told_with_the_time_it_leaves_and_so_is_its_end() -> None:
    person, tab = anna()
    look(person, 100)
    for _ in range(2):
        assert look(person, 12.9, stopped=True) == PENDING_SECONDS
    assert look(person, 12.9) == 12.9
    assert tab.heard == [("holdClock", 12), ("holdClock", 12), ("holdExpiring", 13)]
    look(person, 12, stopped=True)
    assert person.take([]) is None
    assert not person.stopped, "a hold that was given back is forgotten"


def test_who_comes_in_a_pause_hears_of_it() -> None:
    person, tab = anna()
    look(person, 50, stopped=True)
    late = Tab()
    person.connections.add(late)
    person.newcomers.add(late)
    look(person, 50, stopped=True)
    look(person, 50, stopped=True)
    assert (tab.heard, late.heard) == ([("holdClock", 50)], [("holdClock", 50)])


def test_nothing_is_said_while_an_outage_is_not_added_yet() -> None:
    person, tab = anna()
    look(person, 100)
    assert look(person, -3, late=True) == PENDING_SECONDS
    assert tab.heard == []
    assert look(person, 20) == 20
    assert tab.heard == [("holdExpiring", 20)]
