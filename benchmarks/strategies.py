"""`python -m benchmarks.strategies`: three strategies and the naive application, with and without contention.

Without contention every hold wants four seats of its own. With contention everyone wants four neighbours among the same
few hundred seats, event after event: most are refused.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import click
import msgspec
from matplotlib import pyplot as plt

from benchmarks.contenders import CONTENDERS, Contender, contender
from benchmarks.load import LoadResult, run_load
from benchmarks.report import BLUE, DOTS_PER_INCH, GREY, ORANGE, PLOT_INCHES, prepare_plots, table, title

CLIENTS = 64
CONVOY_CLIENTS = (32, 256)
CONVOY_CONTENDERS = ("row-lock", "naive")
WARM_UP_REQUESTS = 500
SPREAD_HOLDS_MAX = 13_000
REPORT_FOLDER = Path(__file__).parent / "report"
PARTS = {"api": BLUE, "postgres": ORANGE, "valkey": GREY}


class Measured(msgspec.Struct, frozen=True):
    """One load on one contender. `cpu_us` is the servers' processor time of an answer, in microseconds, by part."""

    contender: str
    contended: bool
    clients: int
    load: LoadResult
    cpu_us: dict[str, float]


def measure(name: str, server: Contender, seconds: float, events: int) -> Iterator[Measured]:
    """The loads of one contender, each after a warm-up that is not counted."""
    loads: list[tuple[bool, int, Callable[[], Iterator[bytes]]]] = [
        (False, CLIENTS, lambda: server.spread(SPREAD_HOLDS_MAX)),
        (True, CLIENTS, lambda: server.crowd(events)),
    ]
    if name in CONVOY_CONTENDERS:
        loads += [(True, clients, lambda: server.crowd(events)) for clients in CONVOY_CLIENTS]
    for contended, clients, requests in loads:
        prepared = iter(list(requests()))
        warm = islice(prepared, WARM_UP_REQUESTS)
        run_load(server.url, warm, status=201, refusal=409, clients=clients, seconds=60)
        before = server.cpu_seconds()
        load = run_load(server.url, prepared, status=201, refusal=409, clients=clients, seconds=seconds)
        after = server.cpu_seconds()
        cost = {part: (after[part] - before[part]) / len(load.latencies) * 1e6 for part in after}
        yield Measured(name, contended, clients, load, cost)


def write_strategies_report(measured: Sequence[Measured], workers: int, folder: Path) -> str:
    """Write strategies.md and its plot into `folder`; the text of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    spread, crowd = (
        [[one for one in measured if (one.contender, one.contended, one.clients) == (name, contended, CLIENTS)]
         for name in CONTENDERS]
        for contended in (False, True)
    )  # fmt: skip
    costs = "|".join(f"{part} (µs)" for part in PARTS)
    head = f"{workers} api processes, {CLIENTS} clients|holds/s|refusals/s|p50 (ms)|p99 (ms)|{costs}"
    text = "\n\n".join(
        [
            title("Hold strategies"),
            "Every hold wants seats of its own:",
            table(head, *(_row(name, rounds) for name, rounds in zip(CONTENDERS, spread, strict=True))),
            "Everyone wants the same few hundred seats; processor time is of an answer, yes or no:",
            table(head, *(_row(name, rounds) for name, rounds in zip(CONTENDERS, crowd, strict=True))),
            "Convoys: answers a second with more clients at the same seats.",
            _convoys(measured),
        ]
    )
    (folder / "strategies.md").write_text(f"{text}\n", encoding="utf-8")
    _plot(spread, crowd, folder / "strategies.png")
    return text


def _row(name: str, rounds: Sequence[Measured]) -> str:
    load = [one.load for one in rounds]
    figures = [
        f"{statistics.median(one.granted_per_second for one in load):,.0f}",
        f"{statistics.median(one.refusals / one.seconds for one in load):,.0f}",
        f"{statistics.median(one.percentile_ms(0.5) for one in load):.1f}",
        f"{statistics.median(one.percentile_ms(0.99) for one in load):.1f}",
        *(f"{statistics.median(one.cpu_us.get(part, 0.0) for one in rounds):,.0f}" for part in PARTS),
    ]
    return "|".join([name, *figures])


def _convoys(measured: Sequence[Measured]) -> str:
    few, many = CONVOY_CLIENTS
    rows = []
    for name in CONVOY_CONTENDERS:
        rates = [
            statistics.median(
                one.load.per_second for one in measured
                if (one.contender, one.contended, one.clients) == (name, True, clients)
            )
            for clients in CONVOY_CLIENTS
        ]  # fmt: skip
        rows.append(f"{name}|{rates[0]:,.0f}|{rates[1]:,.0f}|{rates[1] / rates[0]:.2f}")
    return table(f"answers a second|{few} clients|{many} clients|ratio", *rows)


def _plot(spread: Sequence[Sequence[Measured]], crowd: Sequence[Sequence[Measured]], path: Path) -> None:
    """Answers a second, and what one costs, without and with contention."""
    prepare_plots()
    figure, (rates, costs) = plt.subplots(1, 2, figsize=PLOT_INCHES, layout="constrained", sharey=True)
    for place, rounds in enumerate((*spread, *crowd)):
        rates.barh(place, statistics.median(one.load.granted_per_second for one in rounds), color=BLUE)
        left = 0.0
        for part, colour in PARTS.items():
            width = statistics.median(one.cpu_us.get(part, 0.0) for one in rounds)
            costs.barh(place, width, left=left, color=colour, label=part if place == 0 else None)
            left += width
    names = [f"{name}, {where}" for where in ("spread", "crowd") for name in CONTENDERS]
    rates.set_yticks(range(len(names)), names)
    rates.invert_yaxis()
    rates.set_xlabel("holds of four seats a second")
    costs.set_xlabel("processor time of an answer (µs)")
    costs.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)


@click.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each load lasts at most.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Api processes of each contender.")
@click.option("--events", default=60, show_default=True, help="Events for the loads with contention.")
def main(seconds: float, rounds: int, workers: int, events: int) -> None:
    """Measure all contenders in turn, again and again; write the report with its plot."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="rowlock-strategies-") as parent:
        for _ in range(rounds):
            for name in CONTENDERS:
                with contender(name, Path(parent) / "data", workers) as server:
                    for one in measure(name, server, seconds, events):
                        measured.append(one)
                        crowd = "crowd" if one.contended else "spread"
                        rates = f"{one.load.granted_per_second:,.0f} holds/s of {one.load.per_second:,.0f} answers/s"
                        click.echo(f"{name}, {crowd}, {one.clients} clients: {rates}")
    click.echo(f"\n{write_strategies_report(measured, workers, REPORT_FOLDER)}\nwritten to {REPORT_FOLDER}")


if __name__ == "__main__":
    main()
