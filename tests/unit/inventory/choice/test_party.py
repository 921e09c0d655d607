"""The best seats for a party, against everything that could have been chosen."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.inventory.choice.oracle import Oracle
from tests.unit.inventory.choice.plans import PRICES, TIERS, houses, plan_of

from rowlock.inventory import Lack, NothingFits, PartyWish
from rowlock.inventory.choice import Chart, FreeSeats, seats_for_party
from rowlock.seating import SeatingPlan

House = tuple[SeatingPlan, list[bool]]


def chosen(plan: SeatingPlan, free: list[bool], wish: PartyWish) -> tuple[int, ...] | NothingFits:
    return seats_for_party(FreeSeats(Chart(plan), free), PRICES, wish)


def ids(plan: SeatingPlan, *sold: str, **wish: int | bool | None) -> list[str] | NothingFits:
    """What a party gets when these seats are sold."""
    names = plan.seat_ids()
    found = chosen(plan, [name not in sold for name in names], PartyWish(**wish))  # type: ignore[arg-type]
    return found if isinstance(found, NothingFits) else [names[seat_no] for seat_no in found]


@settings(max_examples=400)
@given(houses(), st.integers(1, 10), st.sampled_from((None, 0, 1)), st.sampled_from((None, 0)), st.booleans())
def test_a_party_gets_the_best_that_there_is(
    house: House, size: int, tier_no: int | None, section_no: int | None, together: bool
) -> None:
    plan, free = house
    oracle = Oracle(plan, free)
    tiers = TIERS if tier_no is None else (TIERS[tier_no],)
    section = None if section_no is None else plan.sections[section_no].id
    wish = PartyWish(size, tier_no=tier_no, section_no=section_no, together=together)
    found = chosen(plan, free, wish)
    blocks = list(oracle.blocks(size, tiers, section))
    if blocks:
        assert not isinstance(found, NothingFits)
        assert found in blocks
        assert oracle.badness(found) == min(map(oracle.badness, blocks))
        return
    groups = oracle.fewest_groups(size, tiers, section)
    if groups is None or together:
        assert isinstance(found, NothingFits)
        assert found.free == sum(oracle.eligible(seat_no, tiers, section) for seat_no in range(len(free)))
        return
    assert not isinstance(found, NothingFits)
    assert len(set(found)) == size
    assert all(oracle.eligible(seat_no, tiers, section) for seat_no in found)
    # Seats of two tiers side by side are one group of people, but two blocks.
    assert len(oracle.groups(found)) <= groups


@settings(max_examples=300)
@given(houses(), st.integers(1, 5), st.integers(1, 3))
def test_wheelchair_places_go_to_those_who_asked(house: House, size: int, accessible: int) -> None:
    plan, free = house
    accessible = min(accessible, size)
    oracle = Oracle(plan, free)
    found = chosen(plan, free, PartyWish(size, accessible=accessible))
    places = [placed.seat_no for placed in oracle.seats if placed.seat.accessible and free[placed.seat_no]]
    if isinstance(found, NothingFits):
        for_all = [seat_no for seat_no in range(len(free)) if oracle.eligible(seat_no, TIERS, None)]
        assert len(places) < accessible or len(for_all) < size - accessible
        return
    assert len(set(found)) == size
    assert all(free[seat_no] for seat_no in found)
    assert len(set(found) & set(places)) == accessible
    for group in oracle.groups(found):
        companions = [seat_no for seat_no in group if oracle.seats[seat_no].seat.companion]
        assert not companions or set(group) & set(places)


@settings(max_examples=200)
@given(houses(), st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=12))
def test_what_is_taken_and_given_back_leaves_no_trace(house: House, steps: list[tuple[int, bool]]) -> None:
    """The kept runs, counts and trees are those of a picture made anew."""
    plan, free = house
    chart = Chart(plan)
    kept = FreeSeats(chart, free)
    for size, give_back in steps:
        found = seats_for_party(kept, PRICES, PartyWish(size))
        if isinstance(found, NothingFits):
            continue
        kept.take(found)
        if give_back:
            kept.give(found)
        anew = FreeSeats(chart, map(bool, kept.free))
        assert seats_for_party(kept, PRICES, PartyWish(size)) == seats_for_party(anew, PRICES, PartyWish(size))
        for row_no in range(len(chart.rows)):
            assert kept.runs(row_no) == anew.runs(row_no)
        for tier_no in range(len(PRICES)):
            ours, theirs = kept.pool(tier_no, None), anew.pool(tier_no, None)
            assert (ours is None) == (theirs is None)
            if ours is not None and theirs is not None:
                assert (ours.counts, ours.seats) == (theirs.counts, theirs.seats)


def test_the_middle_of_the_front_row_comes_first() -> None:
    plan = plan_of(("s" * 13, "s" * 13))
    assert ids(plan, size=2) == ["S1-1-6", "S1-1-7"]
    assert ids(plan, "S1-1-6", "S1-1-7", size=3) == ["S1-1-8", "S1-1-9", "S1-1-10"]


def test_the_front_is_where_the_stage_is() -> None:
    assert ids(plan_of(("s" * 13, "s" * 13), stage_at=20.0), size=2) == ["S1-2-6", "S1-2-7"]
    assert ids(plan_of(("s" * 13, "s" * 13), stage_at=None), size=2) == ["S1-1-6", "S1-1-7"]


def test_no_single_seat_is_left_when_another_row_has_room() -> None:
    plan = plan_of(("sss", "ssss"), stage_at=None)
    assert ids(plan, size=2) == ["S1-2-1", "S1-2-2"]
    assert ids(plan, "S1-2-1", "S1-2-2", size=2) == ["S1-2-3", "S1-2-4"]
    assert ids(plan, "S1-2-1", size=2) == ["S1-1-1", "S1-1-2"]


def test_an_aisle_parts_a_party_and_so_does_a_price() -> None:
    assert ids(plan_of(("sss sss",)), size=4, together=True) == NothingFits(Lack.NOT_TOGETHER, 6, 3, 20000)
    assert ids(plan_of(("sssbbb",)), size=4, together=True) == NothingFits(Lack.NOT_TOGETHER, 6, 3, 8000)


def test_a_split_party_sits_close_and_nobody_alone() -> None:
    plan = plan_of(("ssss", "ssss", "ssss"), ("ssss",), stage_at=None)
    assert ids(plan, size=5) == ["S1-1-1", "S1-1-2", "S1-2-1", "S1-2-2", "S1-2-3"]
    assert ids(plan, "S1-2-1", "S1-2-2", size=6) == ["S1-1-1", "S1-1-2", "S1-1-3", "S1-1-4", "S1-2-3", "S1-2-4"]
    assert ids(plan, "S1-2-1", "S1-3-1", size=8) == [
        "S1-1-1",
        "S1-1-2",
        "S1-1-3",
        "S1-1-4",
        "S2-1-1",
        "S2-1-2",
        "S2-1-3",
        "S2-1-4",
    ]


def test_companions_sit_beside_the_wheelchair_and_nobody_else_there() -> None:
    plan = plan_of(("ACssss",))
    assert ids(plan, size=2, accessible=1) == ["S1-1-1", "S1-1-2"]
    assert ids(plan, size=4, accessible=1) == ["S1-1-1", "S1-1-2", "S1-1-3", "S1-1-4"]
    assert ids(plan, size=5) == NothingFits(Lack.TOO_FEW, 4, 4, 25000)
    assert ids(plan, size=2, accessible=2) == NothingFits(Lack.TOO_FEW, 1, 4, 10000)


def test_every_lack_is_told() -> None:
    plan = plan_of(("ss bb",), ("ss",))
    assert ids(plan, size=1, section_no=1, tier_no=1) == NothingFits(Lack.NO_SUCH_SEATS)
    assert ids(plan, "S2-1-1", "S2-1-2", size=1, section_no=1) == NothingFits(Lack.SOLD_OUT)
    assert ids(plan, size=2, total_max=3000) == NothingFits(Lack.OVER_PRICE_CAP, 6, 2, 4000)
    assert ids(plan, size=2, total_max=4000) == ["S1-1-3", "S1-1-4"]
    assert ids(plan, size=7) == NothingFits(Lack.TOO_FEW, 6, 2, 14000)
    assert ids(plan_of(("sss",)), size=1, accessible=1) == NothingFits(Lack.NO_SUCH_SEATS)
