"""Everything that must hold of a plan before anyone may sell it."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from rowlock.seating.faults import Fault, PlanFileError
from rowlock.seating.model import (
    CATEGORIES_PER_PLAN_MAX,
    COORDINATE_MAX,
    LABEL_CHARS_MAX,
    NAME_CHARS_MAX,
    POINTS_PER_SHAPE_MAX,
    ROWS_PER_SECTION_MAX,
    SEAT_ID_CHARS_MAX,
    SEATS_PER_PLAN_MAX,
    SEATS_PER_ROW_MAX,
    SECTIONS_PER_PLAN_MAX,
    SHAPES_PER_PLAN_MAX,
    Point,
    Row,
    Seat,
    SeatingPlan,
    Section,
    seat_id,
)

FAULTS_LISTED_MAX = 1_000
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# Control characters, lone surrogates, line separators and the marks that reorder text on a ticket.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

SeatPlace = Callable[[int], str]
Progress = Callable[[int, int], None]


def check_plan(plan: SeatingPlan, seat_place: SeatPlace | None = None, progress: Progress | None = None) -> list[Fault]:
    """What is wrong with `plan`, at most FAULTS_LISTED_MAX faults; an empty list means it can be sold.

    `seat_place` names a seat (by its seatNo) in the terms of the file it came from; by default places are
    paths into the Rowlock JSON document. `progress` is told (seats checked, seats in all) after each section.
    """
    return list(islice(_faults(plan, seat_place, progress), FAULTS_LISTED_MAX))


def checked(plan: SeatingPlan, seat_place: SeatPlace | None = None, progress: Progress | None = None) -> SeatingPlan:
    """`plan` itself when nothing is wrong with it, else PlanFileError with the first fault and how many follow."""
    faults = check_plan(plan, seat_place, progress)
    if not faults:
        return plan
    message = faults[0].message
    if len(faults) > 1:
        counted = f"{len(faults):,}" if len(faults) < FAULTS_LISTED_MAX else f"{FAULTS_LISTED_MAX:,} or more"
        message += f"; {counted} faults in all, the next at {faults[1].place}"
    if all(fault.repairable for fault in faults):
        message += "; reading the file with repair gives the later seats new names"
    raise PlanFileError(faults[0].place, message)


def _faults(plan: SeatingPlan, seat_place: SeatPlace | None, progress: Progress | None) -> Iterator[Fault]:
    yield from _text_faults("$.name", plan.name, NAME_CHARS_MAX)
    for side, length in (("width", plan.width), ("height", plan.height)):
        if not 0 < length <= COORDINATE_MAX:
            yield Fault(f"$.{side}", f"{length} is not a {side} above 0 and up to {COORDINATE_MAX:,.0f}")
    yield from _category_faults(plan)
    yield from _shape_faults(plan)
    yield from _count_faults("$.sections", "sections", len(plan.sections), SECTIONS_PER_PLAN_MAX)
    capacity = plan.capacity
    if capacity > SEATS_PER_PLAN_MAX:
        yield Fault("$.sections", f"{capacity:,} seats; a plan holds at most {SEATS_PER_PLAN_MAX:,}")
        return
    seen_sections: dict[str, str] = {}
    checker = _SeatChecker(plan, seat_place)
    for number, section in enumerate(plan.sections):
        place = f'section "{section.id}"' if seat_place else f"$.sections[{number}]"
        if section.id in seen_sections:
            yield Fault(place, f'section "{section.id}" appears twice, first at {seen_sections[section.id]}')
        seen_sections.setdefault(section.id, place)
        yield from _section_faults(place, section)
        yield from checker.faults(place, section)
        if progress:
            progress(checker.seat_no, capacity)


def _category_faults(plan: SeatingPlan) -> Iterator[Fault]:
    yield from _count_faults("$.categories", "categories", len(plan.categories), CATEGORIES_PER_PLAN_MAX)
    seen: set[str] = set()
    for number, category in enumerate(plan.categories):
        place = f"$.categories[{number}]"
        yield from _text_faults(f"{place}.name", category.name, LABEL_CHARS_MAX)
        if category.name in seen:
            yield Fault(place, f'category "{category.name}" appears twice')
        seen.add(category.name)
        if category.color is not None and not COLOUR.fullmatch(category.color):
            yield Fault(f"{place}.color", f'"{category.color[:20]}" is not a colour such as #7a3ff2')


def _shape_faults(plan: SeatingPlan) -> Iterator[Fault]:
    if len(plan.shapes) > SHAPES_PER_PLAN_MAX:
        yield Fault("$.shapes", f"{len(plan.shapes):,} shapes; at most {SHAPES_PER_PLAN_MAX:,}")
    for number, shape in enumerate(plan.shapes):
        place = f"$.shapes[{number}]"
        yield from _count_faults(f"{place}.points", "points", len(shape.points), POINTS_PER_SHAPE_MAX)
        yield from _point_faults(f"{place}.points", shape.points)
        if shape.label is not None:
            yield from _text_faults(f"{place}.label", shape.label, NAME_CHARS_MAX)


def _section_faults(place: str, section: Section) -> Iterator[Fault]:
    yield from _text_faults(f"{place}.id", section.id, LABEL_CHARS_MAX)
    yield from _text_faults(f"{place}.name", section.name, NAME_CHARS_MAX)
    if section.level is not None:
        yield from _text_faults(f"{place}.level", section.level, LABEL_CHARS_MAX)
    if section.outline is not None:
        if len(section.outline) < 3:
            yield Fault(f"{place}.outline", "an outline needs at least 3 points")
        yield from _point_faults(f"{place}.outline", section.outline)
    if not section.rows:
        yield Fault(place, f'section "{section.id}" has no rows')
    elif len(section.rows) > ROWS_PER_SECTION_MAX:
        yield Fault(place, f'section "{section.id}" has {len(section.rows):,} rows; at most {ROWS_PER_SECTION_MAX:,}')


class _SeatChecker:
    """Walks the seats in order and remembers which names and ids are taken."""

    def __init__(self, plan: SeatingPlan, seat_place: SeatPlace | None) -> None:
        self.categories = {category.name for category in plan.categories}
        self.width = plan.width
        self.height = plan.height
        self.seat_place = seat_place
        self.taken_names: dict[tuple[str, str, str], tuple[int, str]] = {}
        self.taken_ids: dict[str, tuple[int, str]] = {}
        self.seat_no = 0

    def faults(self, section_place: str, section: Section) -> Iterator[Fault]:
        for number, row in enumerate(section.rows):
            place = f"{section_place}.rows[{number}]"
            yield from _text_faults(f"{place}.label", row.label, LABEL_CHARS_MAX)
            yield from _count_faults(place, "seats", len(row.seats), SEATS_PER_ROW_MAX)
            for position, seat in enumerate(row.seats):
                path = f"{place}.seats[{position}]"
                for message, repairable in self._messages(section, row, seat, path):
                    yield Fault(self._place(self.seat_no, path), message, repairable)
                self.seat_no += 1

    def _place(self, seat_no: int, path: str) -> str:
        return self.seat_place(seat_no) if self.seat_place else path

    def _messages(self, section: Section, row: Row, seat: Seat, path: str) -> Iterator[tuple[str, bool]]:
        for message in _text_messages(seat.number, LABEL_CHARS_MAX):
            yield message, False
        if seat.category not in self.categories:
            yield f'unknown category "{seat.category[:LABEL_CHARS_MAX]}"', False
        # Written so that NaN, which compares false with everything, is refused too.
        if not (0 <= seat.x <= self.width and 0 <= seat.y <= self.height):
            yield f"position ({seat.x}, {seat.y}) lies outside the plan of {self.width} by {self.height}", False
        name = (section.id, row.label, seat.number)
        first = self.taken_names.setdefault(name, (self.seat_no, path))
        if first[0] != self.seat_no:
            again = f'section "{name[0]}", row "{name[1]}", seat "{name[2]}" appears twice'
            yield f"{again}, first at {self._place(*first)}", True
            return
        identity = seat_id(section, row, seat)
        if seat.id is not None:
            for message in _text_messages(identity, SEAT_ID_CHARS_MAX):
                yield message, False
        first = self.taken_ids.setdefault(identity, (self.seat_no, path))
        if first[0] != self.seat_no:
            yield f'seat id "{identity}" appears twice, first at {self._place(*first)}', True


def _count_faults(place: str, what: str, count: int, most: int) -> Iterator[Fault]:
    if count == 0:
        yield Fault(place, f"no {what}")
    elif count > most:
        yield Fault(place, f"{count:,} {what}; at most {most:,}")


def _point_faults(place: str, points: tuple[Point, ...]) -> Iterator[Fault]:
    for number, (x, y) in enumerate(points):
        if not (abs(x) <= COORDINATE_MAX and abs(y) <= COORDINATE_MAX):
            yield Fault(f"{place}[{number}]", f"({x}, {y}) is not a point within {COORDINATE_MAX:,.0f} units")
            return


def _text_faults(place: str, text: str, chars_max: int) -> Iterator[Fault]:
    for message in _text_messages(text, chars_max):
        yield Fault(place, message)


def _text_messages(text: str, chars_max: int) -> Iterator[str]:
    if not text.strip():
        yield "the text is empty"
    elif len(text) > chars_max:
        yield f"a text of {len(text):,} characters; at most {chars_max}"
    elif text[0].isspace() or text[-1].isspace():
        yield f"{text!r} starts or ends with a space"
    elif not text.isprintable() and UNPRINTABLE.search(text):
        yield f"{text!r} contains a control character"
