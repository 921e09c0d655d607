"""The turnstile of the sale: who is let in, and how it learns how fast those inside get done."""

from contextlib import ExitStack

import pytest

from rowlock.platform.batching import Overloaded
from rowlock.platform.http.turnstile import ALWAYS_ROOM_FOR, FORGOTTEN_AFTER_SECONDS, SECONDS_EACH_AT_FIRST, Turnstile

WAIT = 0.25
ROOM_AT_FIRST = int(WAIT / SECONDS_EACH_AT_FIRST)


class Crowd:
    """Calls that go in and out by a turnstile, on a clock of their own."""

    def __init__(self, wait_seconds_max: float = WAIT) -> None:
        self.now = 0.0
        self.held_up = 0
        self._inside = 0
        self.turnstile = Turnstile(wait_seconds_max, lambda: self.held_up, lambda: self.now)

    def fill(self) -> int:
        """How many go in until the turnstile is shut."""
        before = self._inside
        while not self.turnstile.shut:
            self.turnstile.__enter__()
            self._inside += 1
        return self._inside - before

    def turn_over(self, rounds: int, seconds_each: float) -> None:
        """One leaves, another comes, again and again."""
        for _ in range(rounds):
            self.now += seconds_each
            self.turnstile.__exit__()
            self._inside -= 1
            self.fill()

    def leave_all(self) -> None:
        """Everybody goes, at one moment."""
        for _ in range(self._inside):
            self.turnstile.__exit__()
        self._inside = 0


def test_it_is_shut_when_those_inside_take_all_the_time() -> None:
    crowd = Crowd()
    assert crowd.fill() == ROOM_AT_FIRST
    with pytest.raises(Overloaded), crowd.turnstile:
        pass
    crowd.turnstile.__exit__()
    with crowd.turnstile:
        assert crowd.turnstile.shut
    assert not crowd.turnstile.shut


@pytest.mark.parametrize("fault", [ValueError, Overloaded])
def test_who_leaves_with_a_fault_leaves(fault: type[Exception]) -> None:
    crowd = Crowd()
    crowd.fill()
    crowd.turnstile.__exit__()
    for _ in range(ROOM_AT_FIRST):
        with pytest.raises(fault), crowd.turnstile:
            raise fault
    assert not crowd.turnstile.shut


@pytest.mark.parametrize(("per_second", "room"), [(10_000, 2_500), (1_000, 250), (50, ALWAYS_ROOM_FOR)])
def test_there_is_room_for_as_many_as_get_done_in_time(per_second: int, room: int) -> None:
    crowd = Crowd()
    crowd.fill()
    crowd.turn_over(20_000, 1 / per_second)
    crowd.leave_all()
    assert crowd.fill() == pytest.approx(room, rel=0.02)


def test_a_slow_moment_is_forgotten_when_the_crowd_is_gone() -> None:
    crowd = Crowd()
    crowd.fill()
    crowd.turn_over(2_000, 1 / 50)
    crowd.leave_all()
    assert crowd.fill() == ALWAYS_ROOM_FOR
    crowd.leave_all()
    crowd.now += 2 * FORGOTTEN_AFTER_SECONDS
    with crowd.turnstile:
        pass
    assert crowd.fill() == ROOM_AT_FIRST


def test_an_idle_sale_says_nothing() -> None:
    crowd = Crowd()
    for _ in range(1_000):
        with crowd.turnstile:
            crowd.now += 1.0
    assert crowd.fill() == ROOM_AT_FIRST


def test_those_held_up_by_a_stuck_event_keep_nobody_out() -> None:
    crowd = Crowd()
    crowd.fill()
    crowd.held_up = 100
    assert crowd.fill() == 100


def test_without_a_limit_everybody_goes_in() -> None:
    turnstile = Turnstile(0)
    with ExitStack() as inside:
        for _ in range(10 * ROOM_AT_FIRST):
            inside.enter_context(turnstile)
