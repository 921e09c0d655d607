"""The seats of a plan as choosing sees them: rows in order of preference, and who sits beside whom. Pure.

Two seats are *beside* each other when they follow in a row with no aisle between them. They are *neighbours* when they
are also of one tier and both for everybody: places for wheelchairs and their companions are nobody's neighbours here.
A gap wider than `AISLE_PITCHES` times the usual one is an aisle; plans draw aisles and never name them. The usual gap
is the row's median, in rows of fewer than `SEATS_TO_TELL_PITCH` seats the section's.
"""

import statistics
from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import dist
from typing import NamedTuple

from rowlock.seating.model import Seat, SeatingPlan

AISLE_PITCHES = 1.6
SAME_DISTANCE_DIGITS = 9
"""Rows whose distances differ by less are equally near: which comes first must not hang on rounding."""

SEATS_TO_TELL_PITCH = 4
ROWS_WITH_NEAREST_KEPT = 256
"""Rows whose list of other rows, nearest first, is kept for each plan."""

Point = tuple[float, float]


class TierRow(NamedTuple):
    """The seats of one row and one tier that are for everybody, as stretches of neighbours (ranges of seat numbers).

    `anchor` is the point its best seat is nearest to; no seat is further from `middle` than `radius`.
    """

    section_no: int
    tier_no: int
    stretches: tuple[range, ...]
    middle: Point
    radius: float
    anchor: Point


class Chart:
    """A plan made ready for choosing.

    `rows` stand in order of preference: the nearer their middle is to the stage (without one: to the field) the better,
    and in the plan's order where that is equal or there is neither; of one row's tiers the one that begins it first.
    """

    def __init__(self, plan: SeatingPlan) -> None:
        seats = [seat for section in plan.sections for row in section.rows for seat in row.seats]
        tiers = {category.name: tier_no for tier_no, category in enumerate(plan.categories)}
        self.seat_count = len(seats)
        self.points: list[Point] = [(seat.x, seat.y) for seat in seats]
        self.tier_nos = bytes(tiers[seat.category] for seat in seats)
        self.accessible = bytes(seat.accessible for seat in seats)
        self.companion = bytes(seat.companion for seat in seats)
        self.beside_left = bytes(_beside_left(plan))
        self.neighbour_left = bytes(
            beside and self._for_all(seat_no) and self._for_all(seat_no - 1)
            and self.tier_nos[seat_no] == self.tier_nos[seat_no - 1]
            for seat_no, beside in enumerate(self.beside_left)
        )  # fmt: skip
        focus = _focus(plan)
        rows = list(self._tier_rows(plan, focus))
        if focus is not None:
            rows.sort(key=lambda row: round(dist(row.middle, focus), SAME_DISTANCE_DIGITS))
        self.rows = tuple(rows)
        self.row_of = [-1] * self.seat_count
        for row_no, row in enumerate(self.rows):
            for stretch in row.stretches:
                self.row_of[stretch.start : stretch.stop] = [row_no] * len(stretch)
        self.accessible_stretches = tuple(self._accessible_stretches(plan, focus))
        self.rows_by_distance = lru_cache(ROWS_WITH_NEAREST_KEPT)(self._rows_by_distance)

    def groups(self, seat_nos: Iterable[int]) -> list[tuple[int, ...]]:
        """The seats in groups of people who sit side by side."""
        groups: list[list[int]] = []
        for seat_no in sorted(seat_nos):
            if groups and groups[-1][-1] == seat_no - 1 and self.beside_left[seat_no]:
                groups[-1].append(seat_no)
            else:
                groups.append([seat_no])
        return [tuple(group) for group in groups]

    def middle(self, first: int, last: int) -> Point:
        """The point halfway between two seats."""
        (left, top), (right, bottom) = self.points[first], self.points[last]
        return (left + right) / 2, (top + bottom) / 2

    def neighbours(self, seat_no: int) -> Iterator[int]:
        """The seat's neighbours, at most two."""
        if self.neighbour_left[seat_no]:
            yield seat_no - 1
        if seat_no + 1 < self.seat_count and self.neighbour_left[seat_no + 1]:
            yield seat_no + 1

    def _for_all(self, seat_no: int) -> bool:
        return not (self.accessible[seat_no] or self.companion[seat_no])

    def _tier_rows(self, plan: SeatingPlan, focus: Point | None) -> Iterator[TierRow]:
        for section_no, numbers in _rows_of(plan):
            middle = self.middle(numbers.start, numbers.stop - 1)
            radius = max(dist(self.points[seat_no], middle) for seat_no in numbers)
            by_tier: dict[int, list[range]] = {}
            for seat_no in numbers:
                if self._for_all(seat_no):
                    stretches = by_tier.setdefault(self.tier_nos[seat_no], [])
                    if self.neighbour_left[seat_no]:
                        stretches[-1] = range(stretches[-1].start, seat_no + 1)
                    else:
                        stretches.append(range(seat_no, seat_no + 1))
            for tier_no, stretches in by_tier.items():
                yield TierRow(section_no, tier_no, tuple(stretches), middle, radius, focus or middle)

    def _accessible_stretches(self, plan: SeatingPlan, focus: Point | None) -> list[tuple[int, range]]:
        """Seats side by side with a wheelchair place among them, each with its section number, best first."""
        found = []
        for section_no, numbers in _rows_of(plan):
            starts = [seat_no for seat_no in numbers if not self.beside_left[seat_no]]
            for start, stop in zip(starts, [*starts[1:], numbers.stop], strict=True):
                if any(self.accessible[start:stop]):
                    found.append((section_no, range(start, stop)))
        if focus is not None:
            found.sort(key=lambda stretch: dist(self.middle(stretch[1].start, stretch[1].stop - 1), focus))
        return found

    def _rows_by_distance(self, row_no: int) -> tuple[tuple[float, int], ...]:
        """The rows of this row's tier, nearest first, each with the least distance that one of its seats can have to
        this row's middle."""
        home = self.rows[row_no]
        return tuple(
            sorted(
                (dist(home.middle, row.middle) - row.radius, other)
                for other, row in enumerate(self.rows)
                if row.tier_no == home.tier_no
            )
        )


def _rows_of(plan: SeatingPlan) -> Iterator[tuple[int, range]]:
    """Every row's section number and seat numbers."""
    first = 0
    for section_no, section in enumerate(plan.sections):
        for row in section.rows:
            yield section_no, range(first, first + len(row.seats))
            first += len(row.seats)


def _beside_left(plan: SeatingPlan) -> Iterator[bool]:
    """Of every seat, whether the seat before it sits beside it."""
    for section in plan.sections:
        gaps_by_row = [
            [_gap(left, right) for left, right in zip(row.seats, row.seats[1:], strict=False)] for row in section.rows
        ]
        usual = _median([gap for gaps in gaps_by_row for gap in gaps])
        for gaps in gaps_by_row:
            pitch = _median(gaps) if len(gaps) + 1 >= SEATS_TO_TELL_PITCH else usual
            yield False
            yield from (gap <= AISLE_PITCHES * pitch for gap in gaps)


def _median(gaps: list[float]) -> float:
    return statistics.median_low(gaps) if gaps else 0.0


def _gap(left: Seat, right: Seat) -> float:
    return dist((left.x, left.y), (right.x, right.y))


def _focus(plan: SeatingPlan) -> Point | None:
    """The point that all look at: the middle of the stages, else of the fields, None when the plan has neither."""
    for kind in ("stage", "field"):
        points = [point for shape in plan.shapes if shape.kind == kind for point in shape.points]
        if points:
            return statistics.fmean(x for x, _ in points), statistics.fmean(y for _, y in points)
    return None
