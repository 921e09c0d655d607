"""Holds over HTTP, refusals, confirmations: by one api process, by two, and with the default limits on."""

import statistics
import tempfile
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.installation import installation
from benchmarks.report import SalesReport, write_sales_report
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


def chapter(effort: Effort) -> str:
    """Measure on installations of its own; the tables, with plots in `effort.folder`."""
    measured: dict[str, list[Round]] = {}
    with tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent:
        data = Path(parent) / "data"
        with installation(data, 1) as first:
            starts = [first.seconds_to_ready]
        for name, workers, settings in SETUPS:
            with installation(data, workers, **settings) as running:
                effort.tell(f"api processes: {name}")
                measured[name] = measure_rounds(running, effort.rounds, effort.seconds, effort.tell)
                snapshots = measure_snapshots(running)
                starts.append(running.seconds_to_ready)
                holds = running.verify()
    report = SalesReport(measured, snapshots, starts[0], statistics.median(starts[1:]), books_balance=holds)
    return write_sales_report(report, effort.folder)
