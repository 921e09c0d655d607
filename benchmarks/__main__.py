"""`python -m benchmarks`: run everything, write benchmarks/report/ with tables and plots, print it."""

import time
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks import (
    against_naive,
    engine,
    expiry,
    false_refusals,
    live,
    outbox,
    paying,
    pressure,
    replica_lag,
    rush,
    sales,
    scaled,
    spread,
    stadium,
    tokens,
    turns,
    verify,
    waiting,
)
from benchmarks.effort import Effort
from benchmarks.report import title

CHAPTERS: dict[str, tuple[str, Callable[[Effort], str]]] = {
    "sales": ("Holds, refusals and confirmations over HTTP", sales.chapter),
    "pressure": ("Half the capacity, and three times the capacity", pressure.chapter),
    "paying": ("Paying", paying.chapter),
    "spread": ("Many events and one", spread.chapter),
    "naive": ("Against the naive application", against_naive.chapter),
    "engine": ("The engine without HTTP", engine.chapter),
    "expiry": ("The end of many holds at once", expiry.chapter),
    "replica": ("The age of the picture that refusals come from", replica_lag.chapter),
    "refusals": ("False refusals", false_refusals.chapter),
    "live": ("The live map", live.chapter),
    "outbox": ("A backlog of messages", outbox.chapter),
    "tokens": ("Who asks", tokens.chapter),
    "waiting": ("The line", waiting.chapter),
    "turns": ("How soon a turn is told", turns.chapter),
    "scaled": ("A stadium's on-sale, scaled to one machine", scaled.chapter),
    "rush": ("Twenty times as many", rush.chapter),
    "stadium": ("Five million people for a stadium, simulated", stadium.chapter),
    "verify": ("The proof", verify.chapter),
}
REPORT_FOLDER = Path(__file__).parent / "report"


@click.command()
@click.option("--quick", is_flag=True, help="One short round each, to see that it works.")
@click.option("--only", multiple=True, type=click.Choice(list(CHAPTERS)), help="Only these chapters.")
@click.option("--seconds", default=4.0, show_default=True, help="How long each load of a round lasts at most.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--attempts", default=1_000_000, show_default=True, help="Attempts looked through for false refusals.")
@click.option("--people", default=1_000_000, show_default=True, help="People in the longest line that is weighed.")
def main(*, quick: bool, only: tuple[str, ...], seconds: float, rounds: int, attempts: int, people: int) -> None:
    """Measure chapter by chapter; the report on disk grows with each. Some 25 minutes for all of it."""
    REPORT_FOLDER.mkdir(parents=True, exist_ok=True)
    effort = Effort(
        REPORT_FOLDER, lambda line: click.echo(f"  {line}"), seconds, rounds, attempts=attempts, people=people
    )
    if quick:
        effort = effort.quick()
    parts = [title("Benchmark")]
    for name in only or CHAPTERS:
        subject, chapter = CHAPTERS[name]
        click.echo(f"{name}: {subject}")
        started = time.perf_counter()
        parts += [f"## {subject}", chapter(effort)]
        click.echo(f"  {time.perf_counter() - started:.0f} s")
        (REPORT_FOLDER / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    click.echo("\n\n".join(["", *parts, f"written to {REPORT_FOLDER}"]))


if __name__ == "__main__":
    main()
