"""How many are let in a minute: as many as the sale serves well, and no more. Pure.

What is steered is how many may shop at once, the window: it shrinks at once when answers become slow and grows slowly
while they are quick, slower still near where they became slow last. The pace fills the window as people leave it, so
it settles at what the sale gets done, whoever comes, stays away or takes long.
"""

from typing import Literal, NamedTuple

SEAT_MS_MAX = 100.0
CONFIRM_MS_MAX = 1_000.0
PAYMENT_MS_MAX = 3_000.0
"""Mean time of taking seats, of confirming and of a call to the payment provider, above which the sale is strained."""
CALM = 0.5
"""The strain that is steered for: below it the window grows, above it shrinks, the faster the farther from it."""
GROWTH = 0.01
GROWTH_NEAR_STRAIN = 0.002
NEAR = (0.9, 1.1)
"""By how much of itself the window grows in a second at most; the second figure near where it was strained last."""
SMALL = 100.0
"""A window of fewer grows like one of so many."""
CUT_MOST = 0.5
"""A strained sale is cut to what it can serve, but to no less than half of who is inside: then it is looked at anew.
A provider that is still slow then is not slow because of us, and is not cut for again."""
SMOOTH_S = 4.0
"""Over what time measurements are smoothed."""
FILL_S = 20.0
"""In what time a window that has room is filled."""
RISE = 0.03
"""The pace itself rises by at most so much of itself a second, however much room there is."""
SHOW_SHARE_MIN = 0.2
UNKNOWN_HALVES_S = 5.0
NOTICED = 0.02
"""A pace that differs by less than this from the one in force is not worth a change."""

Reason = Literal["steady", "slow_seats", "slow_confirms", "slow_payments", "few_seats", "bounds", "unknown"]


class Bounds(NamedTuple):
    """What the operator allows. `shoppers_max` 0: as many as the sale serves."""

    per_minute_min: int
    per_minute_max: int
    shoppers_max: int = 0


class Seen(NamedTuple):
    """What was measured of a sale. Mean milliseconds since the last time; None: no such call was made.

    `reports`: how many api processes told anything; `coming`: called and neither come nor given up;
    `leaving_per_s`: shoppers who end, lately; `show_share`: of those called, how many come;
    `wanted`: how many more callers the seats are enough for, None while nobody knows.
    """

    at_s: float
    reports: int
    shopping: float
    coming: float
    leaving_per_s: float
    show_share: float = 1.0
    seat_ms: float | None = None
    confirm_ms: float | None = None
    payment_ms: float | None = None
    wanted: float | None = None


class Pace(NamedTuple):
    """`per_minute` is in force since `at_s`; `window` shoppers are let in at once; the sale is as slow as `slowness`
    says, 1.0 being as slow as it may, and was strained last with `strained_at` shoppers."""

    per_minute: int
    window: float
    reason: Reason
    at_s: float
    slowness: float = 0.0
    strained_at: float = float("inf")


def first_pace(per_minute: int, seen: Seen, session_s: float) -> Pace:
    """Where to begin: the window that the operator's pace fills, if people stay for `session_s`."""
    return Pace(per_minute, max(seen.shopping, per_minute / 60 * session_s, 1.0), "steady", seen.at_s)


def next_pace(pace: Pace, seen: Seen, bounds: Bounds) -> Pace:
    """The pace from now on; to be asked about once a second."""
    passed = min(max(seen.at_s - pace.at_s, 0.0), 5.0)
    if not seen.reports:
        halved = pace.per_minute * 0.5 ** (passed / UNKNOWN_HALVES_S)
        return _bounded(pace._replace(at_s=seen.at_s), halved, "unknown", bounds)
    steered, reason = _steer(pace, seen, bounds, passed)
    room = steered.window - seen.shopping - seen.coming * seen.show_share
    calls_per_s = max(0.0, seen.leaving_per_s + room / FILL_S) / max(seen.show_share, SHOW_SHARE_MIN)
    wish = min(calls_per_s * 60, pace.per_minute * (1 + RISE * passed) + 10)
    if seen.wanted is not None and seen.wanted * 60 / FILL_S < max(wish, bounds.per_minute_min):
        # Even the least that the operator set is too much when there is nothing left to come for.
        few = max(0.0, seen.wanted) * 60 / FILL_S
        return steered._replace(per_minute=min(round(few), bounds.per_minute_max), reason="few_seats")
    return _bounded(steered, wish, reason, bounds)


def strain(seen: Seen) -> tuple[float, Reason]:
    """How slow the sale is, 1.0 being as slow as it may, and in what."""
    slow: list[tuple[float, Reason]] = [
        ((seen.seat_ms or 0.0) / SEAT_MS_MAX, "slow_seats"),
        ((seen.confirm_ms or 0.0) / CONFIRM_MS_MAX, "slow_confirms"),
        ((seen.payment_ms or 0.0) / PAYMENT_MS_MAX, "slow_payments"),
    ]
    return max(slow)


def _steer(pace: Pace, seen: Seen, bounds: Bounds, passed: float) -> tuple[Pace, Reason]:
    """The window, cut or grown."""
    measured, what = strain(seen)
    slowness = pace.slowness + (measured - pace.slowness) * min(1.0, passed / SMOOTH_S)
    now = pace._replace(at_s=seen.at_s, slowness=slowness)
    if slowness > 1:
        # As long as more are inside than the window holds, the cut before this one is still to show its effect.
        slow_by_itself = what == "slow_payments" and pace.window <= CUT_MOST * pace.strained_at
        if seen.shopping > pace.window or slow_by_itself:
            return now, what
        smaller = seen.shopping * max(CUT_MOST, CALM / slowness)
        return now._replace(window=max(1.0, smaller), strained_at=seen.shopping), what
    near = NEAR[0] * pace.strained_at < pace.window < NEAR[1] * pace.strained_at
    growth = (GROWTH_NEAR_STRAIN if near else GROWTH) * (CALM - slowness) / CALM
    if growth > 0 and seen.shopping + seen.coming < 0.8 * pace.window:
        growth = 0.0  # there is room as it is
    window, most = pace.window + max(pace.window, SMALL) * growth * passed, bounds.shoppers_max or float("inf")
    return now._replace(window=min(window, most)), "bounds" if window > most else "steady"


def _bounded(pace: Pace, wish: float, reason: Reason, bounds: Bounds) -> Pace:
    kept = min(max(wish, bounds.per_minute_min), bounds.per_minute_max)
    if kept != wish and reason == "steady":
        reason = "bounds"
    elif abs(kept - pace.per_minute) <= NOTICED * pace.per_minute:
        kept = pace.per_minute
    return pace._replace(per_minute=round(kept), reason=reason)
