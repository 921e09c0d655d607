"""The line: joining it, asking where one stands, what a person takes in Valkey, and how evenly people are called.

The baseline of the rates is a bare endpoint of the same process (`/healthz`), in the same rounds.
"""

import asyncio
import secrets
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, pairwise, repeat
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
from valkey import Valkey as BlockingValkey
from valkey.asyncio import Valkey

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import LoadResult, get, post
from benchmarks.report import table
from benchmarks.rounds import CLIENTS, measured
from rowlock.platform.valkey.scripts import Call
from rowlock.waiting_room.line import JOIN, Asked, Line, keys_of, place_of
from rowlock.waiting_room.signing import PERSON_BYTES

PEOPLE_A_ROUND = 20_000
SHORT_LINE = 100_000
"""People in a line that is weighed beside the longest."""
AT_ONCE = 500
PER_MINUTE = 50_000
CALLED_SECONDS = 40.0
LOOK_SECONDS = 0.02
WINDOW_SECONDS = 10.0
SERVED = "SELECT extract(epoch FROM clock_timestamp())::float8, served FROM waiting_rooms WHERE event_id = %s"


class _Ticket(msgspec.Struct, rename="camel"):
    queue_ticket: str


class Weight(NamedTuple):
    """Of a line: bytes a person in Valkey, and people a second who are put back into it after a loss."""

    bytes_each: float
    put_back_per_second: float


class Waiting(msgspec.Struct, frozen=True):
    """One round: answers a second, and microseconds of processor time each."""

    bare: LoadResult
    bare_us: float
    joins: LoadResult
    joins_us: float
    statuses: LoadResult
    statuses_us: float
    buckets: LoadResult
    buckets_us: float


def chapter(effort: Effort) -> str:
    """Measure in turn; the tables."""
    rounds = []
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1) as running,
    ):
        event, _ = running.stadium()
        people = effort.rounds * PEOPLE_A_ROUND
        tokens = iter(running.tokens("buyer", people))
        control(running, event, mode="hold")
        kept: list[bytes] = []
        for _ in range(effort.rounds):
            rounds.append(_round(running, event, tokens, kept, effort.seconds))
            effort.tell(
                f"bare {rounds[-1].bare.per_second:,.0f}, joins {rounds[-1].joins.per_second:,.0f}, "
                f"statuses {rounds[-1].statuses.per_second:,.0f}, buckets {rounds[-1].buckets.per_second:,.0f} a second"
            )
        worst = _evenness(running, event)
        effort.tell(f"called {PER_MINUTE:,} a minute: at most {100 * worst:.2f} % off over any {WINDOW_SECONDS:.0f} s")
        weights = asyncio.run(_weigh(str(running.servers.valkey_url), effort))
    return "\n\n".join([_rates(rounds), _weights(weights, worst)])


def control(running: Installation, event: str, **changes: object) -> None:
    """Change a room as staff do."""
    token = running.tokens("organiser", 1)[0]
    request = urllib.request.Request(
        f"{running.url}/api/v1/events/{event}/queue/control",
        msgspec.json.encode(changes),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=60):
        pass


def _round(running: Installation, event: str, tokens: Iterator[str], kept: list[bytes], seconds: float) -> Waiting:
    """Everybody joins once; then those who joined ask."""
    path = f"/api/v1/events/{event}/queue"
    bare, bare_cost = measured(running, repeat(get("/healthz")), status=200, seconds=seconds)
    requests = (post(path, {}, f"Authorization: Bearer {next(tokens)}\r\n") for _ in range(PEOPLE_A_ROUND))
    prepared = iter(list(requests))
    joins, join_cost = measured(running, prepared, status=200, seconds=60.0, kept=kept)
    tickets = [msgspec.json.decode(answer, type=_Ticket).queue_ticket for answer in kept[-PEOPLE_A_ROUND:]]
    asking = cycle([get(path, f"X-Queue-Ticket: {ticket}\r\n") for ticket in tickets])
    statuses, status_cost = measured(running, asking, status=200, seconds=seconds)
    polling = cycle([get(f"{path}/board/{bucket}") for bucket in range(120)])
    buckets, bucket_cost = measured(running, polling, status=200, seconds=seconds)
    costs = (sum(cost.values()) for cost in (bare_cost, join_cost, status_cost, bucket_cost))
    bare_us, join_us, status_us, bucket_us = costs
    return Waiting(bare, bare_us, joins, join_us, statuses, status_us, buckets, bucket_us)


def _evenness(running: Installation, event: str) -> float:
    """Let the line go; how far it is off over the worst ten seconds, as a share of what is due in them."""
    control(running, event, mode="fifo", admitPerMinute=PER_MINUTE, admitMax=PER_MINUTE)
    seen: list[tuple[float, int]] = []
    with psycopg.connect(running.servers.database_url, autocommit=True) as connection:
        ends = time.monotonic() + CALLED_SECONDS
        while time.monotonic() < ends:
            row = connection.execute(SERVED, [event]).fetchone()
            assert row is not None
            seen.append((float(row[0]), int(row[1])))
            time.sleep(LOOK_SECONDS)
    return worst_window(seen, PER_MINUTE / 60)


def worst_window(seen: Sequence[tuple[float, int]], per_second: float) -> float:
    """The largest share by which those called in any window differ from what is due in it.

    Only the steps count, each at the moment it was seen: between two of them nobody is late.
    """
    steps = [look for before, look in pairwise(seen) if look[1] != before[1]]
    last = seen[-1][1]
    worst, begin = 0.0, 0
    for end, (at, served) in enumerate(steps):
        if served == last:
            break  # the end of the line: nobody is left to be called
        while at - steps[begin + 1][0] >= WINDOW_SECONDS and begin + 1 < end:
            begin += 1
        passed = at - steps[begin][0]
        if passed >= WINDOW_SECONDS:
            worst = max(worst, abs((served - steps[begin][1]) / (passed * per_second) - 1))
    return worst


async def _weigh(url: str, effort: Effort) -> dict[int, Weight]:
    """Lines of several lengths, by what Valkey says it uses; each is lost and put back."""
    weights = {}
    with BlockingValkey.from_url(url) as probe:
        for count in sorted({SHORT_LINE, effort.people}):
            before = int(probe.info("memory")["used_memory"])
            async with Valkey.from_url(url) as valkey:
                line, name, begun = Line(valkey), f"weighed{count}", time.perf_counter()
                register = await _fill(valkey, name, count)
                took = time.perf_counter() - begun
                each = (int(probe.info("memory")["used_memory"]) - before) / count
                await line.drop(name)
                await line.begin(name, count, count)
                begun = time.perf_counter()
                for number, people in enumerate(register):
                    await line.put_back(name, number * AT_ONCE, people)
                back = count / (time.perf_counter() - begun)
                await line.drop(name)
            weights[count] = Weight(each, back)
            effort.tell(
                f"{count:,} people in line in {took:.0f} s: {each:.1f} bytes each, put back at {back:,.0f} a second"
            )
    return weights


async def _fill(valkey: Valkey, name: str, count: int) -> list[bytes]:
    """Let so many join; they, as the register has them, so many at once."""
    line = Line(valkey)
    await line.begin(name, 0, count)
    digest = str(await valkey.script_load(JOIN.text))
    register = []
    for first in range(0, count, AT_ONCE):
        people = [Asked(name, secrets.token_bytes(PERSON_BYTES)) for _ in range(AT_ONCE)]
        buckets, names = zip(*map(place_of, people), strict=True)
        call = Call([*keys_of(name), *buckets], [*names, *(asked.person for asked in people)])
        await valkey.evalsha(digest, len(call.keys), *call.keys, *call.arguments)  # type: ignore[misc,arg-type]
        register.append(people_bytes(people))
        await line.registered(name, first, register[-1])
    return register


def people_bytes(people: Sequence[Asked]) -> bytes:
    """People as the register has them."""
    return b"".join(asked.person for asked in people)


def _rates(rounds: Sequence[Waiting]) -> str:
    def row(name: str, load: Callable[[Waiting], LoadResult], cost: Callable[[Waiting], float]) -> str:
        rate = statistics.median(load(one).per_second for one in rounds)
        ratio = statistics.median(load(one).per_second / one.bare.per_second for one in rounds)
        micros = statistics.median(cost(one) for one in rounds)
        spent = statistics.median(one.bare_us / cost(one) for one in rounds)
        return f"{name}|{rate:,.0f}|{ratio:.2f}|{micros:,.0f}|{spent:.2f}"

    return table(
        f"{CLIENTS} clients, one api process|a second|of the bare endpoint|µs of all processors|bare endpoint's share",
        row("bare endpoint", lambda one: one.bare, lambda one: one.bare_us),
        row("joining, everybody new", lambda one: one.joins, lambda one: one.joins_us),
        row("asking with a ticket", lambda one: one.statuses, lambda one: one.statuses_us),
        row("polling by bucket, no cache in between", lambda one: one.buckets, lambda one: one.buckets_us),
    )


def _weights(weights: dict[int, Weight], worst: float) -> str:
    return table(
        "the line|",
        *(f"bytes a person in Valkey, {count:,} in line|{weight.bytes_each:.1f}" for count, weight in weights.items()),
        *(
            f"put back a second, {count:,} in line|{weight.put_back_per_second:,.0f}"
            for count, weight in weights.items()
        ),
        f"called {PER_MINUTE:,} a minute: worst error over any {WINDOW_SECONDS:.0f} s|{100 * worst:.2f} %",
    )
