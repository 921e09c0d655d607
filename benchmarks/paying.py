"""Confirmations over HTTP, and what a provider that takes two seconds does to those who hold seats meanwhile."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import msgspec
import psycopg

from benchmarks.baseline import Baseline
from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import LoadResult, confirm, hold, run_load
from benchmarks.open_loop import run_open_loop
from benchmarks.report import table
from benchmarks.rounds import CLIENTS, blocks_of, measured

PAYERS_PER_SECOND = 100.0
PAYER_CONNECTIONS = 400
"""Enough for all who wait two seconds for their provider at once."""
HELD, PAID = 201, 200
PEOPLE = 3_000
JOBS_LEFT = """
SELECT (SELECT count(*) FROM outbox)
     + (SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status IN ('todo', 'doing'))
"""
LOOK_SECONDS = 0.05


class Paying(msgspec.Struct, frozen=True):
    """One round; rates a second, processor times of a confirmation in microseconds by role."""

    source: float
    confirms: LoadResult
    cpu_us: dict[str, float]
    written_up: float
    """Bookings of which receipts and mails were written, a second, once the confirmations were over."""
    holds_beside_quick: float
    holds_beside_slow: float


class _Held(msgspec.Struct, rename="camel"):
    booking_id: str


class Sale:
    """Holds on fresh events, and their bookings."""

    def __init__(self, running: Installation) -> None:
        self.running = running
        self._like, self._seat_ids = running.stadium()
        self._organiser = running.tokens("organiser", 1)[0]
        self._people = running.tokens("buyer", PEOPLE)

    def holds(self) -> Iterator[tuple[bytes, str]]:
        """A request for every four seats of a fresh event, and whose it is."""
        event_id = self.running.new_event(self._organiser, self._like)
        for seats, token in zip(blocks_of(self._seat_ids), cycle(self._people), strict=False):
            yield hold(event_id, seats, token), token

    def held(self, count: int) -> list[tuple[str, str]]:
        """So many bookings that wait for their payment, and whose each is."""
        wanted = list(islice(self.holds(), count))
        kept: list[bytes] = []
        # One client: the answers come in the order of the requests.
        run_load(self.running.url, iter([one for one, _ in wanted]), status=HELD, clients=1, seconds=60, kept=kept)
        bookings = (msgspec.json.decode(body, type=_Held).booking_id for body in kept)
        return list(zip(bookings, (token for _, token in wanted), strict=False))

    def jobs_done(self) -> float:
        """Wait until the worker has nothing left to do; how many seconds that took."""
        started = time.perf_counter()
        with psycopg.connect(self.running.servers.database_url, autocommit=True) as connection:
            while connection.execute(JOBS_LEFT).fetchone() != (0,):
                time.sleep(LOOK_SECONDS)
        return time.perf_counter() - started


def _round(sale: Sale, baseline: Baseline, seconds: float) -> Paying:
    running = sale.running
    sale.jobs_done()
    source = baseline.source_holds_per_second(seconds)
    waiting = iter([confirm(*one) for one in sale.held(min(14_000, round(4_000 * seconds)))])
    confirms, cost = measured(running, waiting, status=PAID, seconds=seconds)
    written_up = len(confirms.latencies) / sale.jobs_done()
    quick = _holds_beside_payers(sale, "tok_ok", seconds)
    slow = _holds_beside_payers(sale, "tok_slow", seconds)
    return Paying(source, confirms, cost, written_up, quick, slow)


def _holds_beside_payers(sale: Sale, payment_token: str, seconds: float) -> float:
    """Holds a second by 64 clients, while a hundred others pay each second in this way."""
    payers = sale.held(round(PAYERS_PER_SECOND * (seconds + 1)))
    payments = iter([confirm(booking, token, payment_token) for booking, token in payers])
    holds = (request for request, _ in sale.holds())
    url = sale.running.url
    run_load(url, islice(holds, 4 * CLIENTS), status=HELD, clients=CLIENTS, seconds=30)
    with ThreadPoolExecutor(1) as beside:
        paying = beside.submit(
            run_open_loop, url, payments, rate=PAYERS_PER_SECOND, seconds=seconds, connections=PAYER_CONNECTIONS
        )
        held = run_load(url, holds, status=HELD, clients=CLIENTS, seconds=seconds)
        load = paying.result()
    answered = load.count(PAID) / load.offered
    assert answered > 0.95, f"only {answered:.0%} of the payments were made"
    return held.per_second


def chapter(effort: Effort) -> str:
    """Measure in turn, again and again; the tables."""
    rounds: list[Paying] = []
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1) as running,
    ):
        baseline = Baseline(running.servers, running.data)
        baseline.lay_out_source_tables()
        sale = Sale(running)
        for _ in range(effort.rounds):
            one = _round(sale, baseline, effort.seconds)
            rounds.append(one)
            effort.tell(
                f"{one.confirms.per_second:,.0f} confirmations/s, {one.source:,.0f} source transactions/s; "
                f"then {one.written_up:,.0f} written up/s; "
                f"{one.holds_beside_slow:,.0f} holds/s beside slow payments, {one.holds_beside_quick:,.0f} beside quick"
            )
        sound = running.verify()
    return f"{_table(rounds)}\n\n`rowlock verify` afterwards: {'every check holds' if sound else 'A CHECK FAILS'}."


_RATES: tuple[Callable[[Paying], float], ...] = (
    lambda one: one.confirms.per_second,
    lambda one: one.source,
    lambda one: one.written_up,
    lambda one: one.holds_beside_quick,
    lambda one: one.holds_beside_slow,
)


def _table(rounds: Sequence[Paying]) -> str:
    confirms, source, written_up, quick_holds, slow_holds = (
        f"{statistics.median(figure(one) for one in rounds):,.0f}" for figure in _RATES
    )
    cost = {role: statistics.median(one.cpu_us[role] for one in rounds) for role in ("api", "postgres")}
    ratio = statistics.median(one.confirms.per_second / one.source for one in rounds)
    slow = statistics.median(one.holds_beside_slow / one.holds_beside_quick for one in rounds)
    return table(
        "|",
        f"confirmations a second, 64 clients|{confirms}",
        f"the source documents' transaction, pgbench, 16 clients|{source}",
        f"ratio, each round by itself|{ratio:.2f}",
        f"processor time of a confirmation, api + PostgreSQL (µs)|{cost['api']:,.0f} + {cost['postgres']:,.0f}",
        f"receipts and mails of so many bookings a second, right afterwards|{written_up}",
        f"holds a second beside 100 payments a second|{quick_holds}",
        f"the same, the provider takes 2 s|{slow_holds}",
        f"ratio, each round by itself|{slow:.2f}",
    )
