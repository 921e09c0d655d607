"""How soon somebody who waits hears that it is their turn, over real sockets.

A turn is due at a moment that the pace fixes in advance (PostgreSQL's clock, which is this machine's). From there on it
takes the worker's step, the gateway's look at the rooms, and the frame.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import msgspec
import psycopg
from websockets.asyncio.client import connect

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import post, run_load
from benchmarks.report import table
from benchmarks.rounds import CLIENTS
from benchmarks.waiting import control

WAITERS = 1_500
PER_MINUTE = 6_000
CONNECTING_AT_ONCE = 50
DUE = "SELECT extract(epoch FROM greatest(pace_at, opens_at))::float8, pace_base FROM waiting_rooms WHERE event_id = %s"


class _Ticket(msgspec.Struct, rename="camel"):
    queue_ticket: str
    position: int


def chapter(effort: Effort) -> str:
    """Call a line whose people all listen; the table."""
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1, ROWLOCK_STREAM_CONNECTIONS_PER_ADDRESS_MAX="0") as running,
    ):
        event, _ = running.stadium()
        control(running, event, mode="hold")
        path, kept = f"/api/v1/events/{event}/queue", list[bytes]()
        tokens = running.tokens("buyer", WAITERS)
        joins = iter([post(path, {}, f"Authorization: Bearer {token}\r\n") for token in tokens])
        run_load(running.url, joins, status=200, clients=CLIENTS, seconds=60, kept=kept)
        tickets = [msgspec.json.decode(answer, type=_Ticket) for answer in kept]
        late = asyncio.run(_listen(running, event, tickets))
        effort.tell(f"{len(late):,} told")
    return _table(late)


async def _listen(running: Installation, event: str, tickets: list[_Ticket]) -> list[float]:
    """So many seconds after their turn was due people were told of it, in order of size."""
    told_at: dict[int, float] = {}
    inside = asyncio.Semaphore(CONNECTING_AT_ONCE)
    listening = asyncio.Semaphore(0)
    address = f"{running.url.replace('http', 'ws', 1)}/api/v1/events/{event}/queue/stream"

    async def wait(ticket: _Ticket) -> None:
        async with inside:
            socket = await connect(f"{address}?queueTicket={ticket.queue_ticket}", subprotocols=["rowlock.v1"])  # type: ignore[list-item]
        listening.release()
        async for message in socket:
            if '"turn"' in str(message):
                told_at[ticket.position - 1] = time.time()
                break
        await socket.close()

    waiting = [asyncio.create_task(wait(ticket)) for ticket in tickets]
    for _ in tickets:
        await listening.acquire()
    changes = {"mode": "fifo", "admitPerMinute": PER_MINUTE, "admitMax": PER_MINUTE}
    await asyncio.to_thread(control, running, event, **changes)
    begun, base = await asyncio.to_thread(_pace, running, event)
    await asyncio.wait_for(asyncio.gather(*waiting), 60 * WAITERS / PER_MINUTE + 30)
    return sorted(at - begun - (rank + 1 - base) * 60 / PER_MINUTE for rank, at in told_at.items())


def _pace(running: Installation, event: str) -> tuple[float, int]:
    """Since when the line goes at its pace, and how many had been called by then."""
    with psycopg.connect(running.servers.database_url) as connection:
        row = connection.execute(DUE, [event]).fetchone()
    assert row is not None
    return float(row[0]), int(row[1])


def _table(late: list[float]) -> str:
    return table(
        f"{len(late):,} waiting at one gateway, {PER_MINUTE:,} called a minute|",
        f"from the turn to its notice, p50 (ms)|{statistics.median(late) * 1e3:.0f}",
        f"the same, p99 (ms)|{late[int(0.99 * (len(late) - 1))] * 1e3:.0f}",
        f"the same, at most (ms)|{late[-1] * 1e3:.0f}",
    )
