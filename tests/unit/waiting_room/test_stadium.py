"""The stadium's simulation, small: the waiting room's own code sells a house out, fairly, and keeps what it tells."""

import numpy as np
import pytest
from benchmarks.stadium.people import BOT
from benchmarks.stadium.sale import Tier
from benchmarks.stadium.simulation import Course, Scene, simulate

TIERS = (Tier("VIP", 400, 0.25), Tier("Lower", 2_800, 0.45), Tier("Upper", 4_800, 0.3))
SCENE = Scene("small", 60_000, TIERS, 0.4, "draw", cores=0.2, begin_per_minute=600)


@pytest.fixture(scope="module")
def drawn() -> Course:
    """A sale with bots, drawn."""
    return simulate(SCENE)


def test_the_house_is_sold_and_few_are_called_for_nothing(drawn: Course) -> None:
    assert drawn.seconds[-1].sold >= 0.999 * SCENE.seats()
    assert sum(visit.found_nothing for visit in drawn.visits) < 0.02 * len(drawn.visits)
    assert max(second.seat_ms for second in drawn.seconds) < 100


def test_bots_are_called_as_often_as_they_stand_in_line_and_not_because_they_came_first(drawn: Course) -> None:
    present = drawn.crowd.present_at_opening()
    share = drawn.crowd.is_bot[:present].mean()
    called = np.mean([visit.manner is BOT for visit in drawn.visits])
    assert abs(called - share) < 4 * np.sqrt(share * (1 - share) / len(drawn.visits))
    by_arrival = simulate(SCENE._replace(ordering="fifo"))
    assert all(visit.manner is BOT for visit in by_arrival.visits)


def test_waits_that_were_told_come_true() -> None:
    """Three sales without bots: of all waits told, nearly none were longer than said, unless it was said why."""
    told, late = 0, 0.0
    for seed in (1, 2, 3):
        course = simulate(SCENE._replace(bot_share=0.0, people=40_000, seed=seed))
        told += len(course.told)
        late += course.waits()[3] * len(course.told)
    assert told > 60
    assert late <= 0.04 * told
