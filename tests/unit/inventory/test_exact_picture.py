"""The exact picture: what the ledger's steps and the passing of time make of every seat."""

from tests.house import small_plan

from rowlock.inventory import Chart
from rowlock.inventory.exact import ExactPicture
from rowlock.inventory.ledger import Change

CHART = Chart(small_plan(rows=1))


def picture(*changes: Change, now: int) -> str:
    """One character a seat, `.` for a free one, after these steps at this moment."""
    made = ExactPicture(CHART, epoch=1, seq=0, states=[0] * 10)
    made.follow(len(changes), [[change] for change in changes])
    made.lapse(now)
    assert made.seq == len(changes)
    return "".join(".x"[not free] for free in made.seats.free)


def step(kind: str, *seat_nos: int, until: int | None = None) -> Change:
    return Change(kind, "b", until, seat_nos)


def test_a_hold_is_free_from_the_very_moment_it_ends() -> None:
    hold = step("hold", 1, 2, until=100)
    assert picture(hold, now=99) == ".xx......."
    assert picture(hold, now=100) == ".........."


def test_a_later_end_counts_and_the_old_one_no_more() -> None:
    steps = (step("hold", 0, until=100), step("extend", 0, until=200))
    assert picture(*steps, now=150) == "x........."
    assert picture(*steps, now=200) == ".........."


def test_a_payment_binds_until_it_is_settled() -> None:
    begun = (step("hold", 0, until=100), step("pay", 0))
    assert picture(*begun, now=10**9) == "x........."
    assert picture(*begun, step("resume", 0, until=100), now=99) == "x........."
    assert picture(*begun, step("resume", 0, until=100), now=100) == ".........."
    assert picture(*begun, step("confirm", 0), now=10**9) == "x........."


def test_a_seat_held_again_does_not_lapse_with_its_first_hold() -> None:
    again = (step("hold", 3, until=100), step("release", 3), step("hold", 3, 4, until=300))
    assert picture(*again, now=100) == "...xx....."
    assert picture(step("hold", 3, until=100), step("expire", 3), now=50) == ".........."


def test_part_of_a_lapsed_hold_may_be_somebody_elses() -> None:
    made = ExactPicture(CHART, epoch=1, seq=0, states=[0] * 10)
    made.follow(1, [[step("hold", 0, 1, until=100)]])
    made.lapse(100)
    made.follow(3, [[step("expire", 0, 1)], [step("hold", 1, until=400)]])
    made.lapse(399)
    assert list(made.seats.free[:2]) == [1, 0]
