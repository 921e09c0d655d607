"""Surge mode by load: refusals that go on switch it on, calm switches it off, a burst does neither."""

from rowlock.platform.valkey.surge import BREAK_SECONDS, CALM_SECONDS, PRESSED_SECONDS, Surge


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def pressed(surge: Surge, clock: Clock, seconds: float, step: float = 0.1) -> None:
    """Refusals every `step` seconds for so long."""
    for _ in range(round(seconds / step) + 1):
        surge.refused()
        clock.now += step


def test_refusals_that_go_on_switch_it_on_until_it_is_calm() -> None:
    clock = Clock()
    surge = Surge(clock)
    pressed(surge, clock, PRESSED_SECONDS)
    assert surge.on
    clock.now += CALM_SECONDS - 0.2
    assert surge.on
    clock.now += 0.2
    assert not surge.on


def test_a_burst_does_not_switch_it_on() -> None:
    clock = Clock()
    surge = Surge(clock)
    for _ in range(10):
        pressed(surge, clock, PRESSED_SECONDS / 2)
        assert not surge.on
        clock.now += BREAK_SECONDS + 0.1


def test_the_word_of_staff_stands_beside_the_load() -> None:
    clock = Clock()
    surge = Surge(clock)
    surge.told(1)
    assert surge.on
    pressed(surge, clock, PRESSED_SECONDS)
    surge.told(0)
    assert surge.on, "the load alone keeps it on"
    clock.now += CALM_SECONDS + 0.1
    assert not surge.on
