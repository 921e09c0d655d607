"""The report: Markdown tables and plots of what was measured."""

import os
import platform
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import msgspec
from matplotlib import pyplot as plt

from benchmarks.installation import ROLES
from benchmarks.rounds import CLIENTS, Round, Snapshot, median

INK, BLUE, ORANGE, GREY = "#1f2933", "#2563eb", "#d97706", "#94a3b8"
PLOT_INCHES = (7.2, 3.2)
DOTS_PER_INCH = 110


class SalesReport(msgspec.Struct, frozen=True):
    """Everything measured: rounds by set-up, snapshots, and seconds from `up` to `ready`."""

    rounds: dict[str, list[Round]]
    snapshots: list[Snapshot]
    fresh_start_seconds: float
    start_again_seconds: float
    books_balance: bool


def write_sales_report(report: SalesReport, folder: Path) -> str:
    """Write the plots into `folder`; the tables."""
    prepare_plots()
    _plot_rates(report, folder / "holds.png")
    _plot_latencies(report, folder / "latency.png")
    return "\n\n".join([_rates(report), _costs(report), _snapshots(report), _rest(report)])


def prepare_plots() -> None:
    """Draw to files, in the house's style."""
    mpl.use("Agg")
    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "text.color": INK})


def title(subject: str) -> str:
    """The head of a report: what was measured, when, on what."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"# {subject}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n{machine}; load on the same cores. Medians."


def table(head: str, *rows: str) -> str:
    """A Markdown table; cells are parted by `|`."""
    columns = head.count("|") + 1
    rule = "|".join(["---", *["---:"] * (columns - 1)])
    return "\n".join(f"|{line}|" for line in (head, rule, *rows))


def _rates(report: SalesReport) -> str:
    def row(name: str, figure: Callable[[Round], float], digits: int = 0) -> str:
        return "|".join([name, *(f"{median(rounds, figure):,.{digits}f}" for rounds in report.rounds.values())])

    return table(
        "|".join(["", *report.rounds]),
        row(f"holds of 4 seats a second over HTTP, {CLIENTS} clients", lambda one: one.holds.per_second),
        row("single-row updates a second, pgbench", lambda one: one.updates_per_second),
        row("ratio, each round by itself", lambda one: one.ratio, 2),
        row("processor time of a hold, api and PostgreSQL (µs)", lambda one: one.server_us),
        row("confirmations a second (built-in payment)", lambda one: one.confirms.per_second),
        row("ratio of confirmations", lambda one: one.confirms.per_second / one.updates_per_second, 2),
        row("refusals a second (seats taken)", lambda one: one.refusals.per_second),
        row("bare endpoint, answers a second", lambda one: one.bare.per_second),
        row("ratio of refusals to bare answers", lambda one: one.refusals.per_second / one.bare.per_second, 2),
        row("hold p50 (ms)", lambda one: one.holds.percentile_ms(0.5), 1),
        row("hold p99 (ms)", lambda one: one.holds.percentile_ms(0.99), 1),
    )


def _costs(report: SalesReport) -> str:
    loads: tuple[tuple[str, Callable[[Round], dict[str, float]]], ...] = (
        ("hold", lambda one: one.cpu_us),
        ("confirmation", lambda one: one.confirm_cpu_us),
        ("refusal", lambda one: one.refusal_cpu_us),
        ("bare answer", lambda one: one.bare_cpu_us),
    )
    rows = []
    for load, costs in loads:
        for setup, rounds in report.rounds.items():
            figures = (f"{statistics.median(costs(one)[role] for one in rounds):,.0f}" for role in ROLES)
            rows.append("|".join([f"{load}, {setup}", *figures]))
    return table("|".join(["processor time (µs)", *ROLES]), *rows)


def _snapshots(report: SalesReport) -> str:
    return table(
        "seat snapshot, 56,000 seats, one in three taken|bytes|made in (ms)|fetched when made, p50 (ms)",
        *(f"{one.encoding}|{one.body_bytes:,}|{one.making_ms:.1f}|{one.fetching_ms:.1f}" for one in report.snapshots),
    )


def _rest(report: SalesReport) -> str:
    verdict = "every check holds" if report.books_balance else "A CHECK FAILS"
    return table(
        "afterwards and around|",
        f"`rowlock up --demo` to `ready`, new folder|{report.fresh_start_seconds:.1f} s",
        f"`rowlock up --demo` to `ready`, existing folder|{report.start_again_seconds:.1f} s",
        f"`rowlock verify` on everything sold|{verdict}",
    )


def _plot_rates(report: SalesReport, path: Path) -> None:
    """Holds and updates a second side by side, a dot for every round."""
    figure, axes = plt.subplots(figsize=PLOT_INCHES, layout="constrained")
    series: tuple[tuple[str, str, Callable[[Round], float]], ...] = (
        ("4-seat holds over HTTP", BLUE, lambda one: one.holds.per_second),
        ("single-row updates, pgbench", GREY, lambda one: one.updates_per_second),
        ("bare endpoint", ORANGE, lambda one: one.bare.per_second),
    )
    for number, (name, colour, rate) in enumerate(series):
        for place, rounds in enumerate(report.rounds.values()):
            y = place + (number - 1) * 0.27
            height = median(rounds, rate)
            axes.barh(y, height, 0.24, color=colour, label=name if place == 0 else None)
            axes.plot([rate(one) for one in rounds], [y] * len(rounds), "|", color=INK, markersize=7)
            axes.annotate(f" {height:,.0f}", (max(map(rate, rounds)), y), va="center")
    axes.set_yticks(range(len(report.rounds)), list(report.rounds))
    axes.invert_yaxis()
    axes.set_xlabel("a second (median; a stroke for each round)")
    axes.margins(x=0.12)
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)


def _plot_latencies(report: SalesReport, path: Path) -> None:
    """The share of holds answered within so many milliseconds."""
    figure, axes = plt.subplots(figsize=PLOT_INCHES, layout="constrained")
    for (setup, rounds), colour in zip(report.rounds.items(), (BLUE, ORANGE, GREY), strict=True):
        latencies = sorted(latency * 1000 for one in rounds for latency in one.holds.latencies)
        shares = [(position + 1) / len(latencies) * 100 for position in range(len(latencies))]
        axes.step(latencies, shares, color=colour, label=setup)
    axes.set_xlabel(f"milliseconds to the answer of a hold, {CLIENTS} clients")
    axes.set_ylabel("% of holds")
    axes.set_xlim(left=0)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)
