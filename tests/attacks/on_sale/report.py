"""What came of an on-sale with and without bots, with and without what stands against them."""

import asyncio
import random
from typing import NamedTuple

from structlog.testing import capture_logs
from tests.attacks.on_sale.bots import CLASSES, bots
from tests.attacks.on_sale.people import Buyer
from tests.attacks.on_sale.sale import CAPPED, EVERYTHING, LIMITS, NOTHING, SCORING, Defence, Sale
from tests.simulation.virtual_time import run

PEOPLE = 200
ROWS = 26


class Outcome(NamedTuple):
    """One sale. Shares are parts of one."""

    defence: Defence
    people: int
    people_served: float
    """Of the people who wanted to buy, so many did."""
    bot_traffic: float
    """Bots' requests among all requests."""
    bot_seats: float
    """Bots' seats among those sold."""
    fair_share: float
    """What they would have got if each of their accounts were one more person."""
    seats_by_class: dict[str, int]
    held_in_vain: float
    """Seat-minutes that bots held and did not pay for."""
    people_asked: int
    """Proofs of work asked of people."""
    bots_asked: int


class Row(NamedTuple):
    """A line of the report."""

    what: str
    people_served: str
    bot_traffic: str
    bot_seats: str
    times_fair_share: str
    seats_by_class: str
    seat_minutes_in_vain: str
    proofs_asked: str


def play(seed: int, defence: Defence, *, with_bots: bool = True) -> Outcome:
    """One sale drawn from a seed; the same people come whatever else does."""
    state = random.getstate()
    random.seed(seed)
    try:
        with capture_logs():
            return run(_happen(seed, defence, with_bots=with_bots))
    finally:
        random.setstate(state)


async def _happen(seed: int, defence: Defence, *, with_bots: bool) -> Outcome:
    dice = random.Random(seed)
    sale = Sale(dice, ROWS, defence)
    people = [Buyer(sale, number, random.Random(f"{seed}:{number}")) for number in range(PEOPLE)]
    attackers = bots(sale, random.Random(seed + 1)) if with_bots else []
    await asyncio.gather(*(person.shop() for person in people), *(bot.work() for bot in attackers))
    await sale.watch.close()
    sold = sale.sold_to()
    by_class = {name: sum(n for who, n in sold.items() if who.startswith(name)) for name in CLASSES}
    willing = [person for person in people if person.willing]
    bot_requests = sum(bot.requests for bot in attackers)
    return Outcome(
        defence,
        len(willing),
        sum(person.bought for person in willing) / len(willing),
        bot_requests / max(1, bot_requests + sum(person.requests for person in people)),
        sum(by_class.values()) / max(1, sum(sold.values())),
        len(attackers) / (len(attackers) + len(people)),
        by_class,
        sale.held_in_vain("person:"),
        sum(person.asked for person in people),
        sum(bot.asked for bot in attackers),
    )


def attack_rows(seeds: int = 3) -> list[Row]:
    """The report: each case as the mean of so many sales."""
    cases = (
        ("no bots", EVERYTHING, False),
        ("bots, nothing against them", NOTHING, True),
        ("bots, limits only", LIMITS, True),
        ("bots, limits and scoring", SCORING, True),
        ("bots, limits, six tickets a person", CAPPED, True),
        ("bots, limits, scoring, six tickets a person", EVERYTHING, True),
    )
    return [_row(what, [play(seed, defence, with_bots=some) for seed in range(seeds)]) for what, defence, some in cases]


def _row(what: str, outcomes: list[Outcome]) -> Row:
    def mean(of: str) -> float:
        return float(sum(getattr(outcome, of) for outcome in outcomes) / len(outcomes))

    fair = mean("fair_share")
    by_class = {name: sum(one.seats_by_class[name] for one in outcomes) / len(outcomes) for name in CLASSES}
    return Row(
        what,
        f"{mean('people_served'):.1%}",
        f"{mean('bot_traffic'):.0%}",
        f"{mean('bot_seats'):.1%}",
        f"{mean('bot_seats') / fair:.2f}" if fair else "",
        ", ".join(f"{name} {count:.0f}" for name, count in by_class.items() if count),
        f"{mean('held_in_vain'):.0f}",
        f"{mean('people_asked'):.0f} of people, {mean('bots_asked'):.0f} of bots",
    )
