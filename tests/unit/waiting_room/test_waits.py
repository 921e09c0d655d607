"""What people are told of their wait comes true, and only gets shorter unless they are told why."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.waiting_room.sale_model import SaleModel

from rowlock.waiting_room.pace import Bounds, first_pace, next_pace
from rowlock.waiting_room.waits import (
    ASK_S,
    FASTER_FOR_S,
    SLOWER_FOR_S,
    Promise,
    SpeedOfLine,
    Wait,
    ahead_in,
    ask_again_s,
    bucket_of,
    next_promise,
    wait_for,
)

speeds = st.lists(
    st.tuples(st.floats(0, 5_000), st.integers(1, 200), st.booleans()), min_size=1, max_size=20
)  # people a minute, for so many seconds, paused or not


@given(speeds, st.integers(0, 20_000), st.floats(1, 3_000))
@example([(500.0, 200, False), (10.0, 100, False), (500.0, 200, False)], 5_000, 1_000.0)
def test_a_wait_grows_only_with_a_new_promise(
    course: list[tuple[float, int, bool]], rank: int, promised: float
) -> None:
    promise, speed, served, second, last = Promise(promised, 0.0), SpeedOfLine(), 0.0, 0, None
    for per_minute, seconds, paused in course:
        for _ in range(seconds):
            second += 1
            served += 0 if paused else per_minute / 60
            if paused:
                speed.begin_anew()
            else:
                speed.look(float(second), int(served))
            before, promise = promise, next_promise(promise, speed.per_minute(), float(second), paused=paused)
            wait = wait_for(max(0, rank - int(served)), promise)
            if promise.since_s != before.since_s:
                assert promise.why != "as_promised"
            elif last is not None and wait is not None:
                assert wait.low_s <= last.low_s
                assert wait.high_s <= last.high_s
            last = wait


@given(st.integers(0, 10**7), st.floats(0.1, 50_000), st.floats(0, 1e5))
def test_a_range_has_its_ends_the_right_way_round_and_holds_the_plain_wait(
    ahead: int, per_minute: float, starts_in_s: float
) -> None:
    wait = wait_for(ahead, Promise(per_minute, 0.0), starts_in_s)
    assert wait is not None
    plain = starts_in_s + ahead * 60 / per_minute
    assert wait.low_s <= plain
    assert plain <= wait.high_s or wait.high_s >= 86_400 * 7
    assert ASK_S[0] <= ask_again_s(wait) <= ASK_S[1]


def test_it_is_nobodys_to_know_while_the_line_stands() -> None:
    assert wait_for(10, Promise(0.0, 0.0)) is None
    assert wait_for(0, Promise(0.0, 0.0)) == Wait(0, 30)
    paused = next_promise(Promise(100.0, 0.0), 100.0, 5.0, paused=True)
    assert (paused.why, wait_for(10, paused)) == ("paused", None)
    assert next_promise(paused, 0.0, 9.0, paused=True) == paused
    assert next_promise(paused, None, 30.0, paused=False) == Promise(100.0, 30.0, "resumed")


@pytest.mark.parametrize(("measured", "after_s", "why"), [(50, SLOWER_FOR_S, "slowed"), (200, FASTER_FOR_S, "sped_up")])
def test_bad_news_comes_soon_and_good_news_late(measured: float, after_s: float, why: str) -> None:
    promise, second = Promise(100.0, 0.0), 0.0
    while promise.why == "as_promised":
        second += 1
        promise = next_promise(promise, measured, second, paused=False)
    assert (second, promise.why, promise.per_minute) == (1 + after_s, why, measured)


@given(st.integers(-5, 10**7))
def test_a_bucket_never_tells_less_than_the_wait_and_never_much_more(ahead: int) -> None:
    most = ahead_in(bucket_of(ahead))
    assert max(ahead, 0) <= most <= max(ahead, 0) * 9 / 8
    assert bucket_of(most) == bucket_of(ahead)
    assert bucket_of(most + 1) == bucket_of(ahead) + 1


def test_ten_million_people_need_few_buckets() -> None:
    assert bucket_of(10_000_000) < 200


@pytest.mark.parametrize(("capacity", "begin"), [(100, 400), (100, 1_400), (400, 6_000)])
def test_waits_come_true_in_a_sale_that_steers_itself(capacity: float, begin: int) -> None:
    """Of all waits told at any time, nine in ten hold; once the sale has found its pace, so do 97 in a hundred."""
    model, told, reached = SaleModel(capacity), [], [0.0]
    pace, promise, speed = first_pace(begin, model.seen(), model.session_s), Promise(float(begin), 0.0), SpeedOfLine()
    for second in range(1, 5_400):
        pace = next_pace(pace, model.seen(), Bounds(10, 50_000))
        model.step(pace.per_minute)
        reached.append(reached[-1] + pace.per_minute / 60)
        speed.look(float(second), int(reached[-1]))
        promise = next_promise(promise, speed.per_minute(), float(second), paused=False)
        for minutes in (2, 10, 30) if second % 20 == 0 and second < 3_000 else ():
            rank = int(reached[-1] + minutes * promise.per_minute)
            told.append((second, rank, wait_for(rank - int(reached[-1]), promise)))
    kept: list[tuple[int, bool]] = []
    for second, rank, wait in told:
        if rank < reached[-1] and wait is not None:
            turn = next(at for at in range(second, len(reached)) if reached[at] > rank)
            kept.append((second, wait.low_s <= turn - second <= wait.high_s))
    settled = [good for second, good in kept if second > 1_500]
    assert len(settled) > 100
    assert sum(good for _, good in kept) >= 0.9 * len(kept)
    assert sum(settled) >= 0.97 * len(settled)
