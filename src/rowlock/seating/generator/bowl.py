"""A football stadium: decks all the way round a pitch."""

from math import pi

from rowlock.seating.generator.curve import Curve, ellipse, rounded_oblong
from rowlock.seating.generator.palette import CATEGORIES, ECONOMY, PREMIUM, REGULAR, VIP
from rowlock.seating.generator.stand import Block, Deck, block, plan_of, trim
from rowlock.seating.model import SeatingPlan, Shape

PITCH_LENGTH, PITCH_WIDTH = 105.0, 68.0
RUN_OFF = 9.0
SECTION_WIDTH = 13.0
DECK_GAP = 4.0
SEATS_MIN, SEATS_MAX = 8_000, 110_000


def bowl_stadium(seats: int = 80_000, name: str | None = None) -> SeatingPlan:
    """A closed bowl with exactly `seats` seats (8,000 to 110,000): a lower deck, a club tier and an upper deck."""
    if not SEATS_MIN <= seats <= SEATS_MAX:
        raise ValueError(f"a bowl has {SEATS_MIN:,} to {SEATS_MAX:,} seats, not {seats:,}")
    front = rounded_oblong(PITCH_LENGTH + 2 * RUN_OFF, PITCH_WIDTH + 2 * RUN_OFF, 26)
    rows = 8
    while _estimate(front, rows) < seats * 1.005:
        rows += 1
    blocks = _bowl(front, rows)
    while sum(block.seats for block in blocks) < seats:
        rows += 1
        blocks = _bowl(front, rows)
    top_level = blocks[-1].level
    trim(blocks, seats, at=[block for block in blocks if block.level == top_level])
    return plan_of(name or f"Football stadium, {seats:,} seats", blocks, _pitch(), CATEGORIES)


def _decks(rows: int) -> list[Deck]:
    """`rows` in all, shared between the levels; a small ground has only one."""
    if rows < 20:
        return [Deck("Lower", 0.0, rows)]
    club = max(4, rows // 9)
    lower = Deck("Lower", 0.0, (rows - club) * 9 // 20)
    middle = Deck("Club", lower.depth + DECK_GAP, club)
    return [lower, middle, Deck("Upper", middle.setback + middle.depth + DECK_GAP, rows - club - lower.rows)]


def _estimate(front: Curve, rows: int) -> float:
    """Seats to expect: each row as long as the front grown by a circle, less a share for the aisles."""
    return sum(
        (front.length + 2 * pi * (deck.setback + row * deck.row_pitch)) / deck.seat_pitch * 0.88
        for deck in _decks(rows)
        for row in range(deck.rows)
    )


def _bowl(front: Curve, rows: int) -> list[Block]:
    blocks = []
    for storey, deck in enumerate(_decks(rows), start=1):
        outward = deck.setback + deck.depth / 2
        count = round((front.length + 2 * pi * outward) / SECTION_WIDTH / 4) * 4
        cuts = front.divided(count, outward)
        for number in range(count):
            span = (cuts[number], cuts[number + 1])
            centre = front.at(sum(span) / 2, 0)
            label = f"{storey}{number + 1:02d}"

            def category(row: int, centre: tuple[float, float] = centre, level: str = deck.level) -> str:
                return _category(level, centre, row)

            blocks.append(block(front, deck, span, (label, f"{deck.level} {label}"), category))
    return blocks


def _category(level: str, centre: tuple[float, float], row: int) -> str:
    beside_halfway = abs(centre[0]) < PITCH_LENGTH * 0.22
    along_touchline = abs(centre[0]) < PITCH_LENGTH * 0.45
    if level == "Club":
        return VIP.name if along_touchline else PREMIUM.name
    if level == "Lower":
        if beside_halfway:
            return VIP.name if 4 <= row < 18 else PREMIUM.name
        return PREMIUM.name if along_touchline else REGULAR.name
    return REGULAR.name if along_touchline and row < 18 else ECONOMY.name


def _pitch() -> list[Shape]:
    half_length, half_width = PITCH_LENGTH / 2, PITCH_WIDTH / 2

    def oblong(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
        return ((left, top), (right, top), (right, bottom), (left, bottom))

    return [
        Shape("field", oblong(-half_length, -half_width, half_length, half_width), "Pitch"),
        Shape("outline", ((0.0, -half_width), (0.0, half_width)), closed=False),
        Shape("outline", ellipse(18.3, 18.3)),
        Shape("outline", oblong(-half_length, -20.16, -half_length + 16.5, 20.16)),
        Shape("outline", oblong(half_length - 16.5, -20.16, half_length, 20.16)),
        Shape("outline", oblong(-half_length, -9.16, -half_length + 5.5, 9.16)),
        Shape("outline", oblong(half_length - 5.5, -9.16, half_length, 9.16)),
    ]
