"""Many short sales of the real Python, with lost connections, crashes and a bank that answers late."""

import os

import pytest
from tests.simulation.books import Books
from tests.simulation.schedule import play

from rowlock.inventory.exact import ExactPicture

SCHEDULES = int(os.environ.get("ROWLOCK_SCHEDULES", "250"))
FIRST_SEED = int(os.environ.get("ROWLOCK_SCHEDULE_SEED", "0"))


def test_no_schedule_goes_wrong() -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + SCHEDULES):
        assert play(seed) == [], f"python -m tests.simulation --seed {seed}"


def test_a_seed_is_played_the_same_again() -> None:
    assert play(7, tell=True) == play(7, tell=True)
    assert play(7, tell=True) != play(8, tell=True)


def test_a_release_that_frees_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judgement itself: with a bug in the books, schedules go wrong."""
    monkeypatch.setattr(Books, "_release", lambda *_: "released")
    assert any(play(seed) for seed in range(40))


def test_a_choice_that_overlooks_lapsed_holds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExactPicture, "lapse", lambda *_: None)
    assert any(play(seed) for seed in range(40))
