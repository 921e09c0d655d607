"""`python -m benchmarks.outbox`: a backlog of messages, and how fast the relay gets it out of the way during a sale.

The backlog is what piles up while no worker runs. Meanwhile a stadium sells on: 20,000 bookings within twenty seconds,
each of which leaves a message. Every message goes into the stream and becomes part of jobs, as in the worker.
"""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import uvloop
from valkey.asyncio import Valkey

from benchmarks.effort import Effort
from benchmarks.report import table, title
from benchmarks.selling import Bench, postgres_seconds, servers
from rowlock.platform.outbox.relay import Relay
from rowlock.platform.postgres import Database, open_database

ARRIVALS_A_SECOND = 1_000
ARRIVE_SECONDS = 0.05
BACKLOG_STEP = 100_000
AIM = 10
TASKS = {"booking.confirmed": ("tell_confirmed", "write_documents")}
ARRIVE = """
INSERT INTO outbox (topic, key, payload)
SELECT 'booking.confirmed', b.id::text, jsonb_build_object('bookingId', b.id, 'eventId', '1', 'seats', 2)
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) b
"""
SIZE = "SELECT pg_total_relation_size('outbox')"


class Drained(NamedTuple):
    """How a backlog went."""

    messages: int
    seconds: float
    arrived: int
    postgres_us: float
    relay_us: float
    megabytes_before: float
    megabytes_after: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


async def _arrive(database: Database, done: asyncio.Event) -> int:
    """The sale goes on until `done`; how many bookings it made."""
    step, arrived, due = round(ARRIVALS_A_SECOND * ARRIVE_SECONDS), 0, time.perf_counter()
    while not done.is_set():
        await database.hot.execute(ARRIVE, step)
        arrived, due = arrived + step, due + ARRIVE_SECONDS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return arrived


async def measure_drain(bench: Bench, backlog: int) -> Drained:
    """Pile messages up, let them arrive on, and relay until few are left."""
    database, valkey = await open_database(bench.servers.database_url), Valkey.from_url(bench.servers.valkey_url)
    for first in range(0, backlog, BACKLOG_STEP):
        await database.cold.execute(ARRIVE, min(BACKLOG_STEP, backlog - first))
    before = await database.cold.fetchval(SIZE)
    relay, done, messages = Relay(database, valkey, TASKS), asyncio.Event(), 0
    arriving = asyncio.create_task(_arrive(database, done))
    used, own, started = postgres_seconds(bench.servers.postgres_pid), time.process_time(), time.perf_counter()
    while messages < backlog:
        messages += await relay.round()
    seconds, own = time.perf_counter() - started, time.process_time() - own
    used = postgres_seconds(bench.servers.postgres_pid) - used
    done.set()
    arrived = await arriving
    await database.cold.execute("VACUUM outbox")
    after = await database.cold.fetchval(SIZE)
    await valkey.aclose()
    await database.close()
    megabytes = (before / 1e6, after / 1e6)
    return Drained(messages, seconds, arrived, used / messages * 1e6, own / messages * 1e6, *megabytes)


def chapter(effort: Effort) -> str:
    """Measure; the table."""
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        drained = runner.run(measure_drain(bench, effort.attempts))
    return table(
        f"a backlog of {effort.attempts:,} messages while a stadium sells {ARRIVALS_A_SECOND:,} bookings a second|",
        f"messages relayed a second|{drained.rate:,.0f}",
        f"over the rate of arrival (aim: {AIM})|{drained.rate / ARRIVALS_A_SECOND:.1f}",
        f"until the backlog was gone|{drained.seconds:.1f} s",
        f"processor time for each message, PostgreSQL and relay|{drained.postgres_us:.1f} + {drained.relay_us:.1f} µs",
        f"table at its largest, and afterwards|{drained.megabytes_before:.1f} MB, {drained.megabytes_after:.1f} MB",
    )


@click.command()
@click.option("--messages", default=1_000_000, show_default=True)
def main(messages: int) -> None:
    """Measure; print the table."""
    effort = msgspec.structs.replace(Effort(Path(__file__).parent / "report", click.echo), attempts=messages)
    click.echo(f"{title('Outbox')}\n\n{chapter(effort)}")


if __name__ == "__main__":
    main()
