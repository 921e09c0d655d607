"""`python -m benchmarks`: run everything, write benchmarks/report/, print the summary."""

import statistics
import tempfile
from pathlib import Path

import click

from benchmarks.installation import installation
from benchmarks.report import Report, write_report
from benchmarks.rounds import Round, measure_rounds, measure_snapshots

DEFAULT_LIMITS = {
    "ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "10",
    "ROWLOCK_REQUESTS_PER_MINUTE": "100",
    "ROWLOCK_HOLDS_PER_USER_MAX": "3",
}
SETUPS: tuple[tuple[str, int, dict[str, str]], ...] = (
    ("1", 1, {}),
    ("2", 2, {}),
    ("1, default limits", 1, DEFAULT_LIMITS),
)
"""Name, api processes, settings. Without rate limits the sale itself is measured; with them, what Valkey adds."""
REPORT_FOLDER = Path(__file__).parent / "report"


@click.command()
@click.option("--quick", is_flag=True, help="One short round each, to see that it works.")
@click.option("--seconds", default=4.0, show_default=True, help="How long each load of a round lasts at most.")
@click.option("--rounds", default=3, show_default=True)
def main(quick: bool, seconds: float, rounds: int) -> None:
    """Measure holds against the database below them; exit 1 when the books do not balance afterwards."""
    if quick:
        seconds, rounds = 1.0, 1
    measured: dict[str, list[Round]] = {}
    with tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent:
        data = Path(parent) / "data"
        with installation(data, 1) as first:
            starts = [first.seconds_to_ready]
        for name, workers, settings in SETUPS:
            with installation(data, workers, **settings) as running:
                click.echo(name)
                measured[name] = measure_rounds(running, rounds, seconds, lambda line: click.echo(f"  {line}"))
                snapshots = measure_snapshots(running)
                starts.append(running.seconds_to_ready)
                holds = running.verify()
    report = Report(measured, snapshots, starts[0], statistics.median(starts[1:]), books_balance=holds)
    click.echo(f"\n{write_report(report, REPORT_FOLDER)}\nwritten to {REPORT_FOLDER}")
    if not holds:
        raise SystemExit("rowlock verify found a fault")


if __name__ == "__main__":
    main()
