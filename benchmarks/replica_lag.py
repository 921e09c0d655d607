"""`python -m benchmarks.replica_lag`: how long after a commit another process would still ask PostgreSQL for the seat.

One engine holds seats one after the other; a picture that follows the same event, without any hint from that engine, is
asked again and again whether it knows. While it does not, it refuses nothing: staleness costs a question, never a seat.
"""

import asyncio
import random
import time
from pathlib import Path

import click
import uvloop

from benchmarks.effort import Effort
from benchmarks.houses import blocks, open_events
from benchmarks.report import table, title
from benchmarks.selling import selling, servers
from rowlock.inventory import Hold, HoldWord, SeatReplica
from rowlock.kernel.ids import new_booking_id

SEATS = 80_000
HOLDS = 200
PAUSE_SECONDS_MAX = 0.1


async def _lags(url: str, holds: int) -> list[float]:
    """Milliseconds from each hold's outcome to the picture that has it, in order of size."""
    lags = []
    async with selling(url) as (database, engine):
        event_id = (await open_events(database, SEATS, 1))[0]
        replica = SeatReplica(database)
        for number, (_, seat_nos) in enumerate(blocks([event_id], SEATS, 4)[:holds]):
            await asyncio.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # commits fall anywhere between two polls
            outcome = await engine.hold(Hold(new_booking_id(), event_id, f"buyer:{number}", seat_nos))
            assert outcome.word is HoldWord.HELD
            held_at = time.perf_counter()
            while not replica.surely_taken(event_id, seat_nos):  # noqa: ASYNC110  the moment is what is measured
                await asyncio.sleep(0)
            lags.append((time.perf_counter() - held_at) * 1000)
        await replica.close()
    return sorted(lags)


def chapter(_effort: Effort, holds: int = HOLDS) -> str:
    """Measure; the table."""
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        lags = runner.run(_lags(bench.servers.database_url, holds))
    rows = [f"{name}|{lags[min(holds - 1, int(share * holds))]:.1f}" for name, share in (("p50", 0.5), ("p99", 0.99))]
    return table("milliseconds behind a commit|", *rows, f"worst|{lags[-1]:.1f}")


@click.command()
@click.option("--holds", default=HOLDS, show_default=True)
def main(holds: int) -> None:
    """Measure; print the table."""
    click.echo(f"{title('Age of the picture')}\n\n{chapter(Effort(Path(), click.echo), holds)}")


if __name__ == "__main__":
    main()
