"""The outline of a section: given by the plan, else drawn round its rows."""

from collections.abc import Sequence
from itertools import pairwise
from math import dist, hypot

from rowlock.seating.model import Point, Row, Section

MARGIN_IN_SEATS = 0.75  # how far an outline stands off the seats, in seat spacings
MITRE_MAX = 2.0  # sharpest corner, in margins


def section_outline(section: Section) -> list[Point]:
    """A closed outline of the section (last point not repeated): its own, or a line that follows its rows.

    Rows that follow each other in order give a shape with their curve; tables and the like a convex hull.
    """
    if section.outline is not None:
        return list(section.outline)
    margin = MARGIN_IN_SEATS * seat_spacing(section)
    border = _along_the_rows(section.rows) or _convex_hull([(s.x, s.y) for row in section.rows for s in row.seats])
    border = _simplified(border, margin * 0.5)
    if len(border) < 3:
        border = _thickened(border, margin)
    return _rounded(_grown(border, margin))


def label_point(outline: Sequence[Point]) -> Point:
    """Where a section's name stands: the centroid, or the middle of the widest inside stretch at its height."""
    x, y = _centroid(outline)
    crossings = sorted(
        x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]])
        if (y0 <= y) != (y1 <= y)
    )
    spans = list(zip(crossings[::2], crossings[1::2], strict=False))
    if spans and not any(left <= x <= right for left, right in spans):
        left, right = max(spans, key=lambda span: span[1] - span[0])
        x = (left + right) / 2
    return round(x, 2), round(y, 2)


def seat_spacing(section: Section) -> float:
    """The usual distance between neighbours in the section; 1 when no row has two seats apart."""
    gaps = sorted(
        dist((a.x, a.y), (b.x, b.y))
        for row in section.rows
        for a, b in pairwise(row.seats[:12])
        if (a.x, a.y) != (b.x, b.y)
    )
    return gaps[len(gaps) // 2] if gaps else 1.0


def _along_the_rows(rows: Sequence[Row]) -> list[Point] | None:
    """Front row, one side, back row reversed, other side; None when the rows do not lie one behind another."""
    if len(rows) < 2 or any(len(row.seats) < 2 for row in rows):
        return None
    ends = [((row.seats[0].x, row.seats[0].y), (row.seats[-1].x, row.seats[-1].y)) for row in rows]
    turns = set()
    for (left, right), (next_left, next_right) in pairwise(ends):
        along = (right[0] - left[0], right[1] - left[1])
        next_along = (next_right[0] - next_left[0], next_right[1] - next_left[1])
        back = (next_left[0] + next_right[0] - left[0] - right[0], next_left[1] + next_right[1] - left[1] - right[1])
        if along[0] * next_along[0] + along[1] * next_along[1] <= 0:
            return None
        turns.add(along[0] * back[1] - along[1] * back[0] > 0)
    if len(turns) > 1:
        return None
    front = [(seat.x, seat.y) for seat in rows[0].seats]
    behind = [(seat.x, seat.y) for seat in reversed(rows[-1].seats)]
    right_side = [right for _, right in ends[1:-1]]
    left_side = [left for left, _ in reversed(ends[1:-1])]
    border = [*front, *right_side, *behind, *left_side]
    return border if _is_simple(_simplified(border, 0.1 * dist(front[0], front[1]))) else None


def _convex_hull(points: list[Point]) -> list[Point]:
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(sequence: Sequence[Point]) -> list[Point]:
        chain: list[Point] = []
        for point in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return half(ordered) + half(ordered[::-1])


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_simple(border: Sequence[Point]) -> bool:
    """Whether no two sides cross; borders are short after simplification, so every pair is tried."""
    sides = list(pairwise([*border, border[0]]))
    return not any(
        _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0
        for index, (a, b) in enumerate(sides)
        for c, d in sides[index + 1 :]
    )


def _simplified(border: list[Point], tolerance: float) -> list[Point]:
    """The border without points that lie within `tolerance` of the line through those kept."""
    if len(border) < 4:
        return border
    half = len(border) // 2
    return [*_thinned(border[: half + 1], tolerance)[:-1], *_thinned([*border[half:], border[0]], tolerance)[:-1]]


def _thinned(line: list[Point], tolerance: float) -> list[Point]:
    keep = {0, len(line) - 1}
    pending = [(0, len(line) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        length = dist(line[first], line[last])
        far, index = max(
            (
                abs(_turn(line[first], line[last], line[i])) / length if length else dist(line[first], line[i]),
                i,
            )
            for i in range(first + 1, last)
        )
        if far > tolerance:
            keep.add(index)
            pending += [(first, index), (index, last)]
    return [line[index] for index in sorted(keep)]


def _thickened(border: Sequence[Point], margin: float) -> list[Point]:
    """A thin oblong for seats that stand in one line or on one spot."""
    (x0, y0), (x1, y1) = border[0], border[-1]
    length = hypot(x1 - x0, y1 - y0)
    ux, uy = ((x1 - x0) / length, (y1 - y0) / length) if length else (1.0, 0.0)
    t = margin * 0.01
    return [
        (x0 - t * (ux - uy), y0 - t * (uy + ux)),
        (x1 + t * (ux + uy), y1 + t * (uy - ux)),
        (x1 + t * (ux - uy), y1 + t * (uy + ux)),
        (x0 - t * (ux + uy), y0 - t * (uy - ux)),
    ]


def _grown(border: Sequence[Point], margin: float) -> list[Point]:
    """The border moved outward by `margin`, corners kept."""
    sign = 1.0 if _signed_area(border) > 0 else -1.0
    grown = []
    for index, (x, y) in enumerate(border):
        before, after = _unit(border[index - 1], (x, y)), _unit((x, y), border[(index + 1) % len(border)])
        nx, ny = sign * (before[1] + after[1]), -sign * (before[0] + after[0])
        size = hypot(nx, ny)
        if size < 1e-9:
            grown.append((x, y))
            continue
        reach = margin * min(2 / size, MITRE_MAX)
        grown.append((x + nx / size * reach, y + ny / size * reach))
    return grown


def _unit(a: Point, b: Point) -> Point:
    length = dist(a, b)
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length else (0.0, 0.0)


def _signed_area(border: Sequence[Point]) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*border, border[0]])) / 2


def _centroid(outline: Sequence[Point]) -> Point:
    area = _signed_area(outline)
    if abs(area) < 1e-9:
        return sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline)
    x = y = 0.0
    for (x0, y0), (x1, y1) in pairwise([*outline, outline[0]]):
        cross = x0 * y1 - x1 * y0
        x += (x0 + x1) * cross
        y += (y0 + y1) * cross
    return x / (6 * area), y / (6 * area)


def _rounded(border: Sequence[Point]) -> list[Point]:
    return [(round(x, 2), round(y, 2)) for x, y in border]
