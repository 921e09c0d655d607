"""`python -m benchmarks.false_refusals`: is a party ever refused while there are seats for it?

Callers ask for the best seats for parties of 1 to 8 in a house that is nearly full all the time: who has many bookings
gives the oldest back, and so does who was refused. Every other party insists on sitting together. Then a judge who
shares nothing with the engine replays the ledger and looks at every refusal at the very point it was decided.
"""

import asyncio
import random
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec
import uvloop

from benchmarks.effort import Effort
from benchmarks.houses import BENCHMARK
from benchmarks.refusal_judge import Refusal, RefusalJudge
from benchmarks.report import table, title
from rowlock.catalog import SaleFactsShelf
from rowlock.inventory import (
    ChartShelf,
    Choose,
    ExactPictures,
    HoldOutcome,
    NothingFits,
    PartyWish,
    Release,
    SeatChooser,
    SeatEngine,
    choose_strategy,
)
from rowlock.kernel.ids import new_booking_id
from rowlock.organiser import EventBody, Organiser, VenueBody
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.migrate import migrate
from rowlock.seating import Category, Row, Seat, SeatingPlan, Section, Shape
from rowlock.seating.store import PlanShelf

PARTY_MAX = 8
CALLERS = 200
ENGINES = 2
"""As many processes, as it were; they share only the database."""
BOOKINGS_KEPT = 10
"""Of each caller: 200 callers want 9,000 seats for as long as they have these."""

LEDGER = "SELECT seq, changes FROM seat_ledger WHERE event_id = $1 ORDER BY seq"
LEDGER_ROWS_FETCHED = 2_000


class Tally(msgspec.Struct):
    """What happened to all attempts."""

    attempts: int = 0
    held: int = 0
    seats: int = 0
    split: int = 0
    refusals: list[Refusal] = []


def house_plan() -> SeatingPlan:
    """8,400 seats: twenty sections of fourteen rows of thirty."""
    sections = tuple(
        Section(
            f"S{number}",
            f"Section {number}",
            tuple(
                Row(
                    str(row + 1),
                    tuple(Seat(str(place + 1), number % 5 * 34.0 + place, 8.0 + number // 5 * 16.0 + row, "Seat")
                          for place in range(30)),
                )
                for row in range(14)
            ),
        )
        for number in range(20)
    )  # fmt: skip
    stage = Shape("stage", ((60.0, 0.0), (110.0, 0.0), (110.0, 5.0), (60.0, 5.0)))
    return SeatingPlan("House of parties", 170.0, 75.0, (Category("Seat"),), sections, (stage,))


async def open_event(database: Database) -> int:
    """An event on the plan whose holds last longer than the benchmark."""
    organiser = Organiser(database, PlanShelf(database), hold_seconds=3600)
    stored = await organiser.create_plan(house_plan(), VenueBody(name="House of parties"), BENCHMARK)
    starts_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = EventBody(name="Party night", starts_at=starts_at, plan_id=stored.plan_id, prices={"Seat": "20.00"})
    return await organiser.create_event(body, BENCHMARK, None)


def engine_on(database: Database) -> SeatEngine:
    """An engine with pictures of its own, as another process would have one."""
    pictures = ExactPictures(database, SaleFactsShelf(database), ChartShelf(PlanShelf(database)))
    chooser = SeatChooser(database, pictures, seats_max=10, holds_max=0)
    return SeatEngine(database, choose_strategy("row-lock", database, None, 0), chooser)


async def call(engine: SeatEngine, event_id: int, attempts: Iterator[int], buyer: str, tally: Tally) -> None:
    """One caller: ask for seats until all attempts are used, keep some bookings, give the oldest back."""
    dice = random.Random(buyer)
    kept: deque[uuid.UUID] = deque()
    for _ in attempts:
        wish = PartyWish(dice.randint(1, PARTY_MAX), together=dice.random() < 0.5)
        booking_id = new_booking_id()
        outcome = await engine.choose(Choose(booking_id, event_id, buyer, wish))
        tally.attempts += 1
        if isinstance(outcome, NothingFits):
            tally.refusals.append(Refusal(outcome.seq, outcome.ahead, wish.size, wish.together))
        else:
            assert isinstance(outcome, HoldOutcome)
            assert outcome.stands, outcome.word
            tally.held += 1
            tally.seats += len(outcome.seat_nos)
            kept.append(booking_id)
        if kept and (isinstance(outcome, NothingFits) or len(kept) > BOOKINGS_KEPT):
            await engine.release(event_id, Release(kept.popleft(), buyer))


async def judge(database: Database, event_id: int, refusals: list[Refusal]) -> list[Refusal]:
    """The refusals that the ledger proves wrong."""
    async with database.cold.acquire() as connection, connection.transaction():
        cursor = connection.cursor(LEDGER, event_id, prefetch=LEDGER_ROWS_FETCHED)
        ledger = [(row["seq"], row["changes"]) async for row in cursor]
    return RefusalJudge(house_plan()).false_refusals(ledger, refusals)


async def run(url: str, attempts: int) -> str:
    """Attempt, judge; the table. Exits 1 at a false refusal, or when nothing was refused at all."""
    databases = [await open_database(url) for _ in range(ENGINES)]
    event_id = await open_event(databases[0])
    running = [engine_on(database) for database in databases]
    tally, left = Tally(), iter(range(attempts))
    began = time.perf_counter()
    with click.progressbar(length=attempts, label="attempts") as bar:
        calls = [
            asyncio.ensure_future(call(running[number % ENGINES], event_id, left, f"buyer:{number}", tally))
            for number in range(CALLERS)
        ]
        shown = 0
        while (await asyncio.wait(calls, timeout=1))[1]:
            bar.update(tally.attempts - shown)
            shown = tally.attempts
        await asyncio.gather(*calls)
    seconds = time.perf_counter() - began
    false = await judge(databases[0], event_id, tally.refusals)
    for database in databases:
        await database.close()
    if false or not tally.refusals:
        raise SystemExit(f"{len(false)} of {len(tally.refusals)} refusals are false: {false[:10]}")
    return table(
        f"{CALLERS} callers, parties of 1 to {PARTY_MAX}, {house_plan().capacity:,} seats, {ENGINES} engines|",
        f"attempts|{tally.attempts:,}",
        f"attempts a second|{tally.attempts / seconds:,.0f}",
        f"held|{tally.held:,}",
        f"refused|{len(tally.refusals):,}",
        f"of these falsely|{len(false)}",
    )


def chapter(effort: Effort) -> str:
    """Measure; the table."""
    with tempfile.TemporaryDirectory(prefix="rowlock-refusals-") as parent, EmbeddedServers() as servers:
        url = servers.start(Path(parent) / "data").database_url
        migrate(url)
        return uvloop.run(run(url, effort.attempts))


@click.command()
@click.option("--attempts", default=20_000, show_default=True)
def main(attempts: int) -> None:
    """Count refusals made while there were seats."""
    click.echo(f"{title('False refusals')}\n\n{chapter(Effort(Path(), click.echo, attempts=attempts))}")


if __name__ == "__main__":
    main()
