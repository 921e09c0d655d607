"""What is told to be left is left: odds against sales played through by chance, seat by seat."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.waiting_room.forecast import (
    Counts,
    Crowd,
    Habits,
    Zone,
    callers_wanted,
    closed_behind,
    habits_of,
    odds_for,
)

HABITS = Habits(show=0.8, buy=0.6, party=2.5, comes_back=0.3)
ZONES = (Zone("VIP", 300, 20, 0.4), Zone("Regular", 1_500, 100, 0.5), Zone("Balcony", 800, 0, 0.1))
zones_of_any_sale = st.lists(
    st.builds(Zone, st.just("A"), st.integers(0, 10_000), st.integers(0, 500), st.floats(0, 10)), max_size=5
)
crowds = st.builds(Crowd, st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 100_000))
habits_of_any_sale = st.tuples(*[st.integers(0, 9_000)] * 7).map(lambda counts: habits_of(Counts(*counts)))
RANKED = {"gone": 0, "unlikely": 1, "maybe": 2, "likely": 3}


def play(random: Random, zones: tuple[Zone, ...], crowd: Crowd, habits: Habits) -> list[int]:
    """One sale by chance: who comes and buys takes a party's seats in a zone picked by how wanted it is."""
    left = [zone.free + sum(random.random() < habits.comes_back for _ in range(zone.held)) for zone in zones]
    show = [1.0] * crowd.shopping + [habits.show] * (crowd.coming + crowd.ahead)
    for share in show:
        if random.random() < share * habits.buy:
            open_zones = [no for no, seats in enumerate(left) if seats]
            if not open_zones:
                break
            party = 1 + sum(random.random() < (habits.party - 1) / 5 for _ in range(5))
            no = random.choices(open_zones, [zones[no].wanted for no in open_zones])[0]
            left[no] -= min(party, left[no])
    return left


@pytest.mark.parametrize("ahead", [0, 200, 600, 1_000, 1_600, 3_000])
def test_seats_left_are_told_within_a_tenth_of_what_was_there(ahead: int) -> None:
    crowd, random = Crowd(100, 50, ahead), Random(ahead)
    told = odds_for(ZONES, crowd, HABITS)
    supply = sum(zone.free + zone.held for zone in ZONES)
    for _ in range(30):
        left = play(random, ZONES, crowd, HABITS)
        assert abs(sum(left) - told.seats_left) <= 0.1 * supply
        for zone, seats in zip(told.zones, left, strict=True):
            assert abs(seats - zone.seats_left) <= 0.1 * supply


@pytest.mark.parametrize("ahead", range(0, 3_000, 250))
def test_likely_means_mostly_and_unlikely_means_seldom(ahead: int) -> None:
    """Habits are known only roughly: each sale is played with its own, up to a tenth above or below those assumed."""
    crowd, random = Crowd(100, 50, ahead), Random(ahead)
    told, found = odds_for(ZONES, crowd, HABITS), [0] * len(ZONES)
    plays = 40
    for _ in range(plays):
        habits = HABITS._replace(buy=HABITS.buy * random.uniform(0.9, 1.1))
        for no, seats in enumerate(play(random, ZONES, crowd, habits)):
            found[no] += seats >= 2
    for zone, times in zip(told.zones, found, strict=True):
        assert times >= 0.7 * plays or zone.chance != "likely", zone
        assert times <= 0.5 * plays or zone.chance != "unlikely", zone


@given(zones_of_any_sale, crowds, habits_of_any_sale, st.integers(1, 12), st.integers(1, 5_000))
def test_odds_never_get_better_further_back(
    zones: list[Zone], crowd: Crowd, habits: Habits, party: int, further: int
) -> None:
    here = odds_for(zones, crowd, habits, party)
    behind = odds_for(zones, crowd._replace(ahead=crowd.ahead + further), habits, party)
    assert behind.seats_left <= here.seats_left
    assert RANKED[behind.chance] <= RANKED[here.chance]
    for one, other in zip(here.zones, behind.zones, strict=True):
        assert other.seats_left <= one.seats_left
        assert RANKED[other.chance] <= RANKED[one.chance]
    assert 0 <= here.seats_left <= sum(zone.free + zone.held for zone in zones)
    assert [zone.tier for zone in here.zones] == [zone.tier for zone in zones]


def test_a_zone_that_is_empty_is_gone_and_its_lovers_go_elsewhere() -> None:
    zones = (Zone("VIP", 0, 0, 0.9), Zone("Regular", 500, 0, 0.1))
    told = odds_for(zones, Crowd(0, 0, 200), HABITS)
    assert (told.zones[0].chance, told.zones[1].seats_left) == ("gone", 260)


@pytest.mark.parametrize("seed", range(5))
def test_the_line_is_closed_behind_nobody_who_would_have_got_a_seat(seed: int) -> None:
    """A sale played with everybody in front of the end leaves no seat; nor is the end far behind what is wanted."""
    random = Random(seed)
    end = closed_behind(ZONES, Crowd(0, 0, 0), HABITS, served=0)
    left = play(random, ZONES, Crowd(0, 0, end), HABITS)
    assert sum(left) == 0
    wanted = callers_wanted(ZONES, Crowd(0, 0, 0), HABITS)
    assert wanted < end < 1.35 * wanted


def test_a_few_sales_do_not_overturn_what_is_usual() -> None:
    usual = habits_of(Counts())
    assert (usual.show, usual.buy, usual.party) == pytest.approx((0.8, 0.6, 2.4))
    assert habits_of(Counts(called=2, came=0, ended=2)).show > 0.7
    many = habits_of(Counts(10_000, 5_000, 5_000, 1_000, 4_000, 5_000, 4_000))
    assert many == pytest.approx((0.5, 0.2, 4.0, 0.8, 0.09), abs=0.05)
    assert usual.doubt > 2 * many.doubt


def test_nobody_more_is_wanted_when_those_inside_take_it_all() -> None:
    assert callers_wanted(ZONES, Crowd(3_000, 0, 0), HABITS) < 0
    assert closed_behind(ZONES, Crowd(9_000, 0, 0), HABITS, served=70) < 70 + 3_000
