"""Hall schemes of the Ticketland editor: a flat list of seats, section outlines and a stage."""

from typing import Literal

from msgspec import Struct

from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.draft import Draft, framed, nth_place
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.model import SEATS_PER_ROW_MAX, Coordinate, Point, Row, Seat, Section, Shape

STANDING = "GA"  # the row of places whose file gives none


class Corner(Struct, frozen=True):
    x: Coordinate
    y: Coordinate


class SeatMark(Struct, frozen=True, rename="camel"):
    section_id: int | None = None
    section: str | None = None
    row: str | None = None
    seat: str | None = None


class Thing(Struct, frozen=True, rename="camel"):
    """A seat, a section's outline, the stage or a text; only seats must say where they belong."""

    type: str
    x: Coordinate = 0.0
    y: Coordinate = 0.0
    width: Coordinate = 0.0
    height: Coordinate = 0.0
    name: str | None = None
    text: str | None = None
    section_id: int | None = None
    points: list[Corner] = []
    attrs: SeatMark = SeatMark()


class Hall(Struct, frozen=True):
    type: Literal["schema"]
    objects: list[Thing]


def read_ticketland(data: bytes, name: str) -> Draft:
    """Sections are price categories too. Numbered places without a row stand in rows "GA" of the section."""
    hall = decode_json(data, Hall)
    outlines: dict[int | None, tuple[Point, ...]] = {
        thing.section_id: tuple((corner.x, corner.y) for corner in thing.points)
        for thing in hall.objects
        if thing.type == "section" and thing.section_id is not None and len(thing.points) >= 3
    }
    rows: dict[tuple[int | None, str], dict[str, list[tuple[Seat, str]]]] = {}
    for number, thing in enumerate(hall.objects):
        if thing.type == "seat":
            place = f"$.objects[{number}]"
            mark = thing.attrs
            section = (mark.section or "").strip()
            if not section or not (mark.seat or "").strip():
                raise PlanFileError(place, "the seat names no section or no number")
            seat = Seat((mark.seat or "").strip(), thing.x, thing.y, section)
            line = rows.setdefault((mark.section_id, section), {}).setdefault((mark.row or "").strip() or STANDING, [])
            line.append((seat, place))
    sections, places = [], []
    for (section_id, section), lines in rows.items():
        split = [part for label, line in lines.items() for part in _parts(label, line)]
        places += [place for _, line in split for _, place in line]
        section_rows = tuple(Row(label, tuple(seat for seat, _ in line)) for label, line in split)
        sections.append(Section(id=section, name=section, rows=section_rows, outline=outlines.get(section_id)))
    shapes = [shape for thing in hall.objects if (shape := _shape(thing))]
    return Draft(framed(name, sections, shapes), nth_place(lambda: iter(places)))


def _parts(label: str, line: list[tuple[Seat, str]]) -> list[tuple[str, list[tuple[Seat, str]]]]:
    """A row in document order; a standing area is too long for one and is cut."""
    if len(line) <= SEATS_PER_ROW_MAX:
        return [(label, line)]
    cuts = range(0, len(line), SEATS_PER_ROW_MAX)
    return [(f"{label} {number}", line[cut : cut + SEATS_PER_ROW_MAX]) for number, cut in enumerate(cuts, start=1)]


def _shape(thing: Thing) -> Shape | None:
    if thing.type == "stage" and thing.width > 0 and thing.height > 0:
        dx, dy = thing.width / 2, thing.height / 2
        corners: tuple[Point, ...] = (
            (thing.x - dx, thing.y - dy),
            (thing.x + dx, thing.y - dy),
            (thing.x + dx, thing.y + dy),
            (thing.x - dx, thing.y + dy),
        )
        return Shape("stage", corners, "Stage")
    if thing.type == "text" and thing.text and thing.text.strip():
        return Shape("text", ((thing.x, thing.y),), thing.text.strip()[:120])
    return None
