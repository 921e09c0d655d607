"""Curves that rows of seats follow."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, hypot, pi, radians, sin

Vertex = tuple[float, float]


class Curve:
    """The front of a stand: a polyline walked with the field on the right hand and the rows on the left.

    On screen (y grows downward) a front walked to the right has its rows above it, a front walked to the
    left below it, and a ring walked clockwise has them outside. A row is the front moved outward.
    """

    def __init__(self, vertices: Iterable[Vertex]) -> None:
        self.vertices = list(vertices)
        self.stations = [0.0]
        for (x0, y0), (x1, y1) in pairwise(self.vertices):
            self.stations.append(self.stations[-1] + hypot(x1 - x0, y1 - y0))
        self.normals = self._vertex_normals()

    @property
    def length(self) -> float:
        """Length along the front."""
        return self.stations[-1]

    def at(self, station: float, outward: float) -> Vertex:
        """The point `station` along the front, moved `outward` along the normal."""
        index = min(max(bisect_right(self.stations, station) - 1, 0), len(self.vertices) - 2)
        share = (station - self.stations[index]) / (self.stations[index + 1] - self.stations[index])
        (x0, y0), (x1, y1) = self.vertices[index], self.vertices[index + 1]
        (nx0, ny0), (nx1, ny1) = self.normals[index], self.normals[index + 1]
        nx, ny = nx0 + (nx1 - nx0) * share, ny0 + (ny1 - ny0) * share
        size = hypot(nx, ny)
        return (
            x0 + (x1 - x0) * share + nx / size * outward,
            y0 + (y1 - y0) * share + ny / size * outward,
        )

    def divided(self, count: int, outward: float, start: float = 0.0, end: float | None = None) -> list[float]:
        """Stations that cut the front between `start` and `end` into `count` parts, equally long `outward` of it."""
        end = self.length if end is None else end
        steps = 400
        stations = [start + (end - start) * step / steps for step in range(steps + 1)]
        lengths = [0.0]
        for (x0, y0), (x1, y1) in pairwise([self.at(station, outward) for station in stations]):
            lengths.append(lengths[-1] + hypot(x1 - x0, y1 - y0))
        cuts = []
        for part in range(count + 1):
            wanted = lengths[-1] * part / count
            index = min(max(bisect_right(lengths, wanted) - 1, 0), steps - 1)
            share = (wanted - lengths[index]) / (lengths[index + 1] - lengths[index])
            cuts.append(stations[index] + (stations[index + 1] - stations[index]) * share)
        return cuts

    def spaced(self, start: float, end: float, outward: float, pitch: float, clear: float) -> list[Vertex]:
        """Points `pitch` apart on the row `outward` of the front between two stations, centred between them.

        `clear` is left free at either end for the aisle.
        """
        steps = max(8, int((end - start) / pitch))
        row = [self.at(start + (end - start) * step / steps, outward) for step in range(steps + 1)]
        lengths = [0.0]
        for (x0, y0), (x1, y1) in pairwise(row):
            lengths.append(lengths[-1] + hypot(x1 - x0, y1 - y0))
        count = int((lengths[-1] - 2 * clear + 1e-6) / pitch)
        first = (lengths[-1] - (count - 1) * pitch) / 2
        return [_along(row, lengths, first + seat * pitch) for seat in range(count)]

    def _vertex_normals(self) -> list[Vertex]:
        closed = self.vertices[0] == self.vertices[-1]
        last = len(self.vertices) - 1
        normals = []
        for index in range(last + 1):
            before = self.vertices[index - 1 if index else (last - 1 if closed else 0)]
            after = self.vertices[index + 1 if index < last else (1 if closed else last)]
            dx, dy = after[0] - before[0], after[1] - before[1]
            size = hypot(dx, dy)
            normals.append((dy / size, -dx / size))
        return normals


def _along(row: Sequence[Vertex], lengths: Sequence[float], distance: float) -> Vertex:
    index = min(max(bisect_right(lengths, distance) - 1, 0), len(row) - 2)
    share = (distance - lengths[index]) / (lengths[index + 1] - lengths[index])
    (x0, y0), (x1, y1) = row[index], row[index + 1]
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


def arc(centre: Vertex, radius: float, start: float, end: float, step: float = 1.0) -> list[Vertex]:
    """Points on a circle from `start` to `end` degrees, clockwise on screen when `end` is larger; 0 is +x."""
    count = max(2, round(abs(end - start) / step))
    angles = (radians(start + (end - start) * index / count) for index in range(count + 1))
    return [(centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)) for angle in angles]


def straight(start: Vertex, end: Vertex, step: float = 1.0) -> list[Vertex]:
    """Points on a line, about `step` apart, both ends included."""
    count = max(1, round(hypot(end[0] - start[0], end[1] - start[1]) / step))
    return [
        (start[0] + (end[0] - start[0]) * index / count, start[1] + (end[1] - start[1]) * index / count)
        for index in range(count + 1)
    ]


def rounded_oblong(width: float, height: float, corner: float) -> Curve:
    """A closed curve round a pitch centred on (0, 0), from the middle of the top side, clockwise on screen."""
    right, bottom = width / 2 - corner, height / 2 - corner
    ring = [
        *straight((0, -height / 2), (right, -height / 2)),
        *arc((right, -bottom), corner, -90, 0),
        *straight((width / 2, -bottom), (width / 2, bottom)),
        *arc((right, bottom), corner, 0, 90),
        *straight((right, height / 2), (-right, height / 2)),
        *arc((-right, bottom), corner, 90, 180),
        *straight((-width / 2, bottom), (-width / 2, -bottom)),
        *arc((-right, -bottom), corner, 180, 270),
        *straight((-right, -height / 2), (0, -height / 2)),
    ]
    return Curve([ring[0], *(after for before, after in pairwise(ring) if _apart(before, after))])


def smooth(points: Sequence[Vertex]) -> list[Vertex]:
    """The same points without repeats, ready for a Curve."""
    return [points[0], *(after for before, after in pairwise(points) if _apart(before, after))]


def _apart(one: Vertex, other: Vertex) -> bool:
    return hypot(one[0] - other[0], one[1] - other[1]) > 1e-6


def ellipse(width: float, height: float, centre: Vertex = (0.0, 0.0), corners: int = 48) -> tuple[Vertex, ...]:
    """A closed outline of an ellipse."""
    turn = 2 * pi / corners
    return tuple(
        (
            round(centre[0] + width / 2 * cos(turn * corner), 3),
            round(centre[1] + height / 2 * sin(turn * corner), 3),
        )
        for corner in range(corners)
    )
