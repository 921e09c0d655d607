"""`python -m benchmarks.engine`: holds of four seats without HTTP, against the source documents' own transaction."""

import asyncio
import statistics
from pathlib import Path

import click
import uvloop

from benchmarks.baseline import Baseline
from benchmarks.effort import Effort
from benchmarks.houses import blocks, open_events
from benchmarks.report import table, title
from benchmarks.selling import Bench, Sold, sell, selling, servers

CLIENTS = 256
PARTY = 4
SEATS = 80_000
EVENTS = 6
"""As many as a round may sell."""


async def _round(bench: Bench, seconds: float) -> Sold:
    """Sell new events of one house, one after the other."""
    async with selling(bench.servers.database_url) as (database, engine):
        event_ids = await open_events(database, SEATS, EVENTS)
        wanted = [block for event_id in event_ids for block in blocks([event_id], SEATS, PARTY)]
        warm_up, rest = wanted[: 8 * CLIENTS], wanted[8 * CLIENTS :]
        await sell(engine, warm_up, CLIENTS, 60, bench.servers.postgres_pid)
        return await sell(engine, rest, CLIENTS, seconds, bench.servers.postgres_pid)


def chapter(effort: Effort) -> str:
    """Measure both in turn, again and again; the table."""
    sold: list[Sold] = []
    source: list[float] = []
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        baseline = Baseline(bench.servers, bench.folder)
        baseline.lay_out_source_tables()
        for _ in range(effort.rounds):
            source.append(baseline.source_holds_per_second(effort.seconds))
            sold.append(runner.run(_round(bench, effort.seconds)))
            effort.tell(f"{sold[-1].per_second:,.0f} holds/s, {source[-1]:,.0f} by the source documents' transaction")
    ratio = statistics.median(one.per_second / rate for one, rate in zip(sold, source, strict=True))
    rows = (
        f"the engine, {CLIENTS} callers in one process|{statistics.median(one.per_second for one in sold):,.0f}",
        f"the source documents' transaction, pgbench, 16 clients|{statistics.median(source):,.0f}",
        f"ratio, each round by itself|{ratio:.1f}",
        f"processor time of a hold, engine (µs)|{statistics.median(one.engine_us for one in sold):,.0f}",
        f"processor time of a hold, PostgreSQL (µs)|{statistics.median(one.postgres_us for one in sold):,.0f}",
    )
    return table("holds of four seats a second|", *rows)


@click.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each load of a round lasts at most.")
@click.option("--rounds", default=3, show_default=True)
def main(seconds: float, rounds: int) -> None:
    """Measure; print the table."""
    click.echo(f"{title('The engine without HTTP')}\n\n{chapter(Effort(Path(), click.echo, seconds, rounds))}")


if __name__ == "__main__":
    main()
