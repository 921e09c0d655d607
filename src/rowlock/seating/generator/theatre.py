"""A proscenium theatre: stalls, circle, balcony and boxes."""

from rowlock.seating.generator.curve import Curve, arc
from rowlock.seating.generator.palette import CATEGORIES, ECONOMY, PREMIUM, REGULAR, VIP
from rowlock.seating.generator.stand import Block, Deck, Line, block, plan_of, trim
from rowlock.seating.model import SeatingPlan, Shape

FOCUS = (0.0, -16.0)  # centre of the rows' arcs, well behind the footlights
STALLS = Deck("Stalls", 0.0, 17, row_pitch=0.95, seat_pitch=0.55, aisle=0.55)
CIRCLE = Deck("Circle", 19.0, 7, row_pitch=0.95, seat_pitch=0.55, aisle=0.55)
BALCONY = Deck("Balcony", 28.5, 6, row_pitch=0.9, seat_pitch=0.52, aisle=0.55)
FRONT_RADIUS = 20.0


def theatre(name: str = "Theatre", seats: int = 1_200) -> SeatingPlan:
    """A theatre with exactly `seats` seats (1,050 to 1,280), the stage at the top.

    Row letters skip I and O. Every level has a left, a centre and a right block between two aisles.
    """
    balcony = _level(BALCONY, 18.5, "B")
    blocks = [*_level(STALLS, 25.0, "S"), *_level(CIRCLE, 20.0, "C"), *balcony, *_boxes()]
    trim(blocks, seats, at=balcony)
    return plan_of(name, blocks, _shapes(), CATEGORIES)


def _level(deck: Deck, half_angle: float, code: str) -> list[Block]:
    # From the right end to the left, so that the rows lie below the front; mirrored back when numbered.
    front = Curve(arc(FOCUS, FRONT_RADIUS, 90 - half_angle, 90 + half_angle, step=0.5))
    aisles = (0.0, 0.27 * front.length, 0.73 * front.length, front.length)
    sides = (("R", "Right"), ("C", "Centre"), ("L", "Left"))
    blocks = []
    for position, (letter, side) in enumerate(sides):

        def category(row: int, centre: bool = side == "Centre") -> str:
            return _category(deck.level, row, centre)

        span = (aisles[position], aisles[position + 1])
        section = (f"{code}{letter}", f"{deck.level} {side}")
        blocks.append(block(front, deck, span, section, category, mirrored=True))
    return blocks[::-1]


def _category(level: str, row: int, centre: bool) -> str:
    if level == "Stalls":
        if 2 <= row < 12:
            return VIP.name if centre else PREMIUM.name
        return PREMIUM.name if centre else REGULAR.name
    if level == "Circle":
        return PREMIUM.name if row < 3 and centre else REGULAR.name
    return REGULAR.name if row < 2 and centre else ECONOMY.name


def _boxes() -> list[Block]:
    """Four boxes a side along the walls, two rows of two chairs each; the two by the stage see only part of it."""
    blocks = []
    for side, left in (("L", True), ("R", False)):
        for number in range(4):
            x, y = 13.2 + number * 1.3, 1.0 + number * 3.4
            lines = []
            for row, label in enumerate(("A", "B")):
                outer = x + row * 0.9
                places = [(outer, y), (outer, y + 0.65)]
                lines.append(Line(label, VIP.name, [(-px, py) for px, py in places] if left else places))
            name = f"Box {side}{number + 1}"
            blocks.append(Block(f"BX{side}{number + 1}", name, "Boxes", lines, restricted=number == 0))
    return blocks


def _shapes() -> list[Shape]:
    edge = arc(FOCUS, FRONT_RADIUS - 2.2, 62, 118, step=2)
    return [
        Shape("stage", (*edge, (-10.0, -8.0), (10.0, -8.0)), "Stage"),
        Shape("outline", ((-9.0, -0.3), (9.0, -0.3)), closed=False),
    ]
