"""What the check refuses, and that it lets good plans through."""

from collections.abc import Callable

import pytest
from hypothesis import given
from msgspec.structs import replace
from tests.unit.seating.plans import seating_plans, small_plan

from rowlock.seating import Category, Row, Seat, SeatingPlan, Section, check_plan
from rowlock.seating.model import SEATS_PER_PLAN_MAX


def test_seat_numbers_follow_document_order() -> None:
    plan = small_plan()
    assert plan.seat_ids() == ["L-A-1", "L-A-2", "L-A-3", "L-B-1", "L-B-2", "R-A-1", "R-A-2"]
    assert [placed.seat_no for placed in plan.placed_seats()] == list(range(plan.capacity))
    assert plan.seat_numbers_by_id()["R-A-1"] == 5


@given(seating_plans())
def test_good_plans_pass(plan: SeatingPlan) -> None:
    assert check_plan(plan) == []


def with_seat(change: Callable[[Seat], Seat]) -> SeatingPlan:
    """The small plan with its very last seat changed."""
    plan = small_plan()
    *sections, last = plan.sections
    row = last.rows[-1]
    seats = (*row.seats[:-1], change(row.seats[-1]))
    return replace(plan, sections=(*sections, replace(last, rows=(replace(row, seats=seats),))))


LAST = "$.sections[1].rows[0].seats[1]"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda seat: replace(seat, number="1"), 'section "R", row "A", seat "1" appears twice'),
        (lambda seat: replace(seat, id="L-A-1"), 'seat id "L-A-1" appears twice, first at $.sections[0]'),
        (lambda seat: replace(seat, x=float("nan")), "position (nan, 5.0) lies outside"),
        (lambda seat: replace(seat, y=float("inf")), "position (7.0, inf) lies outside"),
        (lambda seat: replace(seat, x=-0.1), "lies outside the plan"),
        (lambda seat: replace(seat, category="Gold"), 'unknown category "Gold"'),
        (lambda seat: replace(seat, number=" "), "the text is empty"),
        (lambda seat: replace(seat, number="2 "), "starts or ends with a space"),
        (lambda seat: replace(seat, number="2\x00"), "control character"),
        (lambda seat: replace(seat, number="\u202e2"), "control character"),
        (lambda seat: replace(seat, number="9" * 61), "61 characters; at most 60"),
    ],
)
def test_faulty_seat_is_named(change: Callable[[Seat], Seat], said: str) -> None:
    faults = check_plan(with_seat(change))
    assert [fault.place for fault in faults] == [LAST]
    assert said in faults[0].message


def test_faults_above_the_seats() -> None:
    plan = small_plan()
    left, right = plan.sections
    broken = {
        "$.width": replace(plan, width=float("nan")),
        "$.name": replace(plan, name=""),
        "$.categories": replace(plan, categories=()),
        "$.categories[0].color": replace(plan, categories=(Category("VIP", "red"), Category("Regular"))),
        "$.categories[1]": replace(plan, categories=(*plan.categories[:1], Category("VIP"), Category("Regular"))),
        "$.sections": replace(plan, sections=()),
        "$.sections[1]": replace(plan, sections=(left, replace(right, rows=()))),
        "$.sections[0].rows[1]": replace(plan, sections=(replace(left, rows=(left.rows[0], Row("B", ()))), right)),
        "$.sections[1].outline": replace(plan, sections=(left, replace(right, outline=((0, 0), (1, 1))))),
        "$.shapes[0].points[0]": replace(plan, shapes=(replace(plan.shapes[0], points=((float("inf"), 0.0),)),)),
    }
    assert {place: check_plan(bad)[0].place for place, bad in broken.items()} == {place: place for place in broken}


def test_section_named_twice() -> None:
    plan = small_plan()
    left, right = plan.sections
    faults = check_plan(replace(plan, sections=(left, replace(right, id="L"))))
    assert 'section "L" appears twice' in faults[0].message


def test_plan_larger_than_any_venue() -> None:
    row = Row("A", tuple(Seat(str(n), 1, 1, "VIP") for n in range(1_500)))
    rows = tuple(replace(row, label=str(n)) for n in range(SEATS_PER_PLAN_MAX // 1_500 + 1))
    plan = SeatingPlan("Huge", 10, 10, (Category("VIP"),), (Section("1", "1", rows),))
    assert "at most 250,000" in check_plan(plan)[0].message


def test_progress_counts_up_to_the_capacity() -> None:
    told: list[tuple[int, int]] = []
    check_plan(small_plan(), progress=lambda done, total: told.append((done, total)))
    assert told == [(5, 7), (7, 7)]
