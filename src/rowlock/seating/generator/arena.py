"""An indoor arena set up for a concert: a stage at one end, seats on the floor, two decks round it."""

from collections.abc import Callable
from math import pi

from rowlock.seating.generator.curve import Curve, rounded_oblong, straight
from rowlock.seating.generator.palette import CATEGORIES, ECONOMY, PREMIUM, REGULAR, VIP
from rowlock.seating.generator.stand import Block, Deck, block, plan_of, trim
from rowlock.seating.model import SeatingPlan, Shape

FLOOR_LENGTH, FLOOR_WIDTH = 66.0, 34.0
STAGE_DEPTH = 14.0
SEATS_MIN, SEATS_MAX = 6_000, 22_000


def arena(seats: int = 12_000, name: str | None = None) -> SeatingPlan:
    """An arena with exactly `seats` seats (6,000 to 22,000), the stage at the left end.

    Places beside and behind the stage are Economy with a restricted view.
    """
    if not SEATS_MIN <= seats <= SEATS_MAX:
        raise ValueError(f"an arena has {SEATS_MIN:,} to {SEATS_MAX:,} seats, not {seats:,}")
    floor = _floor()
    rows = 8
    blocks = [*floor, *_ring(rows)]
    while sum(block.seats for block in blocks) < seats:
        rows += 1
        blocks = [*floor, *_ring(rows)]
    trim(blocks, seats, at=[block for block in blocks if block.level == "Upper"])
    return plan_of(name or f"Arena, {seats:,} seats", blocks, _shapes(), CATEGORIES)


def _floor() -> list[Block]:
    """Three blocks abreast, three deep; row A nearest the stage, rows running across the floor."""
    blocks = []
    block_depth, block_width = 14.0, 9.6
    for depth in range(3):
        left = -FLOOR_LENGTH / 2 + STAGE_DEPTH + 5 + depth * (block_depth + 2)
        for across in range(3):
            top = -15.2 + across * (block_width + 0.8)
            # Walked downward, so that the rows follow each other to the right, away from the stage.
            front = Curve(straight((left, top), (left, top + block_width)))
            deck = Deck("Floor", 0.0, 15, row_pitch=0.95, aisle=0.3)
            label = f"F{depth * 3 + across + 1}"
            price = VIP if depth == 0 else PREMIUM
            blocks.append(block(front, deck, (0.0, front.length), (label, f"Floor {label[1:]}"), _always(price.name)))
    return blocks


def _ring(rows: int) -> list[Block]:
    front = rounded_oblong(FLOOR_LENGTH + 6, FLOOR_WIDTH + 6, 14)
    lower = Deck("Lower", 0.0, rows * 11 // 20)
    upper = Deck("Upper", lower.depth + 3.5, rows - lower.rows)
    blocks = []
    for storey, deck in ((1, lower), (2, upper)):
        outward = deck.setback + deck.depth / 2
        count = round((front.length + 2 * pi * outward) / 10.5 / 4) * 4
        cuts = front.divided(count, outward)
        for number in range(count):
            span = (cuts[number], cuts[number + 1])
            x, _ = front.at(sum(span) / 2, 0)
            label = f"{storey}{number + 1:02d}"
            price = _category(deck.level, x)
            stand = block(front, deck, span, (label, f"{deck.level} {label}"), _always(price))
            stand.restricted = x < -FLOOR_LENGTH / 2 + 6
            blocks.append(stand)
    return blocks


def _always(category: str) -> Callable[[int], str]:
    return lambda _row: category


def _category(level: str, x: float) -> str:
    """By level and distance from the stage, which stands at the left end (x = -33)."""
    if x < -FLOOR_LENGTH / 2 + 6:
        return ECONOMY.name
    if level == "Lower":
        return PREMIUM.name if x < 12 else REGULAR.name
    return REGULAR.name if x < 12 else ECONOMY.name


def _shapes() -> list[Shape]:
    left, half = -FLOOR_LENGTH / 2, FLOOR_WIDTH / 2
    stage_right = left + STAGE_DEPTH
    return [
        Shape("outline", ((left, -half), (-left, -half), (-left, half), (left, half))),
        Shape("stage", ((left + 1, -11.0), (stage_right, -11.0), (stage_right, 11.0), (left + 1, 11.0)), "Stage"),
    ]
