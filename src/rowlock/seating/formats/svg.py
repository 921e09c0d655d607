"""Drawings whose elements say which section, row and seat they are.

A seat is a `<circle>`, `<ellipse>`, `<rect>` or `<use>` (or a `<g>` round one) with `data-seat`, or with an id that
starts with `seat-`; its row and section are its own `data-row` and `data-section`, or those of the groups round it,
whose ids may start with `row-` and `section-` instead. Ids may repeat the outer names (`seat-102-F-14`).
`data-category` names the price category of a seat or of all seats in a group; a `fill` beside it is its colour.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import get_args
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, ErrorHandler, feature_external_ges
from xml.sax.xmlreader import AttributesImpl, InputSource, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.draft import DEFAULT_CATEGORY, Draft, Frame, SeatBudget, framed
from rowlock.seating.formats.svg_transform import Matrix, length, numbers, transform
from rowlock.seating.model import COORDINATE_MAX, Point, Row, Seat, Section, Shape, ShapeKind

DEPTH_MAX = 200
ELEMENTS_MAX = 1_500_000
UNDRAWN = {"defs", "symbol", "clipPath", "mask", "pattern", "marker", "style", "script", "metadata"}
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
KINDS: tuple[str, ...] = get_args(ShapeKind)
TRUE = {"", "1", "true", "yes"}

IDENTITY = Matrix()

Attributes = Mapping[str, str]


@dataclass(frozen=True)
class Surroundings:
    """What an element inherits from the groups round it."""

    matrix: Matrix = IDENTITY
    section: str | None = None
    row: str | None = None
    row_group: int = 0  # which group element made the row; 0 when the seats name it themselves
    category: str = DEFAULT_CATEGORY
    seat: Attributes | None = None  # a <g> that is a seat and waits for the shape inside it


@dataclass
class SectionDraft:
    """One section while its seats come in, rows by (group, label)."""

    name: str | None = None
    level: str | None = None
    outline: tuple[Point, ...] | None = None
    rows: dict[tuple[int, str], list[Seat]] = field(default_factory=dict)
    lines: dict[tuple[int, str], list[int]] = field(default_factory=dict)


def read_svg(data: bytes, name: str) -> Draft:
    """The plan drawn in the file; a drawing of sections without seats is refused."""
    drawing = DrawingReader()
    # Drawing programs write a DOCTYPE, so one may stand there: its outside part is not loaded, entities are refused.
    # The file goes in as one piece: in many, an endless attribute would be scanned anew with each of them.
    parser = DefusedExpatParser(bufsize=len(data), forbid_dtd=False, forbid_entities=True, forbid_external=False)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(drawing)
    parser.setErrorHandler(ErrorHandler())
    source = InputSource()
    source.setByteStream(BytesIO(data))
    try:
        parser.parse(source)
    except DefusedXmlException:
        raise PlanFileError("", "the XML declares entities, which no seating plan needs") from None
    except SAXParseException as error:
        place = f"line {error.getLineNumber()}, column {(error.getColumnNumber() or 0) + 1}"
        raise PlanFileError(place, f"broken XML: {error.getMessage()}") from None
    except (LookupError, ValueError) as error:
        raise PlanFileError("", f"the XML cannot be read: {error}") from None
    return drawing.draft(name)


class DrawingReader(ContentHandler):
    """Collects seats while the parser walks the file; holds no tree, so junk costs no memory."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: dict[str, SectionDraft] = {}
        self.shapes: list[Shape] = []
        self.colours: dict[str, str | None] = {}
        self.frame: Frame | None = None
        self.title = ""
        self.groups = [Surroundings()]
        self.hidden = 0
        self.elements = 0
        self.budget = SeatBudget()
        self.text: list[str] | None = None
        self.text_shape: tuple[ShapeKind, tuple[Point, ...]] | None = None
        self.section_like: list[str] = []
        self.locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the parser's name for it
        self.locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the parser's name for it
        tag = name.rpartition(":")[2]
        self.elements += 1
        if self.elements == 1 and tag != "svg":
            raise PlanFileError(f"line {self._line()}", f"the file is XML, but <{tag[:40]}> is not an SVG drawing")
        if self.elements > ELEMENTS_MAX:
            raise PlanFileError(f"line {self._line()}", f"more than {ELEMENTS_MAX:,} elements")
        if len(self.groups) > DEPTH_MAX:
            raise PlanFileError(f"line {self._line()}", f"elements nested more than {DEPTH_MAX} deep")
        if self.hidden or tag in UNDRAWN:
            self.hidden += 1
            return
        values: Attributes = dict(attrs.items())
        try:
            self._element(tag, values)
        except ValueError as error:
            raise PlanFileError(self._place(tag, values), str(error)) from None

    def endElement(self, name: str) -> None:  # noqa: N802 - the parser's name for it
        if self.hidden:
            self.hidden -= 1
            return
        inner = self.groups.pop()
        tag = name.rpartition(":")[2]
        if inner.seat is not None and self.groups[-1].seat is None and not inner.seat.get("placed"):
            raise PlanFileError(self._place(tag, inner.seat), "the seat's group holds no circle, ellipse, rect or use")
        if self.text is not None and tag in {"title", "text"}:
            text = " ".join("".join(self.text).split())[:120]
            if tag == "title" and not self.title:
                self.title = text
            elif self.text_shape and text:
                self.shapes.append(Shape(*self.text_shape, text))
            self.text, self.text_shape = None, None

    def characters(self, content: str) -> None:
        if self.text is not None and len(self.text) < 100:
            self.text.append(content[:500])

    def _line(self) -> int:
        return (self.locator.getLineNumber() or 0) if self.locator else 0

    def _place(self, tag: str, values: Attributes) -> str:
        identity = f' id="{values["id"][:60]}"' if values.get("id") else ""
        return f"line {self._line()}, <{tag}{identity}>"

    def _element(self, tag: str, values: Attributes) -> None:
        around = self._surroundings(values)
        if tag == "svg" and self.elements == 1:
            around = replace(around, matrix=self._root(values, around.matrix))
        seat = _named(values, "seat")
        if seat is not None and tag == "g":
            around = replace(around, seat={**values, "data-seat": seat})
        elif seat is not None:
            self._seat(tag, {**values, "data-seat": seat}, around)
        elif around.seat is not None and tag in {"circle", "ellipse", "rect", "use"}:
            if "placed" not in around.seat:
                self._seat(tag, {**values, **{k: v for k, v in around.seat.items() if k.startswith("data-")}}, around)
                self._mark_placed(around.seat)
        elif "data-shape" in values or "data-outline" in values:
            self._shape(tag, values, around)
        elif tag == "title" and len(self.groups) == 2:
            self.text = []
        self.groups.append(around)

    def _mark_placed(self, seat: Attributes) -> None:
        """Tells the groups on the way up to the seat's own that it has its place."""
        placed = {**seat, "placed": "yes"}
        self.groups[1:] = [replace(g, seat=placed) if g.seat is seat else g for g in self.groups[1:]]

    def _surroundings(self, values: Attributes) -> Surroundings:
        around = self.groups[-1]
        if "transform" in values:
            around = replace(around, matrix=around.matrix.then(transform(values["transform"])))
        section = _named(values, "section")
        if section is not None:
            around = replace(around, section=section, row=None, row_group=0)
            self.section_like.append(section)
        row = _named(values, "row")
        if row is not None:
            if "data-row" not in values and around.section is not None:
                row = row.removeprefix(f"{around.section}-") or row
            own = _named(values, "seat") is not None
            around = replace(around, row=row, row_group=0 if own else self.elements)
        if "data-category" in values:
            around = replace(around, category=values["data-category"].strip())
            colour = values.get("fill", "")
            known = self.colours.get(around.category)
            self.colours[around.category] = known or (colour if COLOUR.fullmatch(colour) else None)
        if section is not None and (values.get("data-name") or values.get("data-level")):
            draft = self.sections.setdefault(section, SectionDraft())
            draft.name, draft.level = values.get("data-name"), values.get("data-level")
        return around

    def _root(self, values: Attributes, matrix: Matrix) -> Matrix:
        if "viewBox" in values:
            left, top, width, height = numbers(values["viewBox"])[:4] if values["viewBox"].strip() else (0, 0, 0, 0)
            if width > 0 and height > 0:
                self.frame = Frame(width, height)
                return matrix.then(Matrix(e=-left, f=-top))
        elif all(values.get(side, "%")[-1:] not in {"%", ""} for side in ("width", "height")):
            self.frame = Frame(length(values["width"]), length(values["height"]))
        return matrix

    def _seat(self, tag: str, values: Attributes, around: Surroundings) -> None:
        if around.section is None:
            raise ValueError('the seat has no section: give it data-section or put it in a group id="section-..."')
        if around.row is None:
            raise ValueError('the seat has no row: give it data-row or put it in a group id="row-..."')
        self.budget.spend(1, f"line {self._line()}")
        number = values["data-seat"]
        if values.get("id", "").startswith("seat-") and values["id"][5:] == number:
            number = number.removeprefix(f"{around.section}-").removeprefix(f"{around.row}-") or number
        x, y = _finite(around.matrix.apply(*_centre(tag, values)))
        seat = Seat(
            number=number,
            x=x,
            y=y,
            category=around.category,
            accessible=_flag(values, "data-accessible"),
            companion=_flag(values, "data-companion"),
            restricted_view=_flag(values, "data-restricted-view"),
            id=values.get("data-id") or None,
        )
        draft = self.sections.setdefault(around.section, SectionDraft())
        key = (around.row_group, around.row)
        draft.rows.setdefault(key, []).append(seat)
        draft.lines.setdefault(key, []).append(self._line())

    def _shape(self, tag: str, values: Attributes, around: Surroundings) -> None:
        points = tuple(_finite(around.matrix.apply(x, y)) for x, y in _corners(tag, values))
        if "data-outline" in values:
            if around.section is None:
                raise ValueError("an outline stands outside every section")
            self.sections.setdefault(around.section, SectionDraft()).outline = points
            return
        kind = values["data-shape"]
        if kind not in KINDS:
            raise ValueError(f'data-shape="{kind[:40]}" is none of {", ".join(KINDS)}')
        typed: ShapeKind = kind  # type: ignore[assignment]  # one of KINDS, which are the members of ShapeKind
        if tag == "text":
            self.text, self.text_shape = [], (typed, points)
        else:
            self.shapes.append(Shape(typed, points, values.get("data-label") or None, tag != "polyline"))

    def draft(self, name: str) -> Draft:
        """The plan of everything met; PlanFileError when that holds no seats."""
        drafts = {identity: draft for identity, draft in self.sections.items() if draft.rows}
        if not drafts:
            raise PlanFileError("", self._what_is_missing())
        sections = [
            Section(
                id=identity,
                name=draft.name or identity,
                level=draft.level or None,
                outline=draft.outline,
                rows=tuple(Row(label, tuple(seats)) for (_, label), seats in draft.rows.items()),
            )
            for identity, draft in drafts.items()
        ]
        lines = [line for draft in drafts.values() for row in draft.lines.values() for line in row]
        plan = framed(self.title or name, sections, self.shapes, self.colours, self.frame)
        return Draft(plan, lambda seat_no: f"line {lines[seat_no]}")

    def _what_is_missing(self) -> str:
        want = 'every seat needs an element with id="seat-..." or data-seat, inside groups for its row and section'
        if self.section_like:
            found = ", ".join(dict.fromkeys(re.sub(r"-(bg|label)$", "", name) for name in self.section_like[:6]))
            return f"the drawing has sections ({found[:120]}) but no seats; {want}"
        return f"the drawing has no seats; {want}"


def _named(values: Attributes, what: str) -> str | None:
    """The section, row or seat an element says it is: its data attribute, else its id."""
    name = values.get(f"data-{what}")
    if name is None and values.get("id", "").startswith(f"{what}-"):
        name = values["id"][len(what) + 1 :]
    return name.strip() if name is not None else None


def _flag(values: Attributes, name: str) -> bool:
    return values.get(name, "no").strip().lower() in TRUE


def _centre(tag: str, values: Attributes) -> Point:
    if tag in {"circle", "ellipse"}:
        return length(values.get("cx", "0")), length(values.get("cy", "0"))
    if tag == "use":
        return length(values.get("x", "0")), length(values.get("y", "0"))
    if tag == "rect":
        x, y = length(values.get("x", "0")), length(values.get("y", "0"))
        return x + length(values.get("width", "0")) / 2, y + length(values.get("height", "0")) / 2
    raise ValueError("a seat must be a circle, an ellipse, a rect, a use or a group round one of them")


def _corners(tag: str, values: Attributes) -> list[Point]:
    if tag in {"polygon", "polyline"}:
        flat = numbers(values.get("points", ""))
        if not flat or len(flat) % 2:
            raise ValueError("points must be pairs of numbers")
        return list(zip(flat[::2], flat[1::2], strict=True))
    if tag == "rect":
        x, y = length(values.get("x", "0")), length(values.get("y", "0"))
        width, height = length(values.get("width", "0")), length(values.get("height", "0"))
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    if tag == "text":
        return [(length(values.get("x", "0")), length(values.get("y", "0")))]
    raise ValueError("a shape must be a polygon, a polyline, a rect or a text")


def _finite(point: Point) -> Point:
    if not (abs(point[0]) <= COORDINATE_MAX and abs(point[1]) <= COORDINATE_MAX):
        raise ValueError(f"({point[0]:g}, {point[1]:g}) lies more than {COORDINATE_MAX:,.0f} units away")
    return point
