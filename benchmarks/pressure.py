"""How long a hold takes at half of what the installation can do, and what becomes of the sale when thrice as many come.

What it can do is measured first, in the same round, by a closed loop. Then requests come on a schedule of their own.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import msgspec
from matplotlib import pyplot as plt

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import LoadResult, hold, run_load
from benchmarks.open_loop import OpenLoad, run_open_loop
from benchmarks.report import BLUE, DOTS_PER_INCH, GREY, ORANGE, PLOT_INCHES, prepare_plots, table
from benchmarks.rounds import CLIENTS, SEATS_PER_HOLD, blocks_of
from rowlock.settings import Settings

HELD, TURNED_AWAY = 201, 503
HALF, CROWD = 0.5, 3.0
CONNECTIONS = 512
CROWD_CONNECTIONS = 3_000
"""As many as can be waiting for an answer; who comes while all are in use waits for one, and that counts."""
PEOPLE = 4_000
WARM_UP_HOLDS = 1_000


class Pressed(msgspec.Struct, frozen=True):
    """One round. `crowd_us` is the processor time of an answer under three times the load, by role, in microseconds."""

    capacity: LoadResult
    half: OpenLoad
    crowd: OpenLoad
    crowd_us: dict[str, float]

    @property
    def goodput(self) -> float:
        """The share of the capacity that is still sold when thrice as many come."""
        return self.crowd.per_second(HELD) / self.capacity.per_second

    def refused_ms(self, share: float) -> float:
        """The milliseconds within which this share of those refused was told so."""
        return self.crowd.percentile_ms(TURNED_AWAY, share)


class Sale:
    """Holds of four seats that nobody else wants, event after event."""

    def __init__(self, running: Installation) -> None:
        self._running = running
        self._like, self._seat_ids = running.stadium()
        self._organiser = running.tokens("organiser", 1)[0]
        self._people = cycle(running.tokens("buyer", PEOPLE))
        self._events: list[str] = []

    def requests(self, count: int) -> Iterator[bytes]:
        """At least so many holds, on events that are put on sale before this returns."""
        holds_an_event = len(self._seat_ids) // SEATS_PER_HOLD
        events = [self._running.new_event(self._organiser, self._like) for _ in range(count // holds_an_event + 1)]
        return self._holds_of(events)

    def _holds_of(self, events: Sequence[str]) -> Iterator[bytes]:
        for event_id in events:
            for seats in blocks_of(self._seat_ids):
                yield hold(event_id, seats, next(self._people))


def measure_pressure(running: Installation, effort: Effort) -> list[Pressed]:
    """The rounds."""
    sale = Sale(running)
    rounds = []
    for number in range(effort.rounds):
        one = _round(running, sale, effort)
        rounds.append(one)
        effort.tell(
            f"round {number + 1}: {one.capacity.per_second:,.0f} holds/s; at half of it p99 "
            f"{one.half.percentile_ms(HELD, 0.99):.1f} ms; of {one.crowd.offered / one.crowd.seconds:,.0f}/s "
            f"{one.crowd.per_second(HELD):,.0f}/s held, others refused in {one.refused_ms(0.99):.1f} ms (p99)"
        )
    return rounds


def _round(running: Installation, sale: Sale, effort: Effort) -> Pressed:
    requests = sale.requests(WARM_UP_HOLDS)
    run_load(running.url, islice(requests, WARM_UP_HOLDS), status=HELD, clients=CLIENTS, seconds=30)
    capacity = run_load(running.url, requests, status=HELD, clients=CLIENTS, seconds=effort.seconds)
    rate = capacity.per_second
    half = run_open_loop(
        running.url, sale.requests(round(rate * effort.seconds)),
        rate=HALF * rate, seconds=effort.seconds, connections=CONNECTIONS,
    )  # fmt: skip
    wanted = sale.requests(round(2 * rate * effort.crowd_seconds))
    before = running.cpu_seconds()
    crowd = run_open_loop(
        running.url, wanted, rate=CROWD * rate, seconds=effort.crowd_seconds,
        connections=CROWD_CONNECTIONS, again=TURNED_AWAY,
    )  # fmt: skip
    after = running.cpu_seconds()
    cost = {role: (after[role] - before[role]) / crowd.offered * 1e6 for role in after}
    return Pressed(capacity, half, crowd, cost)


def chapter(effort: Effort) -> str:
    """Measure on an installation of its own; the tables, with a plot in `effort.folder`."""
    wait = {"ROWLOCK_HOLD_WAIT_MS_MAX": str(Settings().hold_wait_ms_max)}
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1, **wait) as running,
    ):
        rounds = measure_pressure(running, effort)
        sound = running.verify()
    _plot(rounds, effort.folder / "pressure.png")
    verdict = "every check holds" if sound else "A CHECK FAILS"
    return "\n\n".join([_half(rounds), _crowd(rounds), f"`rowlock verify` afterwards: {verdict}."])


def _half(rounds: Sequence[Pressed]) -> str:
    return table(
        "holds of 4 seats at half capacity, open loop|",
        f"capacity a second, closed loop of {CLIENTS} clients|{_median(rounds, lambda one: one.capacity.per_second)}",
        f"offered a second|{_median(rounds, lambda one: one.half.offered / one.half.seconds)}",
        f"p50 (ms)|{_median(rounds, lambda one: one.half.percentile_ms(HELD, 0.5), 1)}",
        f"p95 (ms)|{_median(rounds, lambda one: one.half.percentile_ms(HELD, 0.95), 1)}",
        f"p99 (ms)|{_median(rounds, lambda one: one.half.percentile_ms(HELD, 0.99), 1)}",
        f"refused|{_median(rounds, lambda one: one.half.count(TURNED_AWAY))}",
    )


def _crowd(rounds: Sequence[Pressed]) -> str:
    cost = {role: statistics.median(one.crowd_us[role] for one in rounds) for role in ("api", "postgres")}
    return table(
        f"three times the capacity for {rounds[0].crowd.seconds:.0f} s|",
        f"offered a second|{_median(rounds, lambda one: one.crowd.offered / one.crowd.seconds)}",
        f"held a second|{_median(rounds, lambda one: one.crowd.per_second(HELD))}",
        f"goodput / capacity, each round by itself|{_median(rounds, lambda one: one.goodput, 2)}",
        f"held, p50 / p99 (ms)|{_median(rounds, lambda one: one.crowd.percentile_ms(HELD, 0.5), 1)} / "
        f"{_median(rounds, lambda one: one.crowd.percentile_ms(HELD, 0.99), 1)}",
        f"refused with 503, p50 / p99 (ms)|{_median(rounds, lambda one: one.refused_ms(0.5), 1)} / "
        f"{_median(rounds, lambda one: one.refused_ms(0.99), 1)}",
        f"without an answer|{_median(rounds, lambda one: one.crowd.unanswered)}",
        f"processor time of an answer, api + PostgreSQL (µs)|{cost['api']:,.0f} + {cost['postgres']:,.0f}",
    )


def _median(rounds: Sequence[Pressed], figure: Callable[[Pressed], float], digits: int = 0) -> str:
    return f"{statistics.median(figure(one) for one in rounds):,.{digits}f}"


def _plot(rounds: Sequence[Pressed], path: Path) -> None:
    """The share of answers within so many milliseconds."""
    prepare_plots()
    figure, axes = plt.subplots(figsize=PLOT_INCHES, layout="constrained")
    for name, colour, found in (
        ("held, half the capacity", BLUE, [ms for one in rounds for ms in one.half.latencies.get(HELD, ())]),
        ("held, three times the capacity", ORANGE, [ms for one in rounds for ms in one.crowd.latencies.get(HELD, ())]),
        ("refused, three times", GREY, [ms for one in rounds for ms in one.crowd.latencies.get(TURNED_AWAY, ())]),
    ):
        if found:
            latencies = [1000 * latency for latency in sorted(found)]
            axes.step(
                latencies, [(n + 1) / len(latencies) * 100 for n in range(len(latencies))], color=colour, label=name
            )
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds from the moment a request was due to its answer")
    axes.set_ylabel("% of answers")
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)
