"""The rounds: holds, the database's own updates and a bare endpoint, one after the other, again and again."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice, repeat

import msgspec

from benchmarks.baseline import Baseline
from benchmarks.installation import Installation
from benchmarks.load import LoadResult, get, hold, run_load
from rowlock.inventory import SeatPicture

CLIENTS = 64
SEATS_PER_HOLD = 4
SNAPSHOTS_FETCHED, SNAPSHOTS_MADE = 200, 20


class Round(msgspec.Struct, frozen=True):
    """One pass over all three loads. `cpu_us` is the processor time of a hold by role, in microseconds."""

    holds: LoadResult
    cpu_us: dict[str, float]
    updates_per_second: float
    bare: LoadResult

    @property
    def ratio(self) -> float:
        """Holds of four seats over HTTP for each single-row update of the database below."""
        return self.holds.per_second / self.updates_per_second


class Snapshot(msgspec.Struct, frozen=True):
    """The seat snapshot of one event: bytes of the body, milliseconds to make it, and to fetch it once made."""

    encoding: str
    body_bytes: int
    making_ms: float
    fetching_ms: float


def measure_rounds(running: Installation, count: int, seconds: float, tell: Callable[[str], None]) -> list[Round]:
    """Interleaved rounds, each on an event of its own with nothing sold; every hold is somebody else's."""
    like, seat_ids = running.stadium()
    organiser = running.tokens("organiser", 1)[0]
    baseline = Baseline(running.servers, running.data)
    rounds = []
    for number in range(count):
        people = running.tokens("buyer", len(seat_ids) // SEATS_PER_HOLD)
        event_id = running.new_event(organiser, like)
        requests = iter([hold(event_id, seats, token) for seats, token in zip(_blocks(seat_ids), people, strict=True)])
        _warm_up(running, requests)
        updates = baseline.updates_per_second(seconds)
        before = running.cpu_seconds()
        holds = run_load(running.url, requests, status=201, clients=CLIENTS, seconds=seconds)
        after = running.cpu_seconds()
        bare = run_load(running.url, repeat(get("/healthz")), status=200, clients=CLIENTS, seconds=seconds)
        cost = {role: (after[role] - before[role]) / len(holds.latencies) * 1e6 for role in after}
        rounds.append(Round(holds, cost, updates, bare))
        tell(f"round {number + 1}: {holds.per_second:,.0f} holds/s, {updates:,.0f} updates/s, {rounds[-1].ratio:.2f}")
    return rounds


def measure_snapshots(running: Installation) -> list[Snapshot]:
    """The snapshot of the stadium with one seat in three taken, plain and gzipped."""
    event_id, seat_ids = running.stadium()
    drawn = random.Random(1)  # a regular pattern would pack far better than any real sale
    states = bytes(2 if drawn.random() < 1 / 3 else 0 for _ in seat_ids)
    path = f"/api/v1/events/{event_id}/seats"
    found = []
    for encoding in ("identity", "gzip"):
        body, making_ms = _make_snapshot(states, gzipped=encoding == "gzip")
        request = get(path, f"Accept-Encoding: {encoding}\r\n")
        load = run_load(running.url, islice(repeat(request), SNAPSHOTS_FETCHED), status=200, clients=1, seconds=30)
        found.append(Snapshot(encoding, len(body), making_ms, load.percentile_ms(0.5)))
    return found


def median(rounds: list[Round], figure: Callable[[Round], float]) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(figure(one) for one in rounds)


def _blocks(seat_ids: list[str]) -> Iterator[list[str]]:
    """Every seat once, four neighbours at a time."""
    for start in range(0, len(seat_ids) - SEATS_PER_HOLD + 1, SEATS_PER_HOLD):
        yield seat_ids[start : start + SEATS_PER_HOLD]


def _warm_up(running: Installation, requests: Iterator[bytes]) -> None:
    """A few holds that are not counted: statements get prepared, the plan and the event's terms get loaded."""
    run_load(running.url, islice(requests, 8 * CLIENTS), status=201, clients=CLIENTS, seconds=30)


def _make_snapshot(states: bytes, *, gzipped: bool) -> tuple[bytes, float]:
    """The body for these states and the median milliseconds to make it."""
    taken = []
    for _ in range(SNAPSHOTS_MADE):
        picture = SeatPicture(1, 1, states, bytes(len(states)))
        started = time.perf_counter()
        body = picture.snapshot(gzipped=gzipped)
        taken.append((time.perf_counter() - started) * 1000)
    return body, statistics.median(taken)
