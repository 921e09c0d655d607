"""The rounds: holds, refusals, confirmations, the database's own updates and a bare endpoint, again and again."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice, repeat
from typing import NamedTuple

import msgspec

from benchmarks.baseline import Baseline
from benchmarks.installation import Installation
from benchmarks.load import LoadResult, confirm, get, hold, run_load
from rowlock.inventory import SeatPicture

CLIENTS = 64
SEATS_PER_HOLD = 4
HOLDS_A_PERSON = 3
SNAPSHOTS_FETCHED, SNAPSHOTS_MADE = 200, 20


class Round(msgspec.Struct, frozen=True):
    """One pass over all loads. `cpu_us` is the processor time of a hold by role, in microseconds, and so on."""

    holds: LoadResult
    cpu_us: dict[str, float]
    confirms: LoadResult
    confirm_cpu_us: dict[str, float]
    refusals: LoadResult
    refusal_cpu_us: dict[str, float]
    updates_per_second: float
    bare: LoadResult
    bare_cpu_us: dict[str, float]

    @property
    def ratio(self) -> float:
        """Holds of four seats over HTTP for each single-row update of the database below."""
        return self.holds.per_second / self.updates_per_second

    @property
    def server_us(self) -> float:
        """Processor time of a hold in the api and PostgreSQL."""
        return self.cpu_us["api"] + self.cpu_us["postgres"]


class Snapshot(msgspec.Struct, frozen=True):
    """The seat snapshot of one event: bytes of the body, milliseconds to make it, and to fetch it once made."""

    encoding: str
    body_bytes: int
    making_ms: float
    fetching_ms: float


def measure_rounds(running: Installation, count: int, seconds: float, tell: Callable[[str], None]) -> list[Round]:
    """Interleaved rounds, each on an event of its own with nothing sold."""
    like, seat_ids = running.stadium()
    organiser = running.tokens("organiser", 1)[0]
    baseline = Baseline(running.servers, running.data)
    rounds = []
    for number in range(count):
        event_id = running.new_event(organiser, like)
        tokens = _people(running, len(seat_ids) // SEATS_PER_HOLD)
        one = _round(running, event_id, dict(zip(blocks_of(seat_ids), tokens, strict=True)), baseline, seconds)
        rounds.append(one)
        tell(
            f"round {number + 1}: {one.holds.per_second:,.0f} holds/s, {one.updates_per_second:,.0f} updates/s, "
            f"{one.ratio:.2f}; {one.server_us:.0f} us a hold; {one.confirms.per_second:,.0f} confirms/s; "
            f"{one.refusals.per_second:,.0f} refusals/s, bare {one.bare.per_second:,.0f}/s"
        )
    return rounds


def _round(
    running: Installation, event_id: str, holders: dict[tuple[str, ...], str], baseline: Baseline, seconds: float
) -> Round:
    """All loads once: `holders` tells who wants which seats."""
    requests = [hold(event_id, seats, token) for seats, token in holders.items()]
    coming = iter(requests)
    _warm_up(running, coming)
    updates = baseline.updates_per_second(seconds)
    kept: list[bytes] = []
    holds, cost = measured(running, coming, status=201, seconds=seconds, kept=kept)
    refusals, refusal_cost = measured(running, cycle(requests[: len(kept)]), status=409, seconds=seconds)
    booked = [msgspec.json.decode(body, type=_Held) for body in kept]
    of_seat = {seats[0]: token for seats, token in holders.items()}
    payments = (confirm(one.booking_id, of_seat[one.seats[0].id]) for one in booked)
    confirms, confirm_cost = measured(running, payments, status=200, seconds=seconds)
    bare, bare_cost = measured(running, repeat(get("/healthz")), status=200, seconds=seconds)
    return Round(holds, cost, confirms, confirm_cost, refusals, refusal_cost, updates, bare, bare_cost)


class Loaded(NamedTuple):
    """A load, and the processor time that each role used for one answer, in microseconds."""

    load: LoadResult
    cpu_us: dict[str, float]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.load.per_second


def measured(
    running: Installation, requests: Iterator[bytes], *, status: int, seconds: float, kept: list[bytes] | None = None
) -> Loaded:
    """Answers of this status by 64 clients; 429 is let pass."""
    before = running.cpu_seconds()
    load = run_load(running.url, requests, status=status, refusal=429, clients=CLIENTS, seconds=seconds, kept=kept)
    after = running.cpu_seconds()
    return Loaded(load, {role: (after[role] - before[role]) / len(load.latencies) * 1e6 for role in after})


class _Seat(msgspec.Struct):
    id: str


class _Held(msgspec.Struct, rename="camel"):
    booking_id: str
    seats: list[_Seat]


def _people(running: Installation, holds: int) -> list[str]:
    """A token for every hold. A person holds as often as the default limit lets them, so a third are new faces."""
    tokens = running.tokens("buyer", -(-holds // HOLDS_A_PERSON))
    return [token for token in tokens for _ in range(HOLDS_A_PERSON)][:holds]


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


def blocks_of(seat_ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every seat once, four neighbours at a time."""
    for start in range(0, len(seat_ids) - SEATS_PER_HOLD + 1, SEATS_PER_HOLD):
        yield tuple(seat_ids[start : start + SEATS_PER_HOLD])


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
