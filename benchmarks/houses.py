"""Big houses and their events for benchmarks that sell without HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rowlock.identity import Person
from rowlock.organiser import EventBody, Organiser
from rowlock.platform.postgres import Database
from rowlock.seating import Category, Row, Seat, SeatingPlan, Section
from rowlock.seating.store import PlanShelf

SEATS_PER_ROW = 40
ROWS_PER_SECTION = 25
BENCHMARK = Person("operator:benchmark", "operator")


def big_plan(seat_count: int) -> SeatingPlan:
    """A house of full sections of 1,000 seats, side by side."""
    sections = tuple(
        Section(f"S{number + 1}", f"Section {number + 1}", tuple(_row(number, row) for row in range(ROWS_PER_SECTION)))
        for number in range(seat_count // (SEATS_PER_ROW * ROWS_PER_SECTION))
    )
    width = float((SEATS_PER_ROW + 2) * len(sections))
    return SeatingPlan(f"House of {seat_count:,}", width, ROWS_PER_SECTION + 2.0, (Category("Regular"),), sections)


def _row(section: int, row: int) -> Row:
    left = section * (SEATS_PER_ROW + 2) + 1.0
    return Row(
        str(row + 1), tuple(Seat(str(place + 1), left + place, row + 1.0, "Regular") for place in range(SEATS_PER_ROW))
    )


async def open_events(database: Database, seat_count: int, events: int) -> list[int]:
    """Put so many events on sale in a house of so many seats; their ids."""
    organiser = Organiser(database, PlanShelf(database), hold_seconds=3_600)
    stored = await organiser.create_plan(big_plan(seat_count), None, BENCHMARK)
    body = EventBody(
        name=f"Benchmark of {seat_count:,} seats",
        starts_at=(datetime.now(UTC) + timedelta(days=30)).isoformat(),
        plan_id=stored.plan_id,
        prices={"Regular": "49.50"},
    )
    checked = await organiser.check_event(body, BENCHMARK)
    return await organiser.import_events([checked] * events, BENCHMARK, lambda _done: None)


def blocks(event_ids: Sequence[int], seat_count: int, party: int) -> list[tuple[int, tuple[int, ...]]]:
    """Every full party of neighbours in every event, one event after the other within each place of the house."""
    return [
        (event_id, tuple(range(start, start + party)))
        for start in range(0, seat_count - party + 1, party)
        for event_id in event_ids
    ]
