"""Small plans of every shape that matters to choosing: aisles, tiers, wheelchair places, with a stage and without."""

import random

from hypothesis import strategies as st

from rowlock.seating import Category, Row, Seat, SeatingPlan, Section, Shape

TIERS = ("Stalls", "Balcony")
PRICES = (5000, 2000)


def row(label: str, y: float, marks: str, x: float = 1.0) -> Row:
    """A row drawn in letters: `s`, `b` a seat of the first and the second tier, `A` a wheelchair place, `C` a
    companion's, a blank is an aisle."""
    seats: list[Seat] = []
    for mark in marks:
        if mark == " ":
            x += 2.0
            continue
        tier = TIERS[1] if mark == "b" else TIERS[0]
        seats.append(Seat(str(len(seats) + 1), x, y, tier, accessible=mark == "A", companion=mark == "C"))
        x += 1.0
    return Row(label, tuple(seats))


def plan_of(*sections: tuple[str, ...], stage_at: float | None = 0.0) -> SeatingPlan:
    """A plan of sections side by side, each drawn row by row from y = 3 on, and a stage at some y or none."""
    made = []
    for number, rows in enumerate(sections):
        drawn = tuple(row(str(place + 1), 3.0 + place, marks, 1.0 + number * 40) for place, marks in enumerate(rows))
        made.append(Section(f"S{number + 1}", f"Section {number + 1}", drawn))
    shapes: tuple[Shape, ...] = ()
    if stage_at is not None:
        corners = ((5.0, stage_at), (9.0, stage_at), (9.0, stage_at + 1), (5.0, stage_at + 1))
        shapes = (Shape("stage", corners),)
    return SeatingPlan("Drawn", 200.0, 100.0, tuple(map(Category, TIERS)), tuple(made), shapes)


def _with_aisle(marks: str, before: int) -> str:
    return f"{marks[:before]} {marks[before:]}"


@st.composite
def houses(draw: st.DrawFn) -> tuple[SeatingPlan, list[bool]]:
    """A plan of up to some fifty seats and which of them are free."""
    short = st.text("ssssbbAC", min_size=1, max_size=3)
    long = st.text("ssssbbAC", min_size=4, max_size=12)
    indent = st.integers(0, 6).map(" ".__mul__)
    marks = st.builds(str.__add__, indent, short | long | st.builds(_with_aisle, long, st.integers(1, 3)))
    sections = draw(st.lists(st.lists(marks, min_size=1, max_size=3).map(tuple), min_size=1, max_size=2))
    plan = plan_of(*sections, stage_at=draw(st.sampled_from((20.0, 0.0, None))))
    dice = random.Random(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from((0.2, 0.5, 0.8, 1.0)))
    return plan, [dice.random() < share for _ in range(plan.capacity)]
