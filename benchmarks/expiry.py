"""`python -m benchmarks.expiry`: thousands of holds that end within one second.

Each seat can be had at the end of its hold, whether the sweeper has come or not: buyers try. When everybody sees it
free is the sweeper's affair: a reader of the ledger notes when the row that says so can be read. Others buy meanwhile.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import uvloop
from matplotlib import pyplot as plt

from benchmarks.effort import Effort
from benchmarks.houses import blocks, open_events
from benchmarks.report import BLUE, DOTS_PER_INCH, PLOT_INCHES, prepare_plots, table, title
from benchmarks.selling import Bench, Wanted, postgres_seconds, selling, servers
from rowlock.inventory import Hold, HoldWord, SeatEngine
from rowlock.inventory.ledger import read_changes
from rowlock.inventory.store import SQL, hold_chosen_seats
from rowlock.kernel import limits
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Database

SEATS, PARTY = 20_000, 4
HOLD_SECONDS = 3_600
"""Of the events of `open_events`; the holds were made that long before they are to end."""
HOLDS_A_FLUSH = 250
SETUP_HOLDS_A_SECOND = 3_000
QUIET_SECONDS = 2.0
WATCH_SECONDS_MAX = 30.0
POLL_SECONDS = 0.01
TIMER_SECONDS = 0.001
"""How much too early a timer may be."""
BUYERS = 200
BYSTANDERS_A_SECOND = 100


class Lapse(NamedTuple):
    """A hold that ends at `due`, in seconds since 1970."""

    hold: Hold
    due: float


class Seen(msgspec.Struct, frozen=True):
    """Milliseconds, in order of size: from a hold's end to the readable ledger row, of a purchase right at the end, of
    other people's holds before and during. `postgres_us` is PostgreSQL's processor time for one hold that ended.
    """

    visible: list[float]
    bought: list[float]
    calm: list[float]
    disturbed: list[float]
    postgres_us: float


async def _lay_out(database: Database, event_ids: Sequence[int], holds: int, first_due: datetime) -> list[Lapse]:
    """Make holds that end one after the other within a second."""
    wanted = blocks(event_ids, SEATS, PARTY)[:holds]
    lapses: list[Lapse] = []
    for start in range(0, holds, HOLDS_A_FLUSH):
        flush = [_hold(one) for one in wanted[start : start + HOLDS_A_FLUSH]]
        due = first_due + timedelta(seconds=start / holds)
        async with database.hot.acquire() as connection, connection.transaction():
            outcomes = await hold_chosen_seats(connection, flush, 0, due - timedelta(seconds=HOLD_SECONDS))
        assert all(outcome.word is HoldWord.HELD for outcome in outcomes)
        lapses += [Lapse(hold, due.timestamp()) for hold in flush]
    if datetime.now(UTC) > first_due - timedelta(seconds=QUIET_SECONDS):
        raise click.ClickException("making the holds took longer than they were to last; try fewer")
    return lapses


async def _watch(database: Database, event_ids: list[int], lapses: Sequence[Lapse]) -> list[float]:
    """When the end of each hold can be read in the ledger."""
    due_us = {str(lapse.hold.booking_id): lapse.due * 1e6 for lapse in lapses}
    rows = await database.fetch(SQL["ledgers_since"], event_ids, [1 << 60] * len(event_ids), 0)
    seqs = {row["event_id"]: row["seq"] for row in rows}
    visible: list[float] = []
    until = max(lapse.due for lapse in lapses) + WATCH_SECONDS_MAX
    while len(visible) < len(lapses):
        if time.time() > until:
            raise click.ClickException(f"{len(lapses) - len(visible)} holds were not closed in time")
        rows = await database.fetch(SQL["ledgers_since"], list(seqs), list(seqs.values()), limits.SINCE_ROWS_MAX)
        for row in rows:
            seqs[row["event_id"]] = row["seq"]
            ended = (
                change for text in row["changes"] or () for change in read_changes(text) if change.kind == "expire"
            )
            visible += [(row["now_us"] - due_us[change.booking_id]) / 1000 for change in ended]
        await asyncio.sleep(POLL_SECONDS)
    return sorted(visible)


async def _buy_at_once(engine: SeatEngine, lapses: Sequence[Lapse]) -> list[float]:
    """Somebody else wants the seats the moment their hold ends, and must get them."""

    async def buy(lapse: Lapse) -> float:
        await asyncio.sleep(lapse.due - time.time() + TIMER_SECONDS)
        return await _held_in(engine, (lapse.hold.event_id, lapse.hold.seat_nos))

    return sorted(await asyncio.gather(*(buy(lapse) for lapse in lapses)))


async def _bystanders(engine: SeatEngine, wanted: Iterator[Wanted], first: float, seconds: float) -> list[float]:
    """People who hold other seats, on a schedule of their own."""

    async def come(number: int) -> float:
        due = first + number / BYSTANDERS_A_SECOND
        await asyncio.sleep(due - time.time())
        await _held_in(engine, next(wanted))
        return (time.time() - due) * 1000

    return sorted(await asyncio.gather(*(come(number) for number in range(round(seconds * BYSTANDERS_A_SECOND)))))


async def _held_in(engine: SeatEngine, wanted: Wanted) -> float:
    started = time.perf_counter()
    outcome = await engine.hold(_hold(wanted))
    assert outcome.word is HoldWord.HELD, outcome
    return (time.perf_counter() - started) * 1000


def _hold(wanted: Wanted) -> Hold:
    booking_id = new_booking_id()
    return Hold(booking_id, wanted[0], f"buyer:{booking_id}", wanted[1])


async def measure_expiry(bench: Bench, holds: int) -> Seen:
    """Make the holds, wait for their end, watch."""
    async with selling(bench.servers.database_url) as (database, engine):
        *event_ids, other = await open_events(database, SEATS, -(-holds * PARTY // SEATS) + 1)
        lead = QUIET_SECONDS + 2 + holds / SETUP_HOLDS_A_SECOND
        first_due = datetime.now(UTC) + timedelta(seconds=lead)
        lapses = await _lay_out(database, event_ids, holds, first_due)
        await database.cold.execute("ANALYZE seats, bookings")
        others, due = iter(blocks([other], SEATS, PARTY)), first_due.timestamp()
        with _worker(bench):
            watching = asyncio.create_task(_watch(database, event_ids, lapses))
            calm = await _bystanders(engine, others, due - QUIET_SECONDS, QUIET_SECONDS)
            before = postgres_seconds(bench.servers.postgres_pid)
            buying = _buy_at_once(engine, lapses[:: max(1, holds // BUYERS)])
            bought, disturbed = await asyncio.gather(buying, _bystanders(engine, others, due, QUIET_SECONDS))
            visible = await watching
            used = postgres_seconds(bench.servers.postgres_pid) - before
        return Seen(visible, bought, calm, disturbed, used / holds * 1e6)


@contextmanager
def _worker(bench: Bench) -> Iterator[None]:
    """A worker process beside this one."""
    urls = {"DATABASE_URL": bench.servers.database_url, "VALKEY_URL": bench.servers.valkey_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "rowlock", "worker"], env={**os.environ, **urls}, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def chapter(effort: Effort) -> str:
    """Measure; the table, with a plot in `effort.folder`."""
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(measure_expiry(bench, effort.holds))
    _plot(seen.visible, effort.folder / "expiry.png")
    return table(
        f"{effort.holds:,} holds of 4 seats end within one second|p50 (ms)|p99 (ms)|worst (ms)",
        _row("seats seen free, after the end of their hold", seen.visible),
        _row(f"{len(seen.bought)} purchases right at the end, all granted", seen.bought),
        _row("other people's holds, before", seen.calm),
        _row("other people's holds, meanwhile", seen.disturbed),
        f"PostgreSQL's processor time for each end (µs)|{seen.postgres_us:,.0f}||",
    )


def _row(name: str, found: Sequence[float]) -> str:
    figures = (found[min(len(found) - 1, int(share * len(found)))] for share in (0.5, 0.99, 1.0))
    return "|".join([name, *(f"{figure:,.1f}" for figure in figures)])


def _plot(visible: Sequence[float], path: Path) -> None:
    """The share of seats seen free within so many milliseconds of the end of their hold."""
    prepare_plots()
    figure, axes = plt.subplots(figsize=PLOT_INCHES, layout="constrained")
    axes.step(visible, [(place + 1) / len(visible) * 100 for place in range(len(visible))], color=BLUE)
    axes.set_xlabel("milliseconds from the end of a hold to the moment everybody can see it")
    axes.set_ylabel("% of holds")
    axes.set_xlim(left=0)
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)


@click.command()
@click.option("--holds", default=50_000, show_default=True)
def main(holds: int) -> None:
    """Measure; print the table."""
    effort = msgspec.structs.replace(Effort(Path(__file__).parent / "report", click.echo), holds=holds)
    effort.folder.mkdir(parents=True, exist_ok=True)
    click.echo(f"{title('Expiry')}\n\n{chapter(effort)}")


if __name__ == "__main__":
    main()
