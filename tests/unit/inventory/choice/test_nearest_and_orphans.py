"""The nearest equivalent and the orphan rule, against everything that could have been offered."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.inventory.choice.oracle import Oracle
from tests.unit.inventory.choice.plans import TIERS, houses, plan_of

from rowlock.inventory.choice import Chart, FreeSeats, equivalent_seats, judge_pick
from rowlock.seating import SeatingPlan

House = tuple[SeatingPlan, list[bool]]
VECTORS = Path(__file__).parents[3] / "vectors" / "orphan_rule.json"


def halfway(oracle: Oracle, seat_nos: Sequence[int]) -> tuple[float, float]:
    first, last = (oracle.seats[seat_no].seat for seat_no in (seat_nos[0], seat_nos[-1]))
    return (first.x + last.x) / 2, (first.y + last.y) / 2


@settings(max_examples=300)
@given(houses(), st.integers(1, 4), st.integers(0, 10**6))
def test_the_nearest_block_of_the_same_price(house: House, size: int, pick: int) -> None:
    plan, free = house
    oracle = Oracle(plan, [True] * len(free))
    wanted = list(oracle.blocks(size, TIERS, None))
    assume(wanted)
    gone = wanted[pick % len(wanted)]
    oracle.free = [was and seat_no != gone[0] for seat_no, was in enumerate(free)]
    found = equivalent_seats(FreeSeats(Chart(plan), oracle.free), gone, neatly=False)
    tier = oracle.seats[gone[0]].seat.category
    distances = {
        block: math.dist(halfway(oracle, gone), halfway(oracle, block)) for block in oracle.blocks(size, (tier,), None)
    }
    if found is None:
        assert not distances
    else:
        assert math.isclose(distances[found], min(distances.values()))


def test_a_short_row_beside_the_end_of_a_long_one_is_near() -> None:
    plan = plan_of(("s" * 12, "      ss"), stage_at=None)
    names = plan.seat_ids()
    free = FreeSeats(Chart(plan), [name not in ("S1-1-10", "S1-1-11", "S1-1-12") for name in names])
    found = equivalent_seats(free, [names.index("S1-1-12")], neatly=False)
    assert found == (names.index("S1-2-1"),)


@settings(max_examples=300)
@given(houses(), st.integers(1, 6), st.integers(0, 2**32))
def test_any_seats_get_an_equivalent_or_nothing(house: House, size: int, seed: int) -> None:
    """Whatever was wanted: as many seats of the same tiers, all free, wheelchair places for wheelchair places."""
    plan, free = house
    dice = random.Random(seed)
    wanted = sorted(dice.sample(range(len(free)), min(size, len(free))))
    picture = FreeSeats(Chart(plan), free)
    found = equivalent_seats(picture, wanted, neatly=dice.random() < 0.5)
    assert list(picture.free) == free
    if found is None:
        return
    seats = [placed.seat for placed in plan.placed_seats()]

    def worth(seat_nos: Sequence[int]) -> list[tuple[str, bool]]:
        return sorted((seats[seat_no].category, seats[seat_no].accessible) for seat_no in seat_nos)

    assert len(set(found)) == len(wanted)
    assert all(free[seat_no] for seat_no in found)
    assert worth(found) == worth(wanted)
    assert {seat_no for seat_no in wanted if free[seat_no]} <= set(found) or len(wanted) > 1


@settings(max_examples=400)
@given(houses(), st.integers(1, 5), st.integers(0, 2**32))
def test_a_pick_is_refused_only_for_an_orphan_that_could_be_avoided(house: House, size: int, seed: int) -> None:
    plan, free = house
    oracle = Oracle(plan, free)
    open_seats = [seat_no for seat_no in range(len(free)) if free[seat_no]]
    assume(open_seats)
    first = random.Random(seed).choice(open_seats)
    pick = tuple(seat_no for seat_no in range(first, first + size) if seat_no < len(free) and free[seat_no])
    picture = FreeSeats(Chart(plan), free)
    verdict = judge_pick(picture, pick, 10)
    assert list(picture.free) == free
    if oracle.singles_left(pick) == 0:
        assert verdict is None
        return
    blocks = next(iter(oracle.blocks(len(pick), (oracle.seats[pick[0]].seat.category,), None)), None)
    if pick in set(oracle.blocks(len(pick), TIERS, None)):
        tier = (oracle.seats[pick[0]].seat.category,)
        neat = [block for block in oracle.blocks(len(pick), tier, None) if oracle.singles_left(block) == 0]
        assert (verdict is not None) == bool(neat), blocks
    if verdict is not None:
        assert all(free[seat_no] for seat_no in verdict.orphans)
        for offer in verdict.offers:
            assert len(offer) >= len(pick)
            assert oracle.singles_left(offer) == 0
            assert all(free[seat_no] for seat_no in offer)


def judged(plan: SeatingPlan, sold: str, pick: str, seats_max: int = 10) -> list[list[str]] | None:
    """The orphans and the offers by seat id, None when nothing speaks against it."""
    names = plan.seat_ids()
    free = FreeSeats(Chart(plan), [name not in sold.split() for name in names])
    verdict = judge_pick(free, [names.index(name) for name in pick.split()], seats_max)
    if verdict is None:
        return None
    return [[names[seat_no] for seat_no in seats] for seats in (verdict.orphans, *verdict.offers)]


def test_the_orphan_is_named_and_a_way_out_is_offered() -> None:
    plan = plan_of(("ssssss",), stage_at=None)
    assert judged(plan, "", "S1-1-2 S1-1-3") == [["S1-1-1"], ["S1-1-1", "S1-1-2", "S1-1-3"], ["S1-1-1", "S1-1-2"]]
    assert judged(plan, "", "S1-1-2 S1-1-3", seats_max=2) == [["S1-1-1"], ["S1-1-1", "S1-1-2"]]
    assert judged(plan, "", "S1-1-1 S1-1-2") is None
    assert judged(plan, "S1-1-1", "S1-1-3") == [["S1-1-2"], ["S1-1-2", "S1-1-3"], ["S1-1-2"]]


def test_the_rule_is_relaxed_when_that_size_cannot_sit_neatly_anywhere_in_the_tier() -> None:
    assert judged(plan_of(("sss",)), "", "S1-1-1 S1-1-2") is None
    assert judged(plan_of(("sss", "ss")), "", "S1-1-1 S1-1-2") == [
        ["S1-1-3"], ["S1-1-1", "S1-1-2", "S1-1-3"], ["S1-2-1", "S1-2-2"],
    ]  # fmt: skip
    assert judged(plan_of(("sss", "bb")), "", "S1-1-1 S1-1-2") is None


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text("utf-8")), ids=lambda vector: "/".join(vector["rows"]))
def test_the_rule_says_what_the_browser_is_told(vector: dict[str, list[int]]) -> None:
    """The same vectors hold the storefront's copy of the rule: web/storefront/event/orphans.test.ts."""
    plan = plan_of(tuple(map(str, vector["rows"])), stage_at=None)
    free = FreeSeats(Chart(plan), [seat_no not in vector["sold"] for seat_no in range(plan.capacity)])
    verdict = judge_pick(free, vector["picked"], 10)
    assert list(verdict.orphans if verdict else ()) == vector["orphans"]


def test_aisles_prices_and_wheelchair_places_end_a_row_of_neighbours() -> None:
    assert judged(plan_of(("sssss s", "sss")), "", "S1-1-1 S1-1-2") is None
    assert judged(plan_of(("ssssb",)), "", "S1-1-1 S1-1-2") is None
    orphan = judged(plan_of(("ssssACss",)), "", "S1-1-2 S1-1-3")
    assert isinstance(orphan, list)
    assert orphan[0] == ["S1-1-1", "S1-1-4"]
    assert judged(plan_of(("ssACss",)), "", "S1-1-3") is None
