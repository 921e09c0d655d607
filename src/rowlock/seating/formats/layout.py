"""Places for seats whose file gives none: blocks of straight rows, or stands round a field."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from rowlock.seating.model import Point

SEAT_PITCH = 0.55
ROW_PITCH = 0.9
AISLE = 1.6


class Extent(NamedTuple):
    """How much room a section takes: the seats of its longest row and its rows."""

    seats: int
    rows: int

    @property
    def width(self) -> float:
        return self.seats * SEAT_PITCH

    @property
    def depth(self) -> float:
        return self.rows * ROW_PITCH


def block_origins(extents: Sequence[Extent]) -> list[Point]:
    """The top left corner of each section, set out in ranks facing a stage above, about as wide as deep."""
    area = sum((extent.width + AISLE) * (extent.depth + AISLE) for extent in extents)
    rank_width = max(sqrt(area) * 1.2, *(extent.width for extent in extents))
    origins: list[Point] = []
    x, y, rank_depth = AISLE, AISLE, 0.0
    for extent in extents:
        if x > AISLE and x + extent.width > rank_width + AISLE:
            x, y, rank_depth = AISLE, y + rank_depth + AISLE, 0.0
        origins.append((x, y))
        x += extent.width + AISLE
        rank_depth = max(rank_depth, extent.depth)
    return origins


def seat_in_block(origin: Point, extent: Extent, row: int, seat: int, seats: int) -> Point:
    """Where seat `seat` of `seats` stands in row `row` (all from 0); short rows are centred."""
    indent = (extent.seats - seats) / 2
    return (
        round(origin[0] + (indent + seat + 0.5) * SEAT_PITCH, 3),
        round(origin[1] + (row + 0.5) * ROW_PITCH, 3),
    )


def grid_in_box(left: float, top: float, width: float, height: float, count: int) -> list[Point]:
    """`count` points evenly spread over a box, row by row."""
    if count == 0:
        return []
    columns = max(1, min(count, round(sqrt(count * width / height)))) if width > 0 and height > 0 else count
    ranks = ceil(count / columns)
    return [
        (
            round(left + width * (number % columns + 0.5) / columns, 3),
            round(top + height * (number // columns + 0.5) / ranks, 3),
        )
        for number in range(count)
    ]
