"""Stadium lists without coordinates: stand > sector > row > "18" or "1-10,12-16"; laid out round a field."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.draft import DEFAULT_CATEGORY, Draft, Frame, SeatBudget, framed, nth_place
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.formats.layout import AISLE, ROW_PITCH, SEAT_PITCH
from rowlock.seating.model import SEATS_PER_ROW_MAX, Point, Row, Seat, Section, Shape

RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
CLEARANCE = 8.0  # between the field and the first row
BOX_ROWS = 2  # sectors of so few rows are boxes, drawn behind the stand
FIELD_LENGTH, FIELD_WIDTH = 105.0, 68.0  # the least room inside the stands
FIELD_SHARE = 0.84  # of the room inside the stands


class SectorRow(Struct, frozen=True):
    name: str
    seats: str


class Sector(Struct, frozen=True):
    name: str
    rows: list[SectorRow]


Stand = dict[str, Sector | str]


class Block(NamedTuple):
    """A sector with the seat numbers of its rows."""

    path: str
    stand: str
    name: str
    rows: list[tuple[str, list[int]]]

    @property
    def width(self) -> float:
        return (self.last - self.first + 1) * SEAT_PITCH

    @property
    def first(self) -> int:
        return min(numbers[0] for _, numbers in self.rows)

    @property
    def last(self) -> int:
        return max(numbers[-1] for _, numbers in self.rows)

    @property
    def depth(self) -> float:
        return max(self.ranks()) * ROW_PITCH + ROW_PITCH

    def indent(self, numbers: Sequence[int]) -> float:
        """Seats by which a row is moved in: short rows are centred when the sector's rows all start alike."""
        alike = len({row[0] for _, row in self.rows}) == 1
        return (self.last - numbers[-1]) / 2 if alike else 0.0

    def ranks(self) -> list[int]:
        """How far back each row stands: by its number where all are numbers, else in order."""
        labels = [label for label, _ in self.rows]
        numbers = [int(label) for label in labels if label.isascii() and label.isdigit() and len(label) < 4]
        if len(set(numbers)) == len(labels) and len(labels) > BOX_ROWS:
            return [number - min(1, *numbers) for number in numbers]
        return list(range(len(labels)))


def looks_like_stadium_ranges(data: bytes) -> bool:
    """Whether the file opens like an object of objects of sectors."""
    return (
        re.match(rb'\s*\{\s*"[^"]{1,80}"\s*:\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"[^"]{1,80}"\s*:\s*\{', data) is not None
    )


def read_stadium_ranges(data: bytes, name: str) -> Draft:
    """Stands called west, east, north and south go to their sides, others wherever there is room."""
    source = decode_json(data, dict[str, Stand])
    budget = SeatBudget()
    stands = [[*_blocks(key, stand, budget)] for key, stand in source.items()]
    stands = [blocks for blocks in stands if blocks]
    sides = _sides([blocks[0].stand for blocks in stands])
    arena = _arena(stands, sides)
    names = [block.name for blocks in stands for block in blocks]
    sections = []
    for blocks, side in zip(stands, sides, strict=True):
        for block, lines in _placed(blocks, side, arena):
            identity = block.name if names.count(block.name) == 1 else f"{block.stand} {block.name}"
            rows = tuple(_row(*row, line) for row, line in zip(block.rows, lines, strict=True))
            sections.append(Section(id=identity, name=f"Sector {block.name}", rows=rows, level=block.stand))
    x, y = arena.width * FIELD_SHARE / 2, arena.height * FIELD_SHARE / 2
    field = Shape("field", ((-x, -y), (x, -y), (x, y), (-x, y)), "Field")

    def places() -> Iterator[str]:
        for blocks in stands:
            for block in blocks:
                for number, (_, seats) in enumerate(block.rows):
                    yield from (f"{block.path}.rows[{number}]" for _ in seats)

    return Draft(framed(name, sections, [field]), nth_place(places))


def _row(label: str, numbers: Sequence[int], places: Sequence[Point]) -> Row:
    seats = (Seat(str(number), x, y, DEFAULT_CATEGORY) for number, (x, y) in zip(numbers, places, strict=True))
    return Row(label, tuple(seats))


def _blocks(key: str, stand: Stand, budget: SeatBudget) -> Iterator[Block]:
    title = stand.get("name")
    stand_name = title if isinstance(title, str) and title.strip() else key
    for sector_key, sector in stand.items():
        if isinstance(sector, str):
            continue
        path = f"$.{key}.{sector_key}"
        rows = []
        for number, row in enumerate(sector.rows):
            place = f"{path}.rows[{number}]"
            seats = seat_range(row.seats, place)
            budget.spend(len(seats), place)
            rows.append((row.name.strip(), seats))
        if not rows:
            raise PlanFileError(path, f'sector "{sector.name}" has no rows')
        yield Block(path, stand_name.strip(), sector.name.strip(), rows)


def seat_range(text: str, place: str) -> list[int]:
    """Seat numbers of "18" (1 to 18) or "1-10,12-16" (with a gap), counting up."""
    if re.fullmatch(r"\s*\d{1,6}\s*", text):
        text = f"1-{text}"
    numbers: list[int] = []
    for part in text.split(","):
        found = RANGE.fullmatch(part)
        if not found:
            raise PlanFileError(place, f'seats are "{text[:40]}"; write 18, or ranges such as 1-10,12-16')
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first or last - first >= SEATS_PER_ROW_MAX or (numbers and first <= numbers[-1]):
            raise PlanFileError(place, f'"{part.strip()}" does not count up from the seats before, or is too long')
        numbers.extend(range(first, last + 1))
    return numbers


def _sides(stands: Sequence[str]) -> list[str]:
    """Which side of the field each stand takes: north is the top of the drawing."""
    free = ["west", "east", "north", "south"]
    sides = {stand: stand.lower() for stand in stands if stand.lower() in free}
    left = [side for side in free if side not in sides.values()]
    for number, stand in enumerate(stand for stand in stands if stand not in sides):
        sides[stand] = left[number % len(left)] if left else free[number % 4]
    return [sides[stand] for stand in stands]


def _rank_width(blocks: Sequence[Block]) -> float:
    return sum(block.width + AISLE for block in blocks)


def _arena(stands: Sequence[Sequence[Block]], sides: Sequence[str]) -> Frame:
    """The open space inside the stands: as wide and high as the fronts round it, boxes left out."""
    width, height = FIELD_LENGTH, FIELD_WIDTH
    for blocks, side in zip(stands, sides, strict=True):
        front = _rank_width([block for block in blocks if len(block.rows) > BOX_ROWS])
        if side in {"north", "south"}:
            width = max(width, front)
        else:
            height = max(height, front)
    return Frame(width, height)


def _placed(blocks: Sequence[Block], side: str, arena: Frame) -> Iterator[tuple[Block, list[list[Point]]]]:
    """Each block of one stand with its seats' places: sectors side by side, boxes in a rank behind them."""
    stand = [block for block in blocks if len(block.rows) > BOX_ROWS]
    boxes = [block for block in blocks if len(block.rows) <= BOX_ROWS]
    behind = max((block.depth for block in stand), default=0.0) + AISLE
    starts = {}
    for rank, setback in ((stand, 0.0), (boxes, behind)):
        x = -_rank_width(rank) / 2
        for block in rank:
            starts[block.path] = (x + AISLE / 2, setback)
            x += block.width + AISLE
    for block in blocks:
        left, setback = starts[block.path]
        places = []
        for (_, numbers), step in zip(block.rows, block.ranks(), strict=True):
            along = (left + (number - block.first + 0.5 + block.indent(numbers)) * SEAT_PITCH for number in numbers)
            places.append([_turned(x, setback + step * ROW_PITCH, side, arena) for x in along])
        yield block, places


def _turned(along: float, back: float, side: str, arena: Frame) -> Point:
    """A place `along` a stand and `back` from its front row, turned to its side of the field."""
    across, down = arena.width / 2 + CLEARANCE + back, arena.height / 2 + CLEARANCE + back
    x, y = {"north": (along, -down), "south": (-along, down), "west": (-across, -along), "east": (across, along)}[side]
    return round(x, 3), round(y, 3)
