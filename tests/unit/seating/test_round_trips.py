"""A plan written in a format and read back is the same plan, as far as the format carries it."""

import pytest
from hypothesis import given
from msgspec.structs import replace
from tests.unit.seating.plans import seating_plans, small_plan

from rowlock.seating import SeatingPlan, read_plan, write_plan
from rowlock.seating.generator import arena, theatre

Marks = tuple[str, str, str, str, bool, bool, bool, str]


def seat_marks(plan: SeatingPlan, *, flags: bool = True) -> list[Marks]:
    """Everything about the seats but where they stand."""
    return [
        (
            placed.section.id,
            placed.row.label,
            placed.seat.number,
            placed.seat.category,
            flags and placed.seat.accessible,
            flags and placed.seat.companion,
            flags and placed.seat.restricted_view,
            placed.id,
        )
        for placed in plan.placed_seats()
    ]


def positions(plan: SeatingPlan) -> list[tuple[float, float]]:
    return [(placed.seat.x, placed.seat.y) for placed in plan.placed_seats()]


@given(seating_plans())
def test_rowlock_json_carries_everything(plan: SeatingPlan) -> None:
    assert read_plan(write_plan(plan)) == plan


@given(seating_plans())
def test_svg_carries_everything(plan: SeatingPlan) -> None:
    assert read_plan(write_plan(plan, "svg")) == plan


@given(seating_plans())
def test_csv_carries_the_seats(plan: SeatingPlan) -> None:
    again = read_plan(write_plan(plan, "csv"))
    assert seat_marks(again) == seat_marks(plan)
    assert positions(again) == positions(plan)
    assert [(s.name, s.level) for s in again.sections] == [(s.name, s.level) for s in plan.sections]


@given(seating_plans())
def test_pretix_carries_names_places_and_categories(plan: SeatingPlan) -> None:
    again = read_plan(write_plan(plan, "pretix"))
    assert again.name == plan.name
    assert again.categories == plan.categories
    assert seat_marks(again, flags=False) == seat_marks(plan, flags=False)
    assert [section.name for section in again.sections] == [section.name for section in plan.sections]


@pytest.mark.parametrize("plan", [small_plan(), theatre(), arena()], ids=["small", "theatre", "arena"])
def test_pretix_keeps_the_drawing_to_scale(plan: SeatingPlan) -> None:
    again = read_plan(write_plan(plan, "pretix"))
    scale = positions(again)[-1][0] / positions(plan)[-1][0]
    assert scale >= 1
    flat = [value for point in positions(plan) for value in point]
    assert [value for point in positions(again) for value in point] == pytest.approx(
        [v * scale for v in flat], abs=0.01
    )


def test_rows_of_one_name_on_both_sides_of_an_aisle_stay_two_rows() -> None:
    plan = small_plan()
    left = plan.sections[0]
    split = replace(left, rows=(left.rows[1], replace(left.rows[0], label="B", seats=left.rows[0].seats[2:])))
    plan = replace(plan, sections=(split, plan.sections[1]))
    assert [len(row.seats) for row in read_plan(write_plan(plan, "svg")).sections[0].rows] == [2, 1]
    assert [len(row.seats) for row in read_plan(write_plan(plan, "pretix")).sections[0].rows] == [2, 1]


def test_format_that_is_only_read() -> None:
    with pytest.raises(ValueError, match="choose one of rowlock, pretix, csv, svg"):
        write_plan(small_plan(), "seatsio")
