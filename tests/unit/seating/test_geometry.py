"""The API's plan answers, and the outlines drawn round sections."""

from array import array
from base64 import b64decode
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.unit.seating.plans import seating_plans, small_plan

from rowlock.seating import Row, Seat, SeatingPlan, Section, plan_as_columns, plan_as_list
from rowlock.seating.generator import baseball_stadium, club, theatre
from rowlock.seating.generator.curve import arc
from rowlock.seating.geometry import row_numbers
from rowlock.seating.outline import label_point, section_outline

Points = list[tuple[float, float]]


def unpacked(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """The seats of a columns answer as the list answer gives them, with float32 positions."""
    seats = columns["seats"]
    x, y = (array("f", b64decode(seats[axis])) for axis in "xy")
    category, flags = b64decode(seats["category"]), b64decode(seats["flags"])
    told = []
    for section in columns["sections"]:
        for row in section["rows"]:
            for place in range(row["count"]):
                n = row["first"] + place
                numbers = row["numbers"]
                number = (
                    numbers[place] if isinstance(numbers, list) else str(numbers["start"] + numbers["step"] * place)
                )
                seat = {
                    "id": seats["ids"][n] if seats["ids"] else f"{section['id']}-{row['label']}-{number}",
                    "section": section["id"],
                    "row": row["label"],
                    "number": number,
                    "x": x[n],
                    "y": y[n],
                    "tier": columns["categories"][category[n]]["name"],
                    "accessible": bool(flags[n] & 1),
                }
                marks = {"companion": bool(flags[n] & 2), "restrictedView": bool(flags[n] & 4)}
                told.append(seat | {name: True for name, given in marks.items() if given})
    return told


@given(seating_plans())
def test_columns_and_list_tell_the_same(plan: SeatingPlan) -> None:
    listed = msgspec.json.decode(plan_as_list(plan, "p", 3))
    columns = msgspec.json.decode(plan_as_columns(plan, "p", 3))
    seats = listed.pop("seats")
    for seat in seats:
        seat["x"], seat["y"] = array("f", [seat["x"], seat["y"]])
    assert unpacked(columns) == seats
    del columns["seats"]
    for section in columns["sections"]:
        for row in section["rows"]:
            del row["numbers"]
    assert columns == listed
    assert (listed["planId"], listed["version"], listed["seatCount"]) == ("p", 3, plan.capacity)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["1", "2", "3"], {"start": 1, "step": 1}),
        (["12", "10", "8"], {"start": 12, "step": -2}),
        (["7"], {"start": 7, "step": 1}),
        (["1", "2", "4"], ["1", "2", "4"]),
        (["01", "02"], ["01", "02"]),
        (["1a", "2a"], ["1a", "2a"]),
        (["٣", "٤"], ["٣", "٤"]),
        (["9999999999999999999", "10000000000000000000"], ["9999999999999999999", "10000000000000000000"]),
    ],
)
def test_row_numbers(labels: list[str], told: object) -> None:
    assert row_numbers(Row("A", tuple(Seat(label, 0, 0, "VIP") for label in labels))) == told


def holds(outline: Points, x: float, y: float) -> bool:
    """Whether a point lies inside a closed outline (even-odd rule)."""
    inside = False
    for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]]):
        if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


@pytest.mark.parametrize("plan", [baseball_stadium(), theatre(), club(), small_plan()], ids=lambda plan: plan.name)
def test_outline_holds_the_seats_and_the_label(plan: SeatingPlan) -> None:
    for section in plan.sections:
        outline = section_outline(section)
        assert holds(outline, *label_point(outline))
        outside = [seat for row in section.rows for seat in row.seats if not holds(outline, seat.x, seat.y)]
        assert outside == []
        assert len(outline) <= 60


def test_outline_follows_the_curve_of_the_rows() -> None:
    rows = tuple(
        Row(str(radius), tuple(Seat(str(n), x, y, "VIP") for n, (x, y) in enumerate(arc((0, 0), radius, 60, 120, 3))))
        for radius in (10, 11, 12)
    )
    outline = section_outline(Section("1", "1", rows))
    middle_of_the_chord = (rows[0].seats[0].x + rows[0].seats[-1].x) / 2, rows[0].seats[0].y
    assert not holds(outline, *middle_of_the_chord)
    assert all(holds(outline, seat.x, seat.y) for row in rows for seat in row.seats)


@pytest.mark.parametrize(
    "seats",
    [
        [(5, 5)],
        [(5, 5), (5, 5)],
        [(1, 5), (2, 5), (3, 5)],
        [(1, 1), (2, 2), (3, 3)],
    ],
)
def test_thin_sections_still_have_an_area(seats: Points) -> None:
    row = Row("A", tuple(Seat(str(n), x, y, "VIP") for n, (x, y) in enumerate(seats)))
    outline = section_outline(Section("1", "1", (row,)))
    assert all(holds(outline, x, y) for x, y in seats)


def test_given_outline_is_kept() -> None:
    section = msgspec.structs.replace(small_plan().sections[0], outline=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))
    assert section_outline(section) == [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0)]


def test_columns_of_a_stadium_stay_small() -> None:
    plan = baseball_stadium()
    assert len(plan_as_columns(plan, "p", 1)) * 5 < len(plan_as_list(plan, "p", 1))
