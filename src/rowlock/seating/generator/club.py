"""A music club: round tables before a small stage, benches along the back and a bar."""

from math import cos, radians, sin

from rowlock.seating.generator.palette import CATEGORIES, ECONOMY, REGULAR, VIP
from rowlock.seating.generator.stand import Block, Line, plan_of
from rowlock.seating.model import SeatingPlan, Shape

TABLE_PITCH = 3.1
CHAIRS = 6
CHAIR_RADIUS = 0.95
TABLE_ROWS = (6, 7, 8, 8)  # tables abreast, from the stage back
BENCH_ROWS, BENCH_SEATS = 4, 27
BAR_STOOLS = 18


def club(name: str = "Club") -> SeatingPlan:
    """A club with 300 seats: 29 tables of six, four rows of benches and eighteen stools at the bar."""
    blocks = [*_tables(), _benches(), _bar()]
    return plan_of(name, blocks, _shapes(), CATEGORIES)


def _table_centres() -> list[tuple[float, float]]:
    return [
        ((place - (count - 1) / 2) * TABLE_PITCH, 3.2 + depth * 2.9)
        for depth, count in enumerate(TABLE_ROWS)
        for place in range(count)
    ]


def _tables() -> list[Block]:
    """The tables of the front two ranks are VIP. A table is a row: its label is the table's number."""
    front = TABLE_ROWS[0] + TABLE_ROWS[1]
    lines = []
    for number, (x, y) in enumerate(_table_centres(), start=1):
        turns = (radians(30 + 60 * chair) for chair in range(CHAIRS))
        places = [(x + CHAIR_RADIUS * cos(turn), y + CHAIR_RADIUS * sin(turn)) for turn in turns]
        lines.append(Line(f"T{number}", VIP.name if number <= front else REGULAR.name, places))
    return [
        Block("VIP", "Front tables", "Floor", lines[:front], frozenset({0, TABLE_ROWS[0] - 1})),
        Block("T", "Tables", "Floor", lines[front:], frozenset({len(lines) - front - 1})),
    ]


def _benches() -> Block:
    lines = [
        Line(letter, ECONOMY.name, [((seat - (BENCH_SEATS - 1) / 2) * 0.6, 15.2 + row * 0.95) for seat in range(27)])
        for row, letter in enumerate("ABCD")
    ]
    return Block("G", "Gallery", "Gallery", lines, frozenset({0}))


def _bar() -> Block:
    stools = [(14.6, -0.5 + stool * 0.75) for stool in range(BAR_STOOLS)]
    return Block("BAR", "Bar", "Bar", [Line("Bar", ECONOMY.name, stools)], restricted=True)


def _shapes() -> list[Shape]:
    tables = [
        Shape("area", tuple((x + 0.6 * cos(radians(turn)), y + 0.6 * sin(radians(turn))) for turn in range(0, 360, 20)))
        for x, y in _table_centres()
    ]
    return [
        Shape("stage", ((-5.5, -4.5), (5.5, -4.5), (5.5, 0.0), (4.0, 1.0), (-4.0, 1.0), (-5.5, 0.0)), "Stage"),
        *tables,
        Shape("area", ((15.3, -1.2), (16.4, -1.2), (16.4, 13.0), (15.3, 13.0)), "Bar"),
    ]
