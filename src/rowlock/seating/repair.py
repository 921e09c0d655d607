"""Giving seats that a file names twice names of their own."""

from collections.abc import Callable
from itertools import count

from msgspec.structs import replace

from rowlock.seating.model import Row, Seat, SeatingPlan, Section, seat_id


def renumber_duplicates(plan: SeatingPlan) -> SeatingPlan:
    """The plan with every seat named once; the first of several seats keeps its name and id.

    A row that repeats seats of an earlier row of its section becomes "A (2)", a number repeated within a row
    "7 (2)", and an id used before gets the same ending. Seats that were not in doubt are untouched.
    """
    taken_ids: set[str] = set()
    sections = []
    for section in plan.sections:
        taken_names: set[tuple[str, str]] = set()
        rows = [_renamed_row(section, row, taken_names, taken_ids) for row in section.rows]
        sections.append(replace(section, rows=tuple(rows)))
    return replace(plan, sections=tuple(sections))


def _renamed_row(section: Section, row: Row, taken_names: set[tuple[str, str]], taken_ids: set[str]) -> Row:
    numbers = {seat.number for seat in row.seats}
    row = replace(row, label=_free(row.label, lambda label: any((label, number) in taken_names for number in numbers)))
    seats: list[Seat] = []
    for seat in row.seats:
        number = _free(seat.number, lambda number: (row.label, number) in taken_names)
        renamed = replace(seat, number=number)
        taken_names.add((row.label, number))
        identity = _free(seat_id(section, row, renamed), taken_ids.__contains__)
        taken_ids.add(identity)
        default = seat_id(section, row, replace(renamed, id=None))
        seats.append(replace(renamed, id=None if identity == default else identity))
    return replace(row, seats=tuple(seats))


def _free(name: str, taken: Callable[[str], bool]) -> str:
    """`name`, or the first of "name (2)", "name (3)", ... that is not taken."""
    if not taken(name):
        return name
    return next(candidate for number in count(2) if not taken(candidate := f"{name} ({number})"))
