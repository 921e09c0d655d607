"""The seating-plan JSON of pretix: zones, rows and seats, positions relative to their parents, in pixels."""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import ceil, cos, dist, pi, radians, sin
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from rowlock.seating.formats.draft import Draft, Frame, framed, nth_place
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.model import Coordinate, Point, Row, Seat, SeatingPlan, Section, Shape

STAGE = re.compile(r"stage|bühne|scène|escenario|palco|scena|сцена", re.IGNORECASE)
SEAT_PITCH_PX = 25.0  # pretix draws seats with a radius of 10
Length = Annotated[float, Meta(ge=0, le=1_000_000)]


class Position(Struct, frozen=True):
    x: Coordinate = 0.0
    y: Coordinate = 0.0


class PretixSeat(Struct, frozen=True):
    seat_guid: str
    seat_number: str
    category: str
    position: Position


class PretixRow(Struct, frozen=True):
    row_number: str
    seats: list[PretixSeat]
    position: Position = Position()


class Polygon(Struct, frozen=True):
    points: list[Position]


class Rectangle(Struct, frozen=True):
    width: Length
    height: Length


class Ellipse(Struct, frozen=True):
    radius: Position


class Circle(Struct, frozen=True):
    radius: Length


class AreaText(Struct, frozen=True):
    text: str = ""
    position: Position = Position()


class Area(Struct, frozen=True):
    shape: Literal["polygon", "rectangle", "ellipse", "circle", "text"]
    position: Position = Position()
    rotation: Coordinate = 0.0
    polygon: Polygon | None = None
    rectangle: Rectangle | None = None
    ellipse: Ellipse | None = None
    circle: Circle | None = None
    text: AreaText | None = None


class Zone(Struct, frozen=True):
    rows: list[PretixRow]
    name: str = ""
    zone_id: str = ""
    position: Position = Position()
    areas: list[Area] = []


class PretixCategory(Struct, frozen=True):
    name: str
    color: str | None = None


class Size(Struct, frozen=True):
    width: Annotated[float, Meta(gt=0, le=1_000_000)]
    height: Annotated[float, Meta(gt=0, le=1_000_000)]


class PretixPlan(Struct, frozen=True):
    name: str
    zones: list[Zone]
    categories: list[PretixCategory]
    size: Size


def read_pretix(data: bytes, _name: str) -> Draft:
    """A zone becomes a section; empty rows are left out; areas become shapes."""
    source = decode_json(data, PretixPlan)
    sections = [_section(number, zone) for number, zone in enumerate(source.zones, start=1)]
    shapes = [shape for zone in source.zones for area in zone.areas for shape in _shapes(zone, area)]
    colours = {category.name: _colour(category.color) for category in source.categories}
    plan = framed(
        source.name.strip() or "Seating plan", sections, shapes, colours, Frame(source.size.width, source.size.height)
    )

    def places() -> Iterator[str]:
        for zone_number, zone in enumerate(source.zones):
            for row_number, row in enumerate(zone.rows):
                for seat_number in range(len(row.seats)):
                    yield f"$.zones[{zone_number}].rows[{row_number}].seats[{seat_number}]"

    # framed() adds categories that seats name; here an undeclared one is a fault, which the check then tells.
    declared = tuple(category for category in plan.categories if category.name in colours)
    return Draft(msgspec.structs.replace(plan, categories=declared), nth_place(places))


def _section(number: int, zone: Zone) -> Section:
    identity = (zone.zone_id or zone.name).strip() or f"Zone {number}"
    rows = []
    for row in zone.rows:
        left, top = zone.position.x + row.position.x, zone.position.y + row.position.y
        label = row.row_number.strip()
        seats = tuple(
            Seat(
                number=(seat_number := seat.seat_number.strip()),
                x=left + seat.position.x,
                y=top + seat.position.y,
                category=seat.category,
                id=None if seat.seat_guid == f"{identity}-{label}-{seat_number}" else seat.seat_guid,
            )
            for seat in row.seats
        )
        rows.append(Row(label, seats))
    return Section(id=identity, name=zone.name.strip() or identity, rows=tuple(rows))


def _colour(text: str | None) -> str | None:
    """Only #rrggbb survives; #rgb is widened, names and the rest are left to the theme."""
    if text and re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        return text
    if text and re.fullmatch(r"#[0-9a-fA-F]{3}", text):
        return "#" + "".join(digit * 2 for digit in text[1:])
    return None


def _shapes(zone: Zone, area: Area) -> Iterator[Shape]:
    corners = _corners(area)
    angle = radians(area.rotation)
    left, top = zone.position.x + area.position.x, zone.position.y + area.position.y

    def placed(x: float, y: float) -> Point:
        return (left + x * cos(angle) - y * sin(angle), top + x * sin(angle) + y * cos(angle))

    label = area.text.text.strip()[:120] if area.text else ""
    if corners:
        kind: Literal["stage", "area"] = "stage" if STAGE.search(label) else "area"
        yield Shape(kind, tuple(placed(x, y) for x, y in corners), label or None)
    elif label and area.text:
        yield Shape("text", (placed(area.text.position.x, area.text.position.y),), label)


def _corners(area: Area) -> list[Point]:
    """The outline of the area about its own position; nothing for a mere text."""
    if area.shape == "polygon" and area.polygon:
        return [(point.x, point.y) for point in area.polygon.points]
    if area.shape == "rectangle" and area.rectangle:
        width, height = area.rectangle.width, area.rectangle.height
        return [(0, 0), (width, 0), (width, height), (0, height)]
    rx, ry = 0.0, 0.0
    if area.shape == "ellipse" and area.ellipse:
        rx, ry = area.ellipse.radius.x, area.ellipse.radius.y
    elif area.shape == "circle" and area.circle:
        rx = ry = area.circle.radius
    turn = 2 * pi / 36
    return [(rx * cos(turn * step), ry * sin(turn * step)) for step in range(36)] if rx or ry else []


def write_pretix(plan: SeatingPlan) -> bytes:
    """The plan for pretix: a zone a section, drawn at pretix's seat size.

    pretix has no place for levels, outlines and the accessible, companion and restricted-view marks: they are left out.
    """
    scale = _scale(plan)
    identifiers = plan.seat_ids()
    zones: list[dict[str, Any]] = []
    seat_no = 0
    for section in plan.sections:
        rows = []
        for row in section.rows:
            origin = row.seats[0]
            seats = []
            for seat in row.seats:
                position = _position((seat.x - origin.x) * scale, (seat.y - origin.y) * scale)
                seats.append(
                    {
                        "seat_guid": identifiers[seat_no],
                        "seat_number": seat.number,
                        "position": position,
                        "category": seat.category,
                    }
                )
                seat_no += 1
            position = _position(origin.x * scale, origin.y * scale)
            rows.append({"row_number": row.label, "row_number_position": "start", "position": position, "seats": seats})
        zones.append(
            {"name": section.name, "zone_id": section.id, "position": _position(0, 0), "rows": rows, "areas": []}
        )
    zones[0]["areas"] = [_area(shape, scale) for shape in plan.shapes if shape.closed or shape.kind == "text"]
    document = {
        "name": plan.name,
        "categories": [{"name": c.name, **({"color": c.color} if c.color else {})} for c in plan.categories],
        "zones": zones,
        "size": {"width": ceil(plan.width * scale), "height": ceil(plan.height * scale)},
    }
    return msgspec.json.encode(document) + b"\n"


def _scale(plan: SeatingPlan) -> float:
    """Pixels a plan unit, so that neighbours stand as far apart as pretix draws them; 1 when they already do."""
    gaps = sorted(
        dist((a.x, a.y), (b.x, b.y))
        for section in plan.sections
        for a, b in pairwise(section.rows[0].seats[:12])
        if (a.x, a.y) != (b.x, b.y)
    )
    spacing = gaps[len(gaps) // 2] if gaps else SEAT_PITCH_PX
    longest = max(plan.width, plan.height)
    return 1.0 if spacing >= 10 else max(1.0, min(SEAT_PITCH_PX / spacing, 900_000 / longest))


def _position(x: float, y: float) -> dict[str, float]:
    return {"x": round(x, 4), "y": round(y, 4)}


def _area(shape: Shape, scale: float) -> dict[str, Any]:
    x, y = shape.points[0]
    label = {"text": shape.label or "", "position": _position(0, 0), "color": "#444444"}
    area: dict[str, Any] = {"position": _position(x * scale, y * scale), "rotation": 0, "text": label}
    if shape.kind == "text":
        return {**area, "shape": "text"}
    corners = [_position((px - x) * scale, (py - y) * scale) for px, py in shape.points]
    label["position"] = _position(
        sum(corner["x"] for corner in corners) / len(corners), sum(corner["y"] for corner in corners) / len(corners)
    )
    return {
        **area,
        "shape": "polygon",
        "polygon": {"points": corners},
        "color": {"field": "#cfe8c6", "stage": "#d6d3e0"}.get(shape.kind, "#eeeeee"),
        "border_color": "#999999",
    }
