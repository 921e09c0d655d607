"""The seating plan of a venue: sections, rows and seats, as plain immutable values.

Lengths are plan units (one metre is recommended, any unit works), x grows to the right, y downward.
A seat's `seatNo` is its position in document order (sections, then rows, then seats), counted from 0,
so the seats of a section and of a row are always one contiguous range.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

SEATS_PER_PLAN_MAX = 250_000
SEATS_PER_ROW_MAX = 2_000
ROWS_PER_SECTION_MAX = 2_000
SECTIONS_PER_PLAN_MAX = 5_000
CATEGORIES_PER_PLAN_MAX = 255  # a category travels to the browser as one byte
SHAPES_PER_PLAN_MAX = 2_000
POINTS_PER_SHAPE_MAX = 10_000
COORDINATE_MAX = 1_000_000.0
NAME_CHARS_MAX = 120
LABEL_CHARS_MAX = 60
SEAT_ID_CHARS_MAX = 190

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
Label = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARS_MAX)]
SeatId = Annotated[str, Meta(min_length=1, max_length=SEAT_ID_CHARS_MAX)]
Colour = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")]
Coordinate = Annotated[float, Meta(ge=-COORDINATE_MAX, le=COORDINATE_MAX)]
Extent = Annotated[float, Meta(gt=0, le=COORDINATE_MAX)]
Point = tuple[Coordinate, Coordinate]
Outline = Annotated[tuple[Point, ...], Meta(min_length=3, max_length=POINTS_PER_SHAPE_MAX)]
ShapeKind = Literal["stage", "field", "outline", "aisle", "text", "area"]


class Category(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price category of the plan; an event sets its price. `color` is `#rrggbb`."""

    name: Label
    color: Colour | None = None


class Shape(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something drawn that is not a seat. A `text` shape has one point, where its label stands."""

    kind: ShapeKind
    points: Annotated[tuple[Point, ...], Meta(min_length=1, max_length=POINTS_PER_SHAPE_MAX)]
    label: Name | None = None
    closed: bool = True


class Seat(Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One place to sit. `id` is only given where it is not `<section id>-<row label>-<number>`."""

    number: Label
    x: Coordinate
    y: Coordinate
    category: Label
    accessible: bool = False
    companion: bool = False
    restricted_view: bool = False
    id: SeatId | None = None


class Row(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Neighbouring seats, in the order in which they stand."""

    label: Label
    seats: Annotated[tuple[Seat, ...], Meta(min_length=1, max_length=SEATS_PER_ROW_MAX)]


class Section(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A block of rows. Without an `outline` one is drawn round its seats."""

    id: Label
    name: Name
    rows: Annotated[tuple[Row, ...], Meta(min_length=1, max_length=ROWS_PER_SECTION_MAX)]
    level: Label | None = None
    outline: Outline | None = None


class PlacedSeat(NamedTuple):
    """A seat together with where it belongs."""

    seat_no: int
    id: str
    section: Section
    row: Row
    seat: Seat


class SeatingPlan(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="format", tag="rowlock-plan/1"
):
    """A whole plan; seats lie within `0..width` and `0..height`."""

    name: Name
    width: Extent
    height: Extent
    categories: Annotated[tuple[Category, ...], Meta(min_length=1, max_length=CATEGORIES_PER_PLAN_MAX)]
    sections: Annotated[tuple[Section, ...], Meta(min_length=1, max_length=SECTIONS_PER_PLAN_MAX)]
    shapes: Annotated[tuple[Shape, ...], Meta(max_length=SHAPES_PER_PLAN_MAX)] = ()

    @property
    def capacity(self) -> int:
        """The number of seats; there is no other source of a venue's capacity."""
        return sum(len(row.seats) for section in self.sections for row in section.rows)

    def placed_seats(self) -> Iterator[PlacedSeat]:
        """Every seat in `seatNo` order."""
        seat_no = 0
        for section in self.sections:
            for row in section.rows:
                for seat in row.seats:
                    yield PlacedSeat(seat_no, seat_id(section, row, seat), section, row, seat)
                    seat_no += 1

    def seat_ids(self) -> list[str]:
        """Seat ids; the list index is the `seatNo`."""
        return [seat_id(section, row, seat) for section in self.sections for row in section.rows for seat in row.seats]

    def seat_numbers_by_id(self) -> dict[str, int]:
        """`seatNo` of every seat id."""
        return {identity: seat_no for seat_no, identity in enumerate(self.seat_ids())}


def seat_id(section: Section, row: Row, seat: Seat) -> str:
    """The id a seat is sold under: its own, or the one made of its section, row and number."""
    return seat.id if seat.id is not None else f"{section.id}-{row.label}-{seat.number}"
