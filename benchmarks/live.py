"""`python -m benchmarks.live`: what the gateway carries, at what price, and how far behind a commit its viewers are."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from itertools import count
from typing import NamedTuple, cast

import click
import psutil
import uvloop

from benchmarks.crowd import CrowdProcess, Deliveries
from benchmarks.effort import Effort
from benchmarks.houses import open_events
from benchmarks.report import table, title
from benchmarks.selling import Bench, servers
from rowlock.app import Api, open_api
from rowlock.inventory import Release, SeatReplica
from rowlock.inventory.model import Hold
from rowlock.kernel.ids import new_booking_id
from rowlock.settings import Settings

SEATS = 80_000
PARTY = 4
CHANGES_PER_SECOND = 500
PROCESSES = 4
CALM_SECONDS = 2.0
HOLD_EVERY_SECONDS = 0.005
LEDGER_TIMES = "SELECT seq, extract(epoch FROM at)::double precision AS at FROM seat_ledger WHERE event_id = $1"
POSITION = "SELECT epoch, seq FROM event_inventory WHERE event_id = $1"


class Gateway(NamedTuple):
    """A running `rowlock live` on a port of its own."""

    process: psutil.Process
    port: int

    def cpu_seconds(self) -> float:
        """Processor time used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Bytes in memory."""
        return int(self.process.memory_info().rss)


class Lags(NamedTuple):
    """What viewers saw of a sale. Milliseconds from each ledger row to its last viewer, in order of size."""

    last: list[float]
    deliveries: int
    frames: int
    missing: int
    gaps: int
    changes: int
    deliveries_per_cpu_second: float
    bytes_per_change: float

    def percentile(self, share: float) -> float:
        """The lag that `share` of the rows stayed below."""
        return self.last[min(len(self.last) - 1, int(share * len(self.last)))]


@contextmanager
def serving(module: str, *arguments: str, **variables: str) -> "Iterator[Gateway]":
    """A process that serves on a listening socket we give it, for the time of the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--fd", str(listener.fileno())],
            env=os.environ | variables, pass_fds=[listener.fileno()], stdout=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        with socket.create_connection(("127.0.0.1", port)) as first:
            first.sendall(b"GET /healthz HTTP/1.1\r\nHost: benchmark\r\n\r\n")
            assert first.recv(100).startswith(b"HTTP/1.1 ")
        yield Gateway(psutil.Process(process.pid), port)
    finally:
        process.kill()
        process.wait()


@contextmanager
def gateways(bench: Bench, number: int) -> "Iterator[list[Gateway]]":
    """So many `rowlock live` for the time of the block."""
    variables = {f"ROWLOCK_STREAM_CONNECTIONS{name}_MAX": "0" for name in ("", "_PER_ADDRESS", "_PER_PERSON")}
    variables |= {"DATABASE_URL": bench.servers.database_url, "VALKEY_URL": bench.servers.valkey_url}
    with ExitStack() as stack:
        yield [stack.enter_context(serving("rowlock", "live", **variables)) for _ in range(number)]


@contextmanager
def crowds(running: Sequence[Gateway], event_id: int, viewers: int, processes: int) -> "Iterator[list[CrowdProcess]]":
    """So many viewers, spread over processes and gateways, not connected yet."""
    share = viewers // processes
    started = [
        CrowdProcess(running[number % len(running)].port, event_id, share, number) for number in range(processes)
    ]
    try:
        yield started
    finally:
        for crowd in started:
            crowd.end()


def together(crowd: Sequence[CrowdProcess], *words: object) -> list[tuple[object, float]]:
    """Tell all, wait for all: their answers, each with the moment it was given."""
    for one in crowd:
        one.say(*words)
    return [cast("tuple[object, float]", one.answer()) for one in crowd]


@asynccontextmanager
async def api_on(bench: Bench) -> AsyncIterator[Api]:
    """The api role without HTTP, hinting after its commits."""
    settings = Settings(
        database_url=bench.servers.database_url, valkey_url=bench.servers.valkey_url, holds_per_user_max=0
    )
    api = await open_api(settings)
    try:
        yield api
    finally:
        await api.close()


async def change_seats(api: Api, event_id: int, per_second: int, seconds: float) -> int:
    """Hold parties of four and give them back, at an even rate; how many seats changed."""
    started, changes, turn = time.perf_counter(), 0, 0
    pending: set[asyncio.Task[object]] = set()
    while (now := time.perf_counter() - started) < seconds:
        while changes < now * per_second:
            seats = tuple(range(turn * PARTY % SEATS, turn * PARTY % SEATS + PARTY))
            task: asyncio.Task[object] = asyncio.create_task(_hold_and_release(api, event_id, seats))
            pending.add(task)
            task.add_done_callback(pending.discard)
            changes += 2 * PARTY
            turn += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*pending)
    return changes


async def _hold_and_release(api: Api, event_id: int, seats: tuple[int, ...]) -> None:
    hold = Hold(new_booking_id(), event_id, f"buyer:{seats[0]}", seats)
    assert (await api.engine.hold(hold)).stands
    await asyncio.sleep(0.05)
    await api.engine.release(event_id, Release(hold.booking_id, hold.buyer))


async def position(api: Api, event_id: int) -> tuple[int, int]:
    """Epoch and seq of the event."""
    row = await api.database.fetchrow(POSITION, event_id)
    assert row is not None
    return row["epoch"], row["seq"]


class Load(NamedTuple):
    """What is done to the seats, and before how many eyes."""

    viewers: int
    processes: int
    gateways: int
    per_second: int
    seconds: float


async def lags(api: Api, running: Sequence[Gateway], crowd: list[CrowdProcess], event_id: int, load: Load) -> Lags:
    """Change seats and see when the last viewer had each change."""
    viewers_before = await position(api, event_id)
    cpu = sum(gateway.cpu_seconds() for gateway in running)
    changes = await change_seats(api, event_id, load.per_second, load.seconds)
    _, end = await position(api, event_id)
    await asyncio.to_thread(together, crowd, "until", end)
    cpu = sum(gateway.cpu_seconds() for gateway in running) - cpu
    seen = [cast("Deliveries", answer) for answer, _ in await asyncio.to_thread(together, crowd, "deliveries")]
    at = {row["seq"]: row["at"] for row in await api.database.fetch(LEDGER_TIMES, event_id)}
    last: dict[int, float] = {}
    for one in seen:
        for frame, (_, moment) in one.frames.items():
            for seq in range(frame.since + 1, frame.seq + 1):
                last[seq] = max(last.get(seq, 0.0), moment)
    rows = range(viewers_before[1] + 1, end + 1)
    deliveries = sum(count for one in seen for count, _ in one.frames.values())
    return Lags(
        last=sorted((last[seq] - at[seq]) * 1000 for seq in rows if seq in last),
        deliveries=deliveries,
        frames=max(len(one.frames) for one in seen),
        missing=sum(seq not in last for seq in rows) + sum(one.lost for one in seen),
        gaps=sum(one.gaps for one in seen),
        changes=changes,
        deliveries_per_cpu_second=deliveries / cpu,
        bytes_per_change=max(one.frame_bytes for one in seen) / changes,
    )


class Storm(NamedTuple):
    """All viewers back at once: seconds until every one is current; p99 of holds (ms) before and meanwhile."""

    seconds: float
    calm_ms: float
    meanwhile_ms: float


async def hold_p99(api: Api, event_id: int, until: "asyncio.Future[float]") -> float:
    """Hold and give back a party every few milliseconds for so long; the 99th percentile of a hold in milliseconds."""
    latencies: list[float] = []
    pending: set[asyncio.Task[None]] = set()

    async def one(turn: int) -> None:
        first = (SEATS // 2 + turn * PARTY) % SEATS
        hold = Hold(new_booking_id(), event_id, f"buyer:storm {turn}", tuple(range(first, first + PARTY)))
        started = time.perf_counter()
        assert (await api.engine.hold(hold)).stands
        latencies.append(time.perf_counter() - started)
        await api.engine.release(event_id, Release(hold.booking_id, hold.buyer))

    for turn in count():
        if until.done():
            break
        pending.add(task := asyncio.create_task(one(turn)))
        task.add_done_callback(pending.discard)
        await asyncio.sleep(HOLD_EVERY_SECONDS)
    await asyncio.gather(*pending)
    return sorted(latencies)[int(0.99 * len(latencies))] * 1000


async def reconnect(api: Api, crowd: list[CrowdProcess], event_id: int) -> Storm:
    """Cut all viewers, change seats, let all come back at once."""
    calm = await hold_p99(api, event_id, asyncio.ensure_future(asyncio.sleep(CALM_SECONDS, 0.0)))
    await asyncio.to_thread(together, crowd, "leave")
    before = await position(api, event_id)
    await change_seats(api, event_id, 400, 0.5)
    _, end = await position(api, event_id)
    began = time.time()

    def come_back() -> float:
        together(crowd, "connect", before)
        return max(moment for _, moment in together(crowd, "until", end)) - began

    coming = asyncio.get_running_loop().run_in_executor(None, come_back)
    meanwhile = await hold_p99(api, event_id, coming)
    return Storm(await coming, calm, meanwhile)


async def snapshot_bytes(api: Api) -> int:
    """The compressed snapshot of a house of which parties have taken somewhat more than half, here and there."""
    event_id = (await open_events(api.database, SEATS, 1))[0]
    chance = random.Random(7)
    parties, start = [], 0
    while start < SEATS - 8:
        parties.append(tuple(range(start, start + chance.randint(1, 6))))
        start += chance.randint(1, 12)
    holds = (Hold(new_booking_id(), event_id, f"buyer:{seats[0]}", seats) for seats in parties)
    await asyncio.gather(*(api.engine.hold(hold) for hold in holds))
    replica = SeatReplica(api.database)
    picture = await replica.picture(event_id)
    assert picture is not None
    return len(picture.snapshot(gzipped=True))


def raw_deliveries(viewers: int, processes: int, size: int, seconds: float) -> float:
    """Deliveries for a second of processor time of a bare loop of writes, to as many viewers as the gateway had."""
    loop = serving("benchmarks.raw_loop", "--size", str(size), "--pause", "0.02")
    with loop as raw, crowds([raw], 1, viewers, processes) as crowd:
        together(crowd, "connect")
        together(crowd, "deliveries")
        cpu = raw.cpu_seconds()
        time.sleep(seconds)
        cpu = raw.cpu_seconds() - cpu
        seen = [cast("Deliveries", answer) for answer, _ in together(crowd, "deliveries")]
    return sum(count for one in seen for count, _ in one.frames.values()) / cpu


class Measured(NamedTuple):
    """All figures of one run."""

    seen: Lags
    idle_bytes: float
    storm: Storm
    snapshot_bytes: int
    raw_per_cpu_second: float


async def measure(bench: Bench, load: Load) -> Measured:
    """Run everything once."""
    viewers, processes = load.viewers, load.processes
    async with api_on(bench) as api:
        event_id = (await open_events(api.database, SEATS, 1))[0]
        with gateways(bench, load.gateways) as running, crowds(running, event_id, viewers, processes) as crowd:
            await change_seats(api, event_id, 100, 0.5)
            empty = sum(gateway.memory() for gateway in running)
            await asyncio.to_thread(together, crowd, "connect")
            idle = (sum(gateway.memory() for gateway in running) - empty) / viewers
            await asyncio.to_thread(together, crowd, "deliveries")
            seen = await lags(api, running, crowd, event_id, load)
            back = await reconnect(api, crowd, event_id)
        size = round(seen.bytes_per_change * seen.changes / seen.frames)
        raw = await asyncio.to_thread(raw_deliveries, viewers, processes, size, min(load.seconds, 3.0))
        return Measured(seen, idle, back, await snapshot_bytes(api), raw)


def figures(load: Load) -> str:
    """Measure; the table."""
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(measure(bench, load))
    seen, storm = found.seen, found.storm
    return table(
        f"{load.viewers:,} viewers of one event, {load.per_second} seat changes a second, {load.gateways} gateway(s)|",
        f"from a commit to the last viewer, p50 (ms)|{seen.percentile(0.5):.0f}",
        f"p99 (ms)|{seen.percentile(0.99):.0f}",
        f"frames a second|{seen.frames / load.seconds:.0f}",
        f"changes that did not reach everybody; gaps|{seen.missing}; {seen.gaps}",
        f"deliveries a second of the gateway's processor time|{seen.deliveries_per_cpu_second:,.0f}",
        f"the same of a bare loop of writes|{found.raw_per_cpu_second:,.0f}",
        f"share|{seen.deliveries_per_cpu_second / found.raw_per_cpu_second:.2f}",
        f"memory of an idle viewer in the gateway (KiB)|{found.idle_bytes / 1024:.1f}",
        f"all back at once: every one current after (s)|{storm.seconds:.1f}",
        f"p99 of holds of the engine, before and meanwhile (ms)|{storm.calm_ms:.1f}; {storm.meanwhile_ms:.1f}",
        f"bytes a seat change on the wire|{seen.bytes_per_change:.1f}",
        f"snapshot of {SEATS:,} seats, compressed (bytes)|{found.snapshot_bytes:,}",
    )


def chapter(effort: Effort) -> str:
    """Measure with one gateway and with two; the tables."""
    seconds = 2.5 * effort.seconds
    loads = [Load(effort.viewers, PROCESSES, gateways, CHANGES_PER_SECOND, seconds) for gateways in (1, 2)]
    return "\n\n".join(figures(load) for load in loads)


@click.command()
@click.option("--viewers", default=10_000, show_default=True)
@click.option("--processes", default=PROCESSES, show_default=True, help="Of viewers.")
@click.option("--gateways", "gateway_count", default=1, show_default=True)
@click.option("--changes", default=CHANGES_PER_SECOND, show_default=True, help="Seat changes a second.")
@click.option("--seconds", default=10.0, show_default=True)
def main(*, viewers: int, processes: int, gateway_count: int, changes: int, seconds: float) -> None:
    """Measure; print the table."""
    click.echo(f"{title('Live map')}\n\n{figures(Load(viewers, processes, gateway_count, changes, seconds))}")


if __name__ == "__main__":
    main()
