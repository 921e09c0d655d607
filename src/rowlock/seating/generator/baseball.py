"""A baseball park: decks wrapped round home plate, pavilions behind the outfield."""

from math import cos, radians, sin

from rowlock.seating.generator.curve import Curve, Vertex, arc, smooth, straight
from rowlock.seating.generator.palette import CATEGORIES, ECONOMY, PREMIUM, REGULAR, VIP
from rowlock.seating.generator.stand import Block, Deck, block, plan_of, trim
from rowlock.seating.model import SeatingPlan, Shape

BASE_PATH = 27.43  # metres between bases
BACKSTOP = 19.0  # home plate to the front row behind it
FOUL_LINE = 100.0  # home plate to the foul poles
CONVERGENCE = 5.0  # degrees by which the side stands close in on the foul lines

FIELD = Deck("Field", 0.0, 33)
LOGE = Deck("Loge", 31.5, 23)
CLUB = Deck("Club", 54.5, 8)
RESERVE = Deck("Reserve", 64.5, 31)
TOP = Deck("Top Deck", 94.5, 14)
PAVILION = Deck("Pavilion", 6.0, 28)


def baseball_stadium(name: str = "Dodger Stadium", seats: int = 56_000) -> SeatingPlan:
    """A park with exactly `seats` seats (52,000 to 57,500), home plate at the bottom, centre field at the top.

    Odd sections lie on the third-base side (left), even ones on the first-base side, counted from home plate.
    """
    front = _front()
    ring = [
        *_deck(front, FIELD, 20, first=1, code="FD", name="Field Box"),
        *_deck(front, LOGE, 21, first=101, code="LG", name="Loge Box"),
        *_deck(front, CLUB, 20, first=201, code="CL", name="Club"),
    ]
    reserve = _deck(front, RESERVE, 24, first=1, code="RS", name="Reserve")
    middle = front.length / 2
    top = _deck(front, TOP, 6, first=1, code="TD", name="Top Deck", reach=middle * 0.27)
    blocks = [*ring, *reserve, *top, *_pavilions()]
    trim(blocks, seats, at=reserve)
    return plan_of(name, blocks, _field(), CATEGORIES)


def _front() -> Curve:
    right, left = 45 - CONVERGENCE, 135 + CONVERGENCE
    first_base, third_base = arc((0, 0), BACKSTOP, right, left)[0], arc((0, 0), BACKSTOP, right, left)[-1]
    heading = (sin(radians(right)), -cos(radians(right)))
    reach = FOUL_LINE - 8
    return Curve(
        smooth(
            [
                *straight((first_base[0] + heading[0] * reach, first_base[1] + heading[1] * reach), first_base),
                *arc((0, 0), BACKSTOP, right, left),
                *straight(third_base, (third_base[0] - heading[0] * reach, third_base[1] + heading[1] * reach)),
            ]
        )
    )


def _deck(
    front: Curve, deck: Deck, a_side: int, *, first: int, code: str, name: str, reach: float | None = None
) -> list[Block]:
    """Both halves of a deck: sections first, first+2, ... to the left of home plate, first+1, ... to the right."""
    middle = front.length / 2
    reach = middle if reach is None else reach
    cuts = front.divided(2 * a_side, deck.setback + deck.depth / 2, middle - reach, middle + reach)
    blocks = []
    for place in range(a_side):
        for number, cut in ((first + 2 * place, a_side + place), (first + 2 * place + 1, a_side - 1 - place)):

            def category(row: int, place: int = place) -> str:
                return _category(deck, place / a_side, row)

            span = (cuts[cut], cuts[cut + 1])
            blocks.append(block(front, deck, span, (f"{number}{code}", f"{name} {number}"), category, mirrored=True))
    return blocks


def _category(deck: Deck, from_home: float, row: int) -> str:
    """By level and by how far round from home plate (0 behind it, 1 at the foul pole)."""
    if deck is FIELD:
        return VIP.name if from_home < 0.42 and row < 15 else PREMIUM.name if from_home < 0.6 else REGULAR.name
    if deck is CLUB:
        return VIP.name if from_home < 0.3 else PREMIUM.name
    if deck is LOGE:
        return PREMIUM.name if from_home < 0.3 else REGULAR.name
    return REGULAR.name if deck is RESERVE and from_home < 0.4 else ECONOMY.name


def _fence(angle: float) -> Vertex:
    """The outfield wall: 100 m down the lines, 120 m at dead centre; `angle` in degrees, -90 is centre field."""
    distance = FOUL_LINE + 20 * cos(radians(2 * (angle + 90)))
    return distance * cos(radians(angle)), distance * sin(radians(angle))


def _pavilions() -> list[Block]:
    blocks = []
    for start, end, side, name in ((-132, -98, 0, "Left Pavilion"), (-82, -48, 1, "Right Pavilion")):
        wall = Curve([_fence(start + (end - start) * step / 40) for step in range(41)])
        cuts = wall.divided(5, PAVILION.setback + PAVILION.depth / 2)
        code = "PR" if side else "PL"
        for place in range(5):
            number = 301 + 2 * (place if side else 4 - place) + side
            section = (f"{number}{code}", f"{name} {number}")
            blocks.append(block(wall, PAVILION, (cuts[place], cuts[place + 1]), section, lambda _: ECONOMY.name))
    return blocks


def _field() -> list[Shape]:
    """Grass up to the front rows and the outfield wall, infield dirt, diamond, bases, mound and foul lines."""
    front = _front()
    steps = 60
    edge = (front.at(front.length * step / steps, -1.5) for step in range(steps + 1))
    wall = tuple(_fence(-135 + 2 * step) for step in range(46))
    side = BASE_PATH / 2**0.5
    plate, first, second, third = (0.0, 0.0), (side, -side), (0.0, -2 * side), (-side, -side)
    dirt = arc((0, -side * 0.9), 29.0, -205, 25, 5)
    bases = [
        Shape("area", tuple((x + dx, y + dy) for dx, dy in ((0, -0.8), (0.8, 0), (0, 0.8), (-0.8, 0))))
        for x, y in (plate, first, second, third)
    ]
    return [
        Shape("field", (*wall, *edge), "Field"),
        Shape("area", (*dirt, (0.0, 8.0))),
        Shape("field", (plate, first, second, third)),
        Shape("area", tuple(arc((0, -18.44), 2.7, 0, 345, 15))),
        *bases,
        Shape("outline", (wall[0], plate, wall[-1]), closed=False),
        Shape("text", ((0.0, -80.0),), "Outfield"),
    ]
