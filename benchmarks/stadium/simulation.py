"""One on-sale from the first who joins to the last seat, on virtual time, with the waiting room's own decisions."""

import time
from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.stadium.people import Crowd, make_crowd
from benchmarks.stadium.sale import Sale, Tier, Visit, manner_of
from rowlock.waiting_room.forecast import Counts, callers_sure, callers_wanted, closed_behind, habits_of
from rowlock.waiting_room.pace import Bounds, Pace, first_pace, next_pace
from rowlock.waiting_room.proof import PERSON_BYTES, draw, draw_key, roster_tree
from rowlock.waiting_room.serving import Bounds as ServingBounds
from rowlock.waiting_room.serving import Serving, paced_anew, serve
from rowlock.waiting_room.waits import Promise, SpeedOfLine, Wait, next_promise, wait_for

SECOND_US = 1_000_000
SURE_AFTER_VISITS = 500
"""The line is not closed behind anybody before so many visits have shown what people do."""


class Scene(NamedTuple):
    """What is simulated."""

    name: str
    people: int
    tiers: tuple[Tier, ...]
    bot_share: float
    ordering: str
    cores: float
    begin_per_minute: int
    seed: int = 1

    def seats(self) -> int:
        """All that are for sale."""
        return sum(tier.seats for tier in self.tiers)


class Second(NamedTuple):
    """How it stood."""

    waiting: int
    per_minute: int
    shopping: int
    seat_ms: float
    sold: int
    open_end: int
    """How many people stand in the line who may still expect a seat."""


@dataclass
class Course:
    """What came of it."""

    scene: Scene
    crowd: Crowd
    line: NDArray[np.int64]
    draw_s: float = 0.0
    seconds: list[Second] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    told: list[tuple[int, int, Wait]] = field(default_factory=list)
    slowed: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    lived_s: float = 0.0

    def numbers(self) -> NDArray[np.int64]:
        """The place number of each visit."""
        return self.line[[visit.rank for visit in self.visits]]

    def sold_by(self, share: float) -> int | None:
        """The second by which this share of all seats was sold."""
        wanted = share * self.scene.seats()
        return next((no for no, second in enumerate(self.seconds) if second.sold >= wanted), None)

    def waits(self) -> tuple[float, float, float, float]:
        """Of all waits told, the shares whose turn came earlier, in time, later after news of that, later without."""
        found = []
        for second, rank, wait in self.told:
            turn = bisect_right(self.turns, rank)
            end = second + wait.high_s
            if turn <= end and turn < len(self.turns):
                found.append(int(turn - second >= wait.low_s))
            else:
                found.append(2 if any(second < slowed <= end for slowed in self.slowed) else 3)
        earlier, in_time, with_news, without = (found.count(which) / max(len(found), 1) for which in range(4))
        return earlier, in_time, with_news, without


def simulate(scene: Scene, seconds_max: int = 7_200) -> Course:
    """Play a scene to its end: everything sold, or nobody left who could buy."""
    begun = time.perf_counter()
    crowd = make_crowd(scene.people, scene.bot_share, scene.seed)
    course = Course(scene, crowd, np.arange(scene.people))
    if scene.ordering == "draw":
        present = crowd.present_at_opening()
        course.line[:present], course.draw_s = _drawn(present, scene.seed)
    _sell(course, Sale(scene.tiers, scene.cores, scene.seed), seconds_max)
    course.lived_s = time.perf_counter() - begun
    return course


def _drawn(present: int, seed: int) -> tuple[NDArray[np.int64], float]:
    """The order of those present, by the draw itself; and what it took."""
    people = np.random.default_rng(seed).bytes(present * PERSON_BYTES)
    begun = time.perf_counter()
    key = draw_key(sha256(str(seed).encode()).digest(), bytes(32), b"", roster_tree(people).root)
    order = draw(key, people)
    return np.array(order), time.perf_counter() - begun


def _sell(course: Course, sale: Sale, seconds_max: int) -> None:
    scene, serving = course.scene, Serving(0, 0, 0)
    joined_by = np.searchsorted(course.crowd.joined_s, np.arange(seconds_max + 1))
    pace = first_pace(scene.begin_per_minute, sale.seen(1.0, 0.0), 120.0)
    promise, speed = Promise(float(scene.begin_per_minute), 0.0), SpeedOfLine()
    while sale.sold() < scene.seats() and sale.now_s < seconds_max:
        before, pace = pace, _steered(pace, sale)
        clock_us, served, joined = sale.now_s * SECOND_US, serving.served, int(joined_by[sale.now_s])
        serving = paced_anew(serving, clock_us, before.per_minute, pace.per_minute)
        serving = serve(serving, clock_us + SECOND_US, ServingBounds(pace.per_minute, joined))
        for rank in range(served, serving.served):
            visit = Visit(manner_of(is_bot=bool(course.crowd.is_bot[course.line[rank]])), rank)
            course.visits.append(visit)
            sale.call(visit)
        sale.step()
        course.turns.append(serving.served)
        speed.look(float(sale.now_s), serving.served)
        promise = next_promise(promise, speed.per_minute(), float(sale.now_s), paused=False)
        if promise.why == "slowed" and promise.since_s == sale.now_s:
            course.slowed.append(sale.now_s)
        _note(course, sale, pace, promise)
        if not sale.shopping and not sale.coming and pace.per_minute == 0:
            break


def _steered(pace: Pace, sale: Sale) -> Pace:
    habits = habits_of(Counts(**sale.counts))
    wanted = callers_wanted(sale.zones(), sale.crowd(), habits)
    return next_pace(pace, sale.seen(habits.show, wanted), Bounds(100, 50_000))


def _note(course: Course, sale: Sale, pace: Pace, promise: Promise) -> None:
    served, habits = course.turns[-1], habits_of(Counts(**sale.counts))
    joined = end = int(np.searchsorted(course.crowd.joined_s, sale.now_s))
    if sale.counts["ended"] >= SURE_AFTER_VISITS:
        end = min(joined, closed_behind(sale.zones(), sale.crowd(), habits, served))
    now = Second(joined - served, pace.per_minute, sale.shopping, sale.seat_ms, sale.sold(), max(0, end - served))
    course.seconds.append(now)
    wanted = callers_sure(sale.zones(), sale.crowd(), habits)
    for minutes in (2, 5, 15) if sale.now_s % 10 == 0 else ():
        ahead = round(minutes * promise.per_minute)
        wait = wait_for(ahead, promise, wanted=wanted)
        if served + ahead < joined and wait is not None:
            course.told.append((sale.now_s - 1, served + ahead, wait))
