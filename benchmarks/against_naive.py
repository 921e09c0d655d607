"""Rowlock and the naive application side by side, with few clients and with many."""

import statistics
import tempfile
from itertools import islice
from pathlib import Path

from benchmarks.contenders import Contender, contender
from benchmarks.effort import Effort
from benchmarks.load import run_load
from benchmarks.report import table

CONTENDERS = {"row-lock": "Rowlock", "naive": "naive (FastAPI, ORM, FOR UPDATE)"}
WORKERS = {"row-lock": 1, "naive": 2}
"""Api processes: each as it does best on two cores."""
FEW, MANY = 32, 256
WARM_UP_HOLDS = 500
HOLDS_MAX = 13_000


def _rate(server: Contender, clients: int, seconds: float) -> float:
    """Holds a second of four seats that nobody else wants."""
    requests = iter(list(server.spread(HOLDS_MAX)))
    run_load(server.url, islice(requests, WARM_UP_HOLDS), status=201, clients=clients, seconds=60)
    return run_load(server.url, requests, status=201, clients=clients, seconds=seconds).per_second


def chapter(effort: Effort) -> str:
    """Measure both in turn, again and again; the table."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory(prefix="rowlock-naive-") as parent:
        for _ in range(effort.rounds):
            for name, found in rates.items():
                with contender(name, Path(parent) / "data", WORKERS[name]) as server:
                    few, many = (_rate(server, clients, effort.seconds) for clients in (FEW, MANY))
                    found.append((few, many))
                    effort.tell(f"{name}: {few:,.0f} holds/s with {FEW}, {many:,.0f} with {MANY} clients")
    rows = [_row(words, rates[name]) for name, words in CONTENDERS.items()]
    pairs = list(zip(rates["row-lock"], rates["naive"], strict=True))
    few_times, many_times = (statistics.median(ours[n] / theirs[n] for ours, theirs in pairs) for n in (0, 1))
    return table(
        f"holds of 4 seats a second|{FEW} clients|{MANY} clients|{MANY} / {FEW}",
        *rows,
        f"Rowlock / naive, each round by itself|{few_times:.1f}|{many_times:.1f}|",
    )


def _row(name: str, found: list[tuple[float, float]]) -> str:
    few, many = (statistics.median(rates[n] for rates in found) for n in (0, 1))
    return f"{name}|{few:,.0f}|{many:,.0f}|{statistics.median(more / less for less, more in found):.2f}"
