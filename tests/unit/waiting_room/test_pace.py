"""The pace finds what a sale can serve, stays there without swinging, and gives way at once when the sale stumbles."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.waiting_room.sale_model import SaleModel

from rowlock.waiting_room.pace import SEAT_MS_MAX, Bounds, Pace, Seen, first_pace, next_pace

WIDE = Bounds(10, 50_000)
QUIET = Seen(at_s=0.0, reports=2, shopping=0.0, coming=0.0, leaving_per_s=0.0)
milliseconds = st.none() | st.floats(0, 1e5)
seen_things = st.builds(
    Seen,
    at_s=st.floats(0, 1e6),
    reports=st.integers(0, 3),
    shopping=st.floats(0, 1e6),
    coming=st.floats(0, 1e6),
    leaving_per_s=st.floats(0, 1e4),
    show_share=st.floats(0, 1),
    seat_ms=milliseconds,
    confirm_ms=milliseconds,
    payment_ms=milliseconds,
    wanted=st.none() | st.floats(-100, 1e6),
)


class Moment(NamedTuple):
    """How it stood in one second."""

    pace: Pace
    shopping: float
    seat_ms: float


def hold_sale(
    model: SaleModel,
    begin_per_minute: int,
    seconds: int,
    *,
    bounds: Bounds = WIDE,
    happens: Mapping[int, Callable[[SaleModel], None]] | None = None,
) -> list[Moment]:
    """A sale second by second, things happening to it at their time."""
    pace, moments = first_pace(begin_per_minute, model.seen(), model.session_s), []
    for second in range(seconds):
        if happens and second in happens:
            happens[second](model)
        pace = next_pace(pace, model.seen(), bounds)
        model.step(pace.per_minute)
        moments.append(Moment(pace, model.shopping, model.seat_ms))
    return moments


def swing(values: list[float]) -> float:
    """How far values go to either side, as a share of their mean."""
    return (max(values) - min(values)) / 2 / fmean(values)


@pytest.mark.parametrize(
    ("capacity", "begin"), [(100, 200), (100, 1_600), (100, 5_000), (1_000, 600), (3_000, 20_000), (20, 100)]
)
@pytest.mark.parametrize("session_s", [45.0, 90.0, 240.0])
def test_it_settles_at_what_the_sale_can_serve(capacity: float, begin: int, session_s: float) -> None:
    model = SaleModel(capacity, session_s=session_s)
    settled = hold_sale(model, begin, 5_400)[3_600:]
    best = min(model.best_per_minute(), WIDE.per_minute_max)
    assert 0.82 * best < fmean(moment.pace.per_minute for moment in settled) <= 1.01 * best
    assert swing([moment.shopping for moment in settled]) < 0.05
    assert max(moment.seat_ms for moment in settled) < SEAT_MS_MAX


def test_a_modest_beginning_never_strains_the_sale_for_long() -> None:
    moments = hold_sale(SaleModel(100), 200, 3_600)
    assert sum(moment.seat_ms > SEAT_MS_MAX for moment in moments) < 20


def test_a_stalled_database_stops_the_line_within_seconds_and_it_recovers() -> None:
    def stall(model: SaleModel) -> None:
        model.capacity = 2

    def heal(model: SaleModel) -> None:
        model.capacity = 100

    moments = hold_sale(SaleModel(100), 1_000, 3_600, happens={2_000: stall, 2_030: heal})
    assert moments[1_999].pace.per_minute > 1_200
    assert moments[2_006].pace.per_minute == WIDE.per_minute_min
    assert fmean(moment.pace.per_minute for moment in moments[2_600:]) > 1_300


def test_a_slow_provider_halves_the_sale_but_does_not_starve_it() -> None:
    def slow(model: SaleModel) -> None:
        model.payment_ms = 8_000

    moments = hold_sale(SaleModel(100), 1_000, 4_000, happens={2_000: slow})
    before, after = moments[1_999].shopping, fmean(moment.shopping for moment in moments[2_600:])
    assert 0.35 * before < after < 0.55 * before
    assert moments[-1].pace.reason == "slow_payments"


def test_people_who_stay_away_make_room_for_others() -> None:
    """With every second one staying away, twice as many are called, and as many shop."""
    all_come, half_come = (hold_sale(SaleModel(100, show_share=share), 800, 5_400)[3_600:] for share in (1.0, 0.5))
    shopping = [fmean(moment.shopping for moment in moments) for moments in (all_come, half_come)]
    called = [fmean(moment.pace.per_minute for moment in moments) for moments in (all_come, half_come)]
    assert shopping[1] / shopping[0] == pytest.approx(1, abs=0.1)
    assert called[1] / called[0] == pytest.approx(2, abs=0.2)


def test_the_operators_bounds_hold_whatever_the_sale_could_do() -> None:
    bounds = Bounds(100, 700, shoppers_max=400)
    moments = hold_sale(SaleModel(100), 200, 2_000, bounds=bounds)
    assert all(100 <= moment.pace.per_minute <= 700 for moment in moments)
    assert max(moment.shopping for moment in moments) < 1.05 * 400


@given(
    st.lists(seen_things, min_size=1, max_size=12), st.integers(0, 5_000), st.integers(0, 45_000), st.integers(0, 500)
)
def test_no_measurement_leads_out_of_the_bounds(looks: list[Seen], least: int, more: int, shoppers_max: int) -> None:
    bounds = Bounds(least, least + more, shoppers_max)
    pace = first_pace(bounds.per_minute_min, looks[0], 90.0)
    for seen in looks:
        pace = next_pace(pace, seen, bounds)
        assert 0 <= pace.per_minute <= bounds.per_minute_max
        assert pace.per_minute >= bounds.per_minute_min or pace.reason == "few_seats"
        assert math.isfinite(pace.window)


@given(st.floats(0, 400), st.integers(0, 3_000))
def test_nobody_is_called_for_seats_that_are_gone(wanted: float, least: int) -> None:
    """However it is asked, no more are called than the seats are enough for, not even the operator's least."""
    pace, called = first_pace(3_000, QUIET, 90.0), 0.0
    for second in range(1, 300):
        seen = QUIET._replace(at_s=float(second), wanted=wanted - called, coming=called)
        pace = next_pace(pace, seen, Bounds(least, 50_000))
        called += pace.per_minute / 60
    assert called <= wanted + 5


def test_without_news_from_the_sale_it_goes_down_to_the_least() -> None:
    pace = first_pace(6_000, QUIET, 90.0)
    for second in range(1, 60):
        pace = next_pace(pace, QUIET._replace(reports=0, at_s=float(second)), Bounds(60, 50_000))
    assert (pace.per_minute, pace.reason) == (60, "unknown")


def test_two_looks_at_once_change_nothing() -> None:
    """A second worker that looks at the same moment does not let in more."""
    model = SaleModel(100)
    hold_sale(model, 500, 300)
    pace = first_pace(500, model.seen(), 90.0)
    once = next_pace(pace, replace(model).seen(), WIDE)
    assert next_pace(once, model.seen(), WIDE).window == once.window
