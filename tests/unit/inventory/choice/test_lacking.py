"""What the memory refuses is what choosing would have refused, and it refuses all that it can."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.inventory.choice.plans import PRICES, houses

from rowlock.inventory import NothingFits, PartyWish
from rowlock.inventory.choice import Chart, FreeSeats, seats_for_party, surely_nothing
from rowlock.seating import SeatingPlan

wishes = st.builds(
    PartyWish, st.integers(1, 10), st.sampled_from((None, 0, 1)), st.sampled_from((None, 0, 1)), together=st.booleans()
)


@settings(max_examples=300)
@given(houses(), wishes)
def test_the_memory_says_what_choosing_says(house: tuple[SeatingPlan, list[bool]], wish: PartyWish) -> None:
    plan, free = house
    chart = Chart(plan)
    chosen = seats_for_party(FreeSeats(chart, free), PRICES, wish)
    told = surely_nothing(chart, [seat_no for seat_no, is_free in enumerate(free) if is_free], wish)
    if isinstance(chosen, NothingFits):
        assert told == msgspec.structs.replace(chosen, total_min=0)
    else:
        assert told is None


@settings(max_examples=100)
@given(houses(), wishes, st.randoms(use_true_random=False))
def test_seats_that_only_may_be_free_refuse_nobody_wrongly(
    house: tuple[SeatingPlan, list[bool]], wish: PartyWish, dice: random.Random
) -> None:
    plan, free = house
    chart = Chart(plan)
    maybe_free = [seat_no for seat_no, is_free in enumerate(free) if is_free or dice.random() < 0.2]
    if surely_nothing(chart, maybe_free, wish) is not None:
        assert isinstance(seats_for_party(FreeSeats(chart, free), PRICES, wish), NothingFits)


@given(houses(), st.integers(1, 10))
def test_wheelchair_places_and_prices_take_choosing(house: tuple[SeatingPlan, list[bool]], size: int) -> None:
    chart = Chart(house[0])
    assert surely_nothing(chart, [], PartyWish(size, accessible=1)) is None
    assert surely_nothing(chart, [], PartyWish(size, total_max=1)) is None
