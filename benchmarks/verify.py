"""`python -m benchmarks.verify`: how many ledger rows a minute the proof replays, and in how much memory."""

import asyncio
import resource
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import click

from benchmarks.effort import Effort
from benchmarks.houses import BENCHMARK
from benchmarks.report import table, title
from rowlock.inventory import Hold, Release
from rowlock.inventory.proof import prove_events
from rowlock.inventory.store import hold_seats, release_bookings
from rowlock.organiser import EventBody, Organiser, VenueBody
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.migrate import migrate
from rowlock.seating import Category, Row, Seat, SeatingPlan, Section
from rowlock.seating.store import PlanShelf

EVENTS = 64
"""One call writes a row for each of them."""
ROWS_OF_SEATS, SEATS_PER_ROW, PARTY = 20, 50, 4
ROWS = 100_000
STEPS_PER_CALL = 2
"""A hold and its release."""


def chapter(_effort: Effort, rows: int = ROWS) -> str:
    """Fill ledgers by holding and releasing, then prove them; the table."""
    with tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent, EmbeddedServers() as servers:
        url = servers.start(Path(parent) / "data").database_url
        migrate(url)
        return asyncio.run(_measure(url, rows))


@click.command()
@click.option("--rows", default=ROWS, show_default=True, help="Ledger rows to write and then replay.")
def main(rows: int) -> None:
    """Measure; print the table. Exit 1 when an invariant does not hold."""
    click.echo(f"{title('The proof')}\n\n{chapter(Effort(Path(), click.echo), rows)}")


async def _measure(url: str, rows: int) -> str:
    database = await open_database(url)
    events = await _open_events(database)
    for number in range(rows // EVENTS // STEPS_PER_CALL):
        await _hold_and_release(database, events, number)
    await database.close()
    before = resource.getrusage(resource.RUSAGE_SELF)
    started, replayed, broken = time.perf_counter(), 0, 0
    connection = await asyncpg.connect(url)
    async for proof in prove_events(connection, None):
        replayed += sum(finding.looked_at for finding in proof.findings if finding.invariant == "I7")
        broken += sum(not finding.holds for finding in proof.findings)
    await connection.close()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    if broken:
        raise SystemExit("an invariant does not hold")
    return table(
        "the proof of as many holds and releases|",
        f"ledger rows|{replayed:,}",
        f"rows a minute|{replayed * 60 / seconds:,.0f}",
        f"processor time of Python for a row (µs)|{(after.ru_utime - before.ru_utime) / replayed * 1e6:.0f}",
        f"more memory at the peak (MB)|{(after.ru_maxrss - before.ru_maxrss) / 1024:.0f}",
    )


async def _open_events(database: Database) -> list[int]:
    seats = [
        tuple(Seat(str(place), float(place), float(row), "All") for place in range(1, SEATS_PER_ROW + 1))
        for row in range(ROWS_OF_SEATS)
    ]
    section = Section("S", "Stalls", tuple(Row(str(number), row) for number, row in enumerate(seats, start=1)))
    plan = SeatingPlan("Benchmark", SEATS_PER_ROW + 2.0, ROWS_OF_SEATS + 2.0, (Category("All"),), (section,))
    organiser = Organiser(database, PlanShelf(database), hold_seconds=300)
    stored = await organiser.create_plan(plan, VenueBody(name="Benchmark"), BENCHMARK)
    body = EventBody(
        name="Benchmark",
        starts_at=(datetime.now(UTC) + timedelta(days=30)).isoformat(),
        timezone="UTC",
        plan_id=stored.plan_id,
        prices={"All": "10.00"},
    )
    return [await organiser.create_event(body, BENCHMARK, None) for _ in range(EVENTS)]


async def _hold_and_release(database: Database, events: list[int], number: int) -> None:
    first = number * PARTY % (ROWS_OF_SEATS * SEATS_PER_ROW)
    seats = tuple(range(first, first + PARTY))
    holds = [Hold(uuid.uuid4(), event_id, f"buyer:{number}", seats) for event_id in events]
    outcomes = await hold_seats(database, holds, 0)
    assert all(outcome.stands for outcome in outcomes)
    await release_bookings(database, [Release(hold.booking_id, hold.buyer) for hold in holds])


if __name__ == "__main__":
    main()
