"""A plan as an SVG drawing: a picture for people that `read_svg` reads back."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from rowlock.seating.model import Point, Row, Seat, SeatingPlan, Section, Shape, seat_id
from rowlock.seating.outline import label_point, seat_spacing, section_outline

PLAIN_ID = re.compile(r"[\w.:-]+", re.ASCII)
FILLS = {
    "field": "#d8ecd0",
    "stage": "#d6d3e0",
    "area": "#eeeae2",
    "aisle": "#f4f4f4",
    "outline": "none",
    "text": "none",
}
NO_COLOUR = "#7d8590"


def write_svg(plan: SeatingPlan) -> bytes:
    """The drawing, one group a section and a row, one circle a seat; colours are those of the categories."""
    width, height = _plain(plan.width), _plain(plan.height)
    hairline = max(plan.width, plan.height) / 1500
    root = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" fill="{NO_COLOUR}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'{root} font-family="system-ui, sans-serif" stroke-width="{hairline:.4g}">',
        f"<title>{_text(plan.name)}</title>",
    ]
    typical = sorted(seat_spacing(section) for section in plan.sections)[len(plan.sections) // 2]
    lines += [_shape(shape, typical) for shape in plan.shapes]
    colours = {category.name: category.color for category in plan.categories}
    # Empty groups keep the categories' order, and those that no seat uses.
    lines += [f"<g data-category={_attribute(name)}{_fill(colour)}/>" for name, colour in colours.items()]
    for section in plan.sections:
        lines += _section(section, colours)
    lines.append("</svg>\n")
    return "\n".join(lines).encode("utf-8")


def _section(section: Section, colours: dict[str, str | None]) -> Iterator[str]:
    border = section_outline(section)
    level = f" data-level={_attribute(section.level)}" if section.level else ""
    own = ' data-outline=""' if section.outline is not None else ""
    yield (
        f"<g{_id('section', section.id)} data-section={_attribute(section.id)} "
        f"data-name={_attribute(section.name)}{level}>"
    )
    yield f'<polygon{own} points="{_points(border)}" fill="#f6f6f8" stroke="#c9ccd3"/>'
    radius = f"{seat_spacing(section) * 0.4:.4g}"
    for row in section.rows:
        yield from _row(section, row, radius, colours)
    width = max(x for x, _ in border) - min(x for x, _ in border)
    size = min(seat_spacing(section) * 1.6, width / (0.6 * len(section.name)))
    yield _name(section.name, label_point(border), size)
    yield "</g>"


def _name(name: str, at: Point, size: float) -> str:
    """A name on the drawing, with a light rim so that it reads on top of seats; not read back."""
    return (
        f'<text x="{_plain(at[0])}" y="{_plain(at[1])}" font-size="{size:.4g}" text-anchor="middle" '
        f'fill="#1b1f24" stroke="#ffffff" stroke-width="{size / 6:.4g}" paint-order="stroke" '
        f'pointer-events="none">{_text(name)}</text>'
    )


def _row(section: Section, row: Row, radius: str, colours: dict[str, str | None]) -> Iterator[str]:
    yield f"<g{_id('row', f'{section.id}-{row.label}')} data-row={_attribute(row.label)}>"
    for seat in row.seats:
        yield _seat(section, row, seat, radius, colours)
    yield "</g>"


def _seat(section: Section, row: Row, seat: Seat, radius: str, colours: dict[str, str | None]) -> str:
    marks = "".join(
        f' data-{name}="yes"'
        for name, given in (
            ("accessible", seat.accessible),
            ("companion", seat.companion),
            ("restricted-view", seat.restricted_view),
        )
        if given
    )
    own_id = f" data-id={_attribute(seat.id)}" if seat.id is not None else ""
    return (
        f"<circle{_id('seat', seat_id(section, row, seat))} data-seat={_attribute(seat.number)} "
        f"data-category={_attribute(seat.category)}{marks}{own_id} "
        f'cx="{_plain(seat.x)}" cy="{_plain(seat.y)}" r="{radius}"{_fill(colours[seat.category])}/>'
    )


def _shape(shape: Shape, typical: float) -> str:
    if shape.kind == "text" and len(shape.points) == 1:
        x, y = shape.points[0]
        return (
            f'<text data-shape="text" x="{_plain(x)}" y="{_plain(y)}" font-size="{typical * 4:.4g}" '
            f'text-anchor="middle" fill="#57606a">{_text(shape.label or "")}</text>'
        )
    label = f" data-label={_attribute(shape.label)}" if shape.label else ""
    element = "polygon" if shape.closed else "polyline"
    fill = FILLS[shape.kind] if shape.closed else "none"
    stroke = "#8c959f" if shape.kind != "text" else "none"
    corners = _points(shape.points)
    drawn = f'<{element} data-shape="{shape.kind}"{label} points="{corners}" fill="{fill}" stroke="{stroke}"/>'
    if shape.kind == "stage" and shape.label and len(shape.points) >= 3:
        drawn += _name(shape.label, label_point(shape.points), typical * 3)
    return drawn


def _id(kind: str, name: str) -> str:
    """An id attribute where the name makes a legal one; names with spaces and the like go by data attributes only."""
    return f' id="{kind}-{name}"' if PLAIN_ID.fullmatch(name) else ""


def _fill(colour: str | None) -> str:
    return f' fill="{colour}"' if colour else ""


def _points(points: tuple[Point, ...] | list[Point]) -> str:
    return " ".join(f"{_plain(x)},{_plain(y)}" for x, y in points)


def _plain(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(int(number)) if number == int(number) else repr(number)


def _attribute(text: str) -> str:
    return quoteattr(text)


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
