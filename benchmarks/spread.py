"""Holds over HTTP on a thousand events in turn, against the same on one event: does a flush span events?"""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import hold
from benchmarks.report import table
from benchmarks.rounds import CLIENTS, Loaded, blocks_of, measured

PEOPLE = 4_000


def _holds(event_ids: Sequence[str], seat_ids: Sequence[str], people: Sequence[str]) -> Iterator[bytes]:
    """Every party of every event, the same seats of all events one after the other."""
    callers = cycle(people)
    return (hold(event_id, seats, next(callers)) for seats in blocks_of(seat_ids) for event_id in event_ids)


def _measure(running: Installation, effort: Effort) -> list[tuple[Loaded, Loaded]]:
    """On many events and on one, round by round."""
    stadium, stadium_seats = running.stadium()
    club = running.smallest_event()
    organiser = running.tokens("organiser", 1)[0]
    people = running.tokens("buyer", PEOPLE)
    many = _holds([running.new_event(organiser, club) for _ in range(effort.events)], running.seat_ids(club), people)
    measured(running, islice(many, effort.events), status=201, seconds=60)  # every event has been asked for once
    rounds = []
    for number in range(effort.rounds):
        one = _holds([running.new_event(organiser, stadium)], stadium_seats, people)
        measured(running, islice(one, 8 * CLIENTS), status=201, seconds=30)
        on_many = measured(running, many, status=201, seconds=effort.seconds)
        on_one = measured(running, one, status=201, seconds=effort.seconds)
        rounds.append((on_many, on_one))
        effort.tell(f"round {number + 1}: {on_many.per_second:,.0f} holds/s on many, {on_one.per_second:,.0f} on one")
    return rounds


def chapter(effort: Effort) -> str:
    """Measure on an installation of its own; the table."""
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1) as running,
    ):
        rounds = _measure(running, effort)
    ratio = statistics.median(many.per_second / one.per_second for many, one in rounds)
    return table(
        f"holds of 4 seats over HTTP, {CLIENTS} clients|a second|p99 (ms)|api (µs)|PostgreSQL (µs)",
        _row(f"on {effort.events:,} events", [many for many, _ in rounds]),
        _row("on one event", [one for _, one in rounds]),
        f"ratio, each round by itself|{ratio:.2f}|||",
    )


def _row(name: str, found: Sequence[Loaded]) -> str:
    figures = (
        statistics.median(one.per_second for one in found),
        statistics.median(one.load.percentile_ms(0.99) for one in found),
        statistics.median(one.cpu_us["api"] for one in found),
        statistics.median(one.cpu_us["postgres"] for one in found),
    )
    return "|".join([name, *(f"{figure:,.0f}" for figure in figures)])
