"""Real plans collected beside the repository; skipped where that collection is absent."""

from pathlib import Path

import pytest

from rowlock.seating import PlanFileError, check_plan, read_plan_file

PLANS = Path(__file__).resolve().parents[4] / "shared" / "data" / "seatplans"

pytestmark = pytest.mark.skipif(not PLANS.is_dir(), reason="the collection of real plans is not here")


@pytest.mark.parametrize(
    ("name", "capacity", "sections"),
    [
        ("dinamo-kharkiv.json", 4_226, 8),
        ("metalist-kharkiv-39k.json", 39_616, 58),
        ("react-seatmap-creator-hall.json", 200, 1),
        ("seatsio-sampleChart.json", 232, 3),
        ("seatsio-sampleChartWithSections.json", 71, 2),
        ("seatsio-sampleChartWithTables.json", 12, 1),
        ("ticketland-demo-hall.json", 1_115, 6),
    ],
)
def test_read_whole(name: str, capacity: int, sections: int) -> None:
    plan = read_plan_file(PLANS / name)
    assert (plan.capacity, len(plan.sections)) == (capacity, sections)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pretix-seating-plan.schema.json", "no seating plan that is known"),
        ("seatsio-sampleChartWithErrors.json", r"rows\[0\]\.seats\[3\]: no category"),
        ("sydney-myer-bowl.svg", r"sections \(LAWN.*\) but no seats"),
        ("tevo-ticket-groups-138953.json", "list of ticket offers"),
        ("seatmap-canvas-stadium.pretix.json", r'seats\[0\]: section "Groundfloor", row "A", seat "1" appears twice'),
    ],
)
def test_refused_with_the_reason(name: str, said: str) -> None:
    with pytest.raises(PlanFileError, match=said):
        read_plan_file(PLANS / name)


def test_duplicated_guids_are_repaired_on_request() -> None:
    plan = read_plan_file(PLANS / "seatmap-canvas-stadium.pretix.json", repair=True)
    assert plan.capacity == 738
    assert check_plan(plan) == []
    assert plan.seat_ids()[0] == "Groundfloor-A-1"
