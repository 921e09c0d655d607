"""Chart exports of seats.io: rows, tables and areas, loose or within sections."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.draft import Draft, SeatBudget, framed, nth_place
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.formats.layout import grid_in_box
from rowlock.seating.formats.pretix import STAGE
from rowlock.seating.model import Coordinate, Point, Row, Seat, Section, Shape

PLACES_PER_LINE = 100  # general admission places are numbered through and drawn in lines of at most so many
Size = Annotated[float, Meta(ge=0, le=1_000_000)]


class Spot(Struct, frozen=True):
    x: Coordinate = 0.0
    y: Coordinate = 0.0


class Chair(Struct, frozen=True, rename="camel"):
    label: str | None
    x: Coordinate
    y: Coordinate
    category_label: str | None = None
    accessible: bool | None = None
    companion_seat: bool | None = None
    restricted_view: bool | None = None


class Bench(Struct, frozen=True):
    """A row or a table: both are chairs under one label."""

    label: str | None
    seats: list[Chair]


class AdmissionArea(Struct, frozen=True, rename="camel"):
    label: str
    capacity: Annotated[int, Meta(ge=0, le=250_000)]
    category_label: str | None = None
    center: Spot | None = None
    points: list[Spot] | None = None
    radius1: Size = 0.0
    radius2: Size = 0.0
    width: Size = 0.0
    height: Size = 0.0


class Decoration(Struct, frozen=True, rename="camel"):
    label: str | None = None
    smart_type: str | None = None
    center: Spot | None = None
    points: list[Spot] | None = None
    width: Size = 0.0
    height: Size = 0.0


class SubChart(Struct, frozen=True, rename="camel"):
    width: Size = 0.0
    height: Size = 0.0
    rows: list[Bench] = []
    tables: list[Bench] = []
    general_admission_areas: list[AdmissionArea] = []
    shapes: list[Decoration] = []
    sections: list["ChartSection"] = []


class ChartSection(Struct, frozen=True, rename="camel"):
    label: str
    sub_chart: SubChart
    top_left: Spot = Spot()
    category_label: str | None = None
    points: list[Spot] = []


class ChartCategory(Struct, frozen=True):
    label: str
    color: str | None = None


class ChartCategories(Struct, frozen=True):
    list: list[ChartCategory]


class Chart(Struct, frozen=True, rename="camel"):
    sub_chart: SubChart
    categories: ChartCategories
    name: str = ""


def read_seatsio(data: bytes, name: str) -> Draft:
    """Sections keep their names; loose rows become "Seats", tables "Tables", an area a section of numbered places."""
    chart = decode_json(data, Chart)
    places: list[str] = []
    budget = SeatBudget()
    sections = [*_loose(chart.sub_chart, "$.subChart", places, budget)]
    for number, source in enumerate(chart.sub_chart.sections):
        path = f"$.subChart.sections[{number}].subChart"
        offset = source.top_left
        rows = [
            _row(bench, f"{path}.{kind}[{index}]", places, offset, source.category_label)
            for kind, benches in (("rows", source.sub_chart.rows), ("tables", source.sub_chart.tables))
            for index, bench in enumerate(benches)
        ]
        outline = tuple((point.x, point.y) for point in source.points) if len(source.points) >= 3 else None
        sections.append(Section(id=source.label, name=source.label, rows=tuple(rows), outline=outline))
    shapes = [shape for decoration in chart.sub_chart.shapes if (shape := _shape(decoration))]
    colours = {category.label: category.color for category in chart.categories.list}
    return Draft(framed(chart.name.strip() or name, sections, shapes, colours), nth_place(lambda: iter(places)))


def _loose(chart: SubChart, path: str, places: list[str], budget: SeatBudget) -> Iterator[Section]:
    for kind, title, benches in (("rows", "Seats", chart.rows), ("tables", "Tables", chart.tables)):
        rows = [_row(bench, f"{path}.{kind}[{index}]", places, Spot(), None) for index, bench in enumerate(benches)]
        if rows:
            yield Section(id=title, name=title, rows=tuple(rows))
    for number, area in enumerate(chart.general_admission_areas):
        place = f"{path}.generalAdmissionAreas[{number}]"
        budget.spend(area.capacity, place)
        category = _category(area.category_label, place)
        spots = grid_in_box(*_box(area, place), area.capacity)
        places.extend(place for _ in spots)
        seats = [Seat(str(index), x, y, category) for index, (x, y) in enumerate(spots, start=1)]
        lines = [seats[start : start + PLACES_PER_LINE] for start in range(0, len(seats), PLACES_PER_LINE)]
        rows = [Row("GA" if len(lines) == 1 else f"GA {index}", tuple(line)) for index, line in enumerate(lines, 1)]
        yield Section(id=area.label, name=area.label, rows=tuple(rows))


def _row(bench: Bench, path: str, places: list[str], offset: Spot, section_category: str | None) -> Row:
    if bench.label is None:
        raise PlanFileError(f"{path}.label", "the row has no label")
    seats = []
    for number, chair in enumerate(bench.seats):
        place = f"{path}.seats[{number}]"
        if chair.label is None:
            raise PlanFileError(f"{place}.label", "the seat has no label")
        places.append(place)
        seats.append(
            Seat(
                number=chair.label.strip(),
                x=offset.x + chair.x,
                y=offset.y + chair.y,
                category=_category(chair.category_label or section_category, place),
                accessible=bool(chair.accessible),
                companion=bool(chair.companion_seat),
                restricted_view=bool(chair.restricted_view),
            )
        )
    return Row(bench.label.strip(), tuple(seats))


def _category(label: str | None, place: str) -> str:
    if not label:
        raise PlanFileError(place, "no category: give every seat one in the chart and export it again")
    return label


def _box(area: AdmissionArea, place: str) -> tuple[float, float, float, float]:
    """Left, top, width and height of a rectangle inside the area."""
    if area.points:
        return _bounds([(point.x, point.y) for point in area.points])
    if area.center is None:
        raise PlanFileError(place, "the area has neither points nor a centre")
    # The largest box in an ellipse is its diameters over the square root of two.
    width, height = area.width or area.radius1 * 2**0.5, area.height or area.radius2 * 2**0.5
    return area.center.x - width / 2, area.center.y - height / 2, width, height


def _bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top


def _shape(decoration: Decoration) -> Shape | None:
    label = (decoration.label or "").strip()[:120] or None
    stage = decoration.smart_type == "stage" or (label is not None and STAGE.search(label) is not None)
    if decoration.points:
        points = tuple((point.x, point.y) for point in decoration.points)
    elif decoration.center and decoration.width and decoration.height:
        x, y = decoration.center.x, decoration.center.y
        dx, dy = decoration.width / 2, decoration.height / 2
        points = ((x - dx, y - dy), (x + dx, y - dy), (x + dx, y + dy), (x - dx, y + dy))
    else:
        return None
    return Shape("stage" if stage else "area", points, label)
