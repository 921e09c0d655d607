"""Generated venues: exact capacities, the same every time, nobody on anybody's lap."""

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from math import dist

import pytest

from rowlock.seating import SeatingPlan, check_plan
from rowlock.seating.generator import arena, baseball_stadium, bowl_stadium, club, theatre

VENUES: dict[str, tuple[Callable[[], SeatingPlan], int]] = {
    "baseball": (baseball_stadium, 56_000),
    "bowl": (bowl_stadium, 80_000),
    "arena": (arena, 12_000),
    "theatre": (theatre, 1_200),
    "club": (club, 300),
}


@pytest.fixture(params=VENUES, scope="module")
def venue(request: pytest.FixtureRequest) -> tuple[SeatingPlan, SeatingPlan, int]:
    """A plan, the same plan drawn again, and the seats it must have."""
    draw, seats = VENUES[request.param]
    return draw(), draw(), seats


def test_exact_sound_and_repeatable(venue: tuple[SeatingPlan, SeatingPlan, int]) -> None:
    plan, again, seats = venue
    assert plan.capacity == seats
    assert check_plan(plan) == []
    assert plan == again
    assert {"VIP", "Regular", "Economy"} <= {category.name for category in plan.categories}


def test_no_two_seats_overlap(venue: tuple[SeatingPlan, SeatingPlan, int]) -> None:
    plan, _, _ = venue
    assert nearest_seats(plan) >= 0.5


def nearest_seats(plan: SeatingPlan) -> float:
    """The smallest distance between two seats, found in cells of one unit."""
    cells: defaultdict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    nearest = float("inf")
    for placed in plan.placed_seats():
        point = (placed.seat.x, placed.seat.y)
        column, rank = int(point[0]), int(point[1])
        for near in ((column + dx, rank + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            nearest = min([nearest, *(dist(point, other) for other in cells.get(near, ()))])
        cells[column, rank].append(point)
    return nearest


def test_neighbours_in_a_row_sit_side_by_side(venue: tuple[SeatingPlan, SeatingPlan, int]) -> None:
    plan, _, _ = venue
    assert widest_gap(plan) < 1.0


def widest_gap(plan: SeatingPlan) -> float:
    """The largest distance between two neighbours of a row."""
    return max(
        dist((a.x, a.y), (b.x, b.y))
        for section in plan.sections
        for row in section.rows
        for a, b in pairwise(row.seats)
    )


def test_wheelchair_places_have_a_companion_beside_them(venue: tuple[SeatingPlan, SeatingPlan, int]) -> None:
    plan, _, _ = venue
    marks = Counter((placed.seat.accessible, placed.seat.companion) for placed in plan.placed_seats())
    assert marks[True, False] == marks[False, True] > 0
    assert marks[True, True] == 0


def test_baseball_sections_are_numbered_from_home_plate() -> None:
    plan = baseball_stadium()
    middle = {}
    for section in plan.sections:
        seats = [seat.x for row in section.rows for seat in row.seats]
        middle[section.id] = sum(seats) / len(seats)
    centre = plan.width / 2
    assert middle["1FD"] < centre < middle["2FD"]
    assert middle["39FD"] < middle["1FD"]
    assert middle["40FD"] > middle["2FD"]
    assert {section.level for section in plan.sections} == {"Field", "Loge", "Club", "Reserve", "Top Deck", "Pavilion"}


@pytest.mark.parametrize("seats", [8_000, 23_456, 110_000])
def test_bowls_of_any_size(seats: int) -> None:
    plan = bowl_stadium(seats)
    assert plan.capacity == seats
    assert check_plan(plan) == []


@pytest.mark.parametrize("seats", [6_000, 22_000])
def test_arenas_of_any_size(seats: int) -> None:
    assert arena(seats).capacity == seats


@pytest.mark.parametrize("seats", [1_050, *range(1_190, 1_210), 1_280])
def test_theatres_of_any_size(seats: int) -> None:
    plan = theatre(seats=seats)
    assert plan.capacity == seats
    assert widest_gap(plan) < 1.0


@pytest.mark.parametrize("seats", [52_000, 55_500])
def test_ball_parks_of_any_size(seats: int) -> None:
    assert baseball_stadium(seats=seats).capacity == seats


@pytest.mark.parametrize(
    "draw",
    [lambda: bowl_stadium(1), lambda: arena(99_999), lambda: theatre(seats=5_000), lambda: baseball_stadium(seats=9)],
)
def test_impossible_sizes(draw: Callable[[], SeatingPlan]) -> None:
    with pytest.raises(ValueError, match=r"seats"):
        draw()
