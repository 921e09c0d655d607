"""How far a line is served: never back, at the pace, past holes at no cost, and no saving up."""

from hypothesis import given
from hypothesis import strategies as st

from rowlock.waiting_room.serving import US_PER_MINUTE, Bounds, Serving, paced_anew, people_below, rank_behind, serve

SECOND = 1_000_000
clocks = st.lists(st.integers(0, 10 * SECOND), min_size=1, max_size=40)
holes = st.lists(st.integers(0, 2_000), max_size=6).map(lambda ends: sorted(ends)[: len(ends) // 2 * 2])


def people_before(rank: int, gaps: list[int]) -> int:
    """Ranks below that somebody has."""
    missing = {number for first, last in zip(gaps[::2], gaps[1::2], strict=True) for number in range(first, last)}
    return sum(number not in missing for number in range(rank))


@given(clocks, st.integers(0, 50_000), st.integers(0, 3_000), holes)
def test_the_line_never_goes_back_and_never_past_its_end(
    waits: list[int], rate: int, end: int, gaps: list[int]
) -> None:
    line, clock = Serving(0, 0, 0), 0
    for wait in waits:
        clock += wait
        before, line = line.served, serve(line, clock, Bounds(rate, end), gaps)
        assert before <= line.served <= end


@given(clocks, st.integers(1, 50_000), holes)
def test_however_the_steps_fall_the_pace_is_kept_to_the_person(waits: list[int], rate: int, gaps: list[int]) -> None:
    """Errors do not add up: after any steps as many people were called as the time is worth."""
    line, clock, end = Serving(0, 0, 0), 0, 10**9
    for wait in waits:
        clock += wait
        line = serve(line, clock, Bounds(rate, end), gaps)
        reached = min(line.served, 5_000)
        assert people_before(reached, gaps) == min(clock * rate // US_PER_MINUTE, people_before(5_000, gaps)) or (
            line.served > 5_000
        )


@given(st.integers(1, 50_000), st.integers(1, 600))
def test_an_empty_line_saves_no_turns_up(rate: int, idle_seconds: int) -> None:
    line = serve(Serving(0, 0, 0), idle_seconds * SECOND, Bounds(rate, end=0))
    rush = serve(line, idle_seconds * SECOND + SECOND // 5, Bounds(rate, end=10**6))
    assert rush.served <= rate * (SECOND // 5) // US_PER_MINUTE


@given(st.integers(1, 50_000), st.integers(0, 500))
def test_no_more_are_called_than_there_is_room_for(rate: int, room: int) -> None:
    assert serve(Serving(7, 7, 0), 600 * SECOND, Bounds(rate, end=10**6, room=room)).served <= 7 + room


def test_a_shop_that_is_too_full_calls_nobody_and_takes_no_turn_back() -> None:
    assert serve(Serving(7, 7, 0), 60 * SECOND, Bounds(600, end=10**6, room=-3)).served == 7


@given(holes, st.integers(0, 3_000), st.integers(0, 3_000))
def test_so_many_people_further_on_nobody_in_a_hole_is_counted(gaps: list[int], rank: int, people: int) -> None:
    assert people_below(rank, gaps) == people_before(rank, gaps)
    if not any(first <= rank < last for first, last in zip(gaps[::2], gaps[1::2], strict=True)):
        assert people_below(rank_behind(rank, people, gaps), gaps) == people_below(rank, gaps) + people


def test_a_new_pace_counts_from_the_moment_it_begins() -> None:
    line = serve(Serving(0, 0, 0), 60 * SECOND, Bounds(600, end=10**6))
    line = serve(paced_anew(line, 60 * SECOND, 600, 60), 61 * SECOND, Bounds(60, end=10**6))
    assert line.served == 601


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=60))
def test_a_pace_that_changes_every_second_loses_nobody(rates: list[int]) -> None:
    line = Serving(0, 0, 0)
    for second, rate in enumerate(rates):
        line = paced_anew(line, second * SECOND, rates[second - 1] if second else rate, rate)
        line = serve(line, (second + 1) * SECOND - SECOND // 5, Bounds(rate, end=10**9))
    line = serve(line, len(rates) * SECOND, Bounds(rates[-1], end=10**9))
    assert abs(line.served - sum(rates) / 60) <= 1.01
