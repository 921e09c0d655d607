"""What a reader hands over: a plan not yet checked, and how to name its seats' places in the file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from rowlock.seating.faults import PlanFileError
from rowlock.seating.model import SEATS_PER_PLAN_MAX, Category, Point, Row, SeatingPlan, Section, Shape

MARGIN_SHARE = 0.04  # free space round a drawing whose file gives no size, as a share of its longer side
DEFAULT_CATEGORY = "Regular"


@dataclass(frozen=True)
class Draft:
    """A plan as read. `seat_place` is None when places are paths into a Rowlock JSON document."""

    plan: SeatingPlan
    seat_place: Callable[[int], str] | None = None


class Frame(NamedTuple):
    """Width and height a file declares for its drawing."""

    width: float
    height: float


def framed(
    name: str,
    sections: Sequence[Section],
    shapes: Sequence[Shape] = (),
    colours: dict[str, str | None] | None = None,
    frame: Frame | None = None,
) -> SeatingPlan:
    """A plan of these sections. Seats outside `frame`, or no frame, make the drawing grow to hold them.

    Categories are those in `colours` (name to colour), then the others in the order in which seats name them.
    """
    sections = [replace(section, rows=rows) for section in sections if (rows := _with_seats(section.rows))]
    if not sections:
        raise PlanFileError("", "the file holds no seats")
    seats = [(seat.x, seat.y) for section in sections for row in section.rows for seat in row.seats]
    if frame is None or any(not (0 <= x <= frame.width and 0 <= y <= frame.height) for x, y in seats):
        dx, dy, frame = _room_for([*seats, *(point for shape in shapes for point in shape.points)])
        sections = [_moved_section(section, dx, dy) for section in sections]
        shapes = [replace(shape, points=_moved(shape.points, dx, dy)) for shape in shapes]
    colours = dict(colours or {})
    for section in sections:
        for row in section.rows:
            for seat in row.seats:
                colours.setdefault(seat.category, None)
    return SeatingPlan(
        name=name,
        width=frame.width,
        height=frame.height,
        categories=tuple(Category(category, colour) for category, colour in colours.items()),
        sections=tuple(sections),
        shapes=tuple(shapes),
    )


def _with_seats(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.seats)


def _room_for(points: Sequence[Point]) -> tuple[float, float, Frame]:
    """The shift that brings every point inside, and the size that then holds them with a margin."""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    margin = max(right - left, bottom - top) * MARGIN_SHARE or 1.0
    dx, dy = (margin - left if left < 0 else 0.0), (margin - top if top < 0 else 0.0)
    return dx, dy, Frame(right + dx + margin, bottom + dy + margin)


def _moved(points: Iterable[Point], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


def _moved_section(section: Section, dx: float, dy: float) -> Section:
    if not dx and not dy:
        return section
    rows = tuple(
        replace(row, seats=tuple(replace(seat, x=seat.x + dx, y=seat.y + dy) for seat in row.seats))
        for row in section.rows
    )
    outline = None if section.outline is None else _moved(section.outline, dx, dy)
    return replace(section, rows=rows, outline=outline)


class SeatBudget:
    """Stops a file that would unfold into more seats than a plan may hold, before they are made."""

    def __init__(self) -> None:
        self.seats = 0

    def spend(self, seats: int, place: str) -> None:
        self.seats += seats
        if self.seats > SEATS_PER_PLAN_MAX:
            raise PlanFileError(place, f"more than {SEATS_PER_PLAN_MAX:,} seats")


def nth_place(places: Callable[[], Iterator[str]]) -> Callable[[int], str]:
    """Names a seat's place by walking the file's seats in order; only done when there is a fault to tell."""
    return lambda seat_no: next(islice(places(), seat_no, None))
