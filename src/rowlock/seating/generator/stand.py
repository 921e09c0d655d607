"""Blocks of rows along a curve, and the plan made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from rowlock.seating.generator.curve import Curve, Vertex
from rowlock.seating.model import Category, Row, Seat, SeatingPlan, Section, Shape

MARGIN = 6.0  # free space round the drawing, plan units


@dataclass
class Line:
    """One row being laid out."""

    label: str
    category: str
    places: list[Vertex]


@dataclass
class Block:
    """One section being laid out, front row first."""

    id: str
    name: str
    level: str
    lines: list[Line]
    accessible_lines: frozenset[int] = frozenset()  # indexes of rows with wheelchair places at both ends
    restricted: bool = False

    @property
    def seats(self) -> int:
        return sum(len(line.places) for line in self.lines)


@dataclass(frozen=True)
class Deck:
    """One level of a stand: how far behind the curve it starts and how its rows stand (plan units)."""

    level: str
    setback: float
    rows: int
    row_pitch: float = 0.85
    seat_pitch: float = 0.52
    aisle: float = 0.6  # free on either side of a section, half an aisle
    labels: Sequence[str] = field(default_factory=lambda: row_letters(80))

    @property
    def depth(self) -> float:
        """From the first row to the last."""
        return (self.rows - 1) * self.row_pitch


def row_letters(count: int, without: str = "IO") -> list[str]:
    """A, B, ... Z, AA, BB, ...; I and O are left out because they read as 1 and 0."""
    letters = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in without]
    return [letters[index % len(letters)] * (index // len(letters) + 1) for index in range(count)]


def block(
    curve: Curve,
    deck: Deck,
    span: tuple[float, float],
    section: tuple[str, str],
    category: Callable[[int], str],
    *,
    mirrored: bool = False,
) -> Block:
    """The seats of `deck` between two stations of the curve; `section` is (id, name), `category` takes the row index.

    `mirrored` numbers the seats from the far end, so that they count from left to right for the reader.
    """
    lines = []
    for index in range(deck.rows):
        outward = deck.setback + index * deck.row_pitch
        places = curve.spaced(*span, outward, deck.seat_pitch, deck.aisle)
        if places:
            lines.append(Line(deck.labels[index], category(index), places[::-1] if mirrored else places))
    return Block(*section, deck.level, lines, frozenset({len(lines) - 1}))


def trim(blocks: Sequence[Block], to_seats: int, at: Sequence[Block]) -> None:
    """Shorten the blocks `at` from the back until all `blocks` have `to_seats` seats.

    Whole back rows go first, so that no stand ends in a stub, then single seats off the ends of rows in turn.
    """
    excess = sum(block.seats for block in blocks) - to_seats
    if excess < 0 or excess > sum(block.seats - len(block.lines[0].places) for block in at):
        raise ValueError(f"cannot trim {excess} seats from the {len(at)} blocks given")
    shortened = True
    while shortened:
        shortened = False
        for block in at:
            if len(block.lines) > 1 and len(block.lines[-1].places) <= excess:
                excess -= len(block.lines.pop().places)
                shortened = True
    for turn, block in zip(range(excess), cycle(at), strict=False):
        block.lines[-1].places.pop(0 if turn // len(at) % 2 else -1)
    for block in at:
        block.accessible_lines = frozenset({len(block.lines) - 1})


def plan_of(name: str, blocks: Sequence[Block], shapes: Sequence[Shape], categories: Sequence[Category]) -> SeatingPlan:
    """The blocks and shapes as a plan, moved so that everything lies MARGIN inside its top left corner."""
    points = [place for block in blocks for line in block.lines for place in line.places]
    points += [point for shape in shapes for point in shape.points]
    left = min(x for x, _ in points) - MARGIN
    top = min(y for _, y in points) - MARGIN

    def moved(point: Vertex) -> Vertex:
        return round(point[0] - left, 3), round(point[1] - top, 3)

    used = {line.category for block in blocks for line in block.lines}
    return SeatingPlan(
        name=name,
        width=round(max(x for x, _ in points) - left + MARGIN, 3),
        height=round(max(y for _, y in points) - top + MARGIN, 3),
        categories=tuple(category for category in categories if category.name in used),
        shapes=tuple(
            Shape(shape.kind, tuple(moved(point) for point in shape.points), shape.label, shape.closed)
            for shape in shapes
        ),
        sections=tuple(_section(block, moved) for block in blocks),
    )


def _section(block: Block, moved: Callable[[Vertex], Vertex]) -> Section:
    rows = []
    for index, line in enumerate(block.lines):
        wheelchairs = index in block.accessible_lines and len(line.places) >= 6
        ends, beside = (0, len(line.places) - 1), (1, len(line.places) - 2)
        seats = []
        for position, place in enumerate(line.places):
            x, y = moved(place)
            seats.append(
                Seat(
                    number=str(position + 1),
                    x=x,
                    y=y,
                    category=line.category,
                    accessible=wheelchairs and position in ends,
                    companion=wheelchairs and position in beside,
                    restricted_view=block.restricted,
                )
            )
        rows.append(Row(line.label, tuple(seats)))
    return Section(id=block.id, name=block.name, rows=tuple(rows), level=block.level)
