"""The sale behind the line, second by second: seats, shoppers, and a server that gets slower the more it has to do."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log
from random import Random
from typing import NamedTuple

from benchmarks.stadium.people import BOT, HUMAN, Manner
from rowlock.waiting_room.forecast import Counts, Crowd, Zone
from rowlock.waiting_room.pace import Seen

TURN_S = 60
"""Who has not come so long after being called makes room for others."""
PAYING_S = 20
HOLD_US, CONFIRM_US, READ_US, READS = 154, 326, 60, 25
"""Processor time of a hold, a confirmation and a look (api and PostgreSQL; docs/performance.md), and looks a visit."""
QUIET_MS = 5.5
"""A hold's median with 64 clients on an idle machine (docs/performance.md)."""


class Tier(NamedTuple):
    """A price zone and how much of the demand it draws."""

    name: str
    seats: int
    wanted: float


@dataclass
class Visit:
    """Somebody who was called. `seats` is what they hold or bought in `tier`."""

    manner: Manner
    rank: int
    tier: int = 0
    seats: int = 0
    bought: bool = False
    found_nothing: bool = False


@dataclass
class Sale:
    """`cores` do the work of api and PostgreSQL together. Everything random comes from `seed`."""

    tiers: tuple[Tier, ...]
    cores: float
    seed: int
    now_s: int = 0
    seat_ms: float = QUIET_MS
    shopping: int = 0
    coming: int = 0
    left_per_s: float = 0.0
    work_s: float = 0.0
    backlog_s: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Counts._fields, 0))

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.free = [tier.seats for tier in self.tiers]
        self.held = [0] * len(self.tiers)
        self._due: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self._ended = 0

    def call(self, visit: Visit) -> None:
        """It is somebody's turn."""
        self.counts["called"] += 1
        self.coming += 1
        if self.chance.random() < visit.manner.show:
            delay = self._drawn(visit.manner.come_s)
            if delay < TURN_S:
                self._after(delay, lambda: self._come(visit))
                return
        self._after(TURN_S, self._stay_away)

    def step(self) -> None:
        """One second goes by."""
        self.now_s += 1
        self.work_s, self._ended = 0.0, 0
        for happen in self._due.pop(self.now_s, ()):
            happen()
        self.left_per_s += (self._ended - self.left_per_s) * 0.2
        busy = min(0.98, self.work_s / self.cores)
        self.backlog_s = max(0.0, self.backlog_s + self.work_s - self.cores)
        self.seat_ms = QUIET_MS / (1 - busy) + 1_000 * self.backlog_s / self.cores

    def sold(self) -> int:
        """Seats bought."""
        return self.counts["seats"]

    def zones(self) -> list[Zone]:
        """The price zones as the forecast wants them."""
        return [
            Zone(tier.name, free, held, tier.wanted)
            for tier, free, held in zip(self.tiers, self.free, self.held, strict=True)
        ]

    def crowd(self, ahead: int = 0) -> Crowd:
        """Who takes seats before somebody with so many ahead; holders are in the zones already."""
        holding = sum(self.held) / 2.5
        return Crowd(max(0, self.shopping - int(holding)), self.coming, ahead)

    def seen(self, show: float, wanted: float) -> Seen:
        """What the worker measures."""
        return Seen(
            at_s=float(self.now_s),
            reports=1,
            shopping=self.shopping,
            coming=self.coming,
            leaving_per_s=self.left_per_s,
            show_share=show,
            seat_ms=self.seat_ms,
            confirm_ms=2 * self.seat_ms,
            payment_ms=400.0,
            wanted=wanted,
        )

    def _come(self, visit: Visit) -> None:
        self.counts["came"] += 1
        self.coming -= 1
        self.shopping += 1
        # A visit is longer by what its answers take: all its looks, a hold and a confirmation.
        stay = self._drawn(visit.manner.session_s) + READS * self.seat_ms / 1_000
        self.work_s += READS * READ_US / 1e6
        self._after(stay / 2, lambda: self._hold(visit, stay / 2))

    def _stay_away(self) -> None:
        self.coming -= 1

    def _hold(self, visit: Visit, rest_s: float) -> None:
        self.work_s += HOLD_US / 1e6
        there = [no for no, free in enumerate(self.free) if free]
        if not there:
            visit.found_nothing = True
            self._end()
            return
        visit.tier = self.chance.choices(there, [self.tiers[no].wanted for no in there])[0]
        asked = 1 + sum(self.chance.random() < self._more(visit.manner) for _ in range(visit.manner.party_max - 1))
        visit.seats = min(asked, self.free[visit.tier])
        self.free[visit.tier] -= visit.seats
        self.held[visit.tier] += visit.seats
        self._after(rest_s + PAYING_S, lambda: self._decide(visit))

    def _more(self, manner: Manner) -> float:
        return (manner.party_mean - 1) / (manner.party_max - 1)

    def _decide(self, visit: Visit) -> None:
        self.held[visit.tier] -= visit.seats
        self.counts["held_ended"] += visit.seats
        if self.chance.random() < visit.manner.buy:
            self.work_s += CONFIRM_US / 1e6
            visit.bought = True
            self.counts["bought"] += 1
            self.counts["seats"] += visit.seats
        else:
            self.free[visit.tier] += visit.seats
            self.counts["returned"] += visit.seats
        self._end()

    def _end(self) -> None:
        self.shopping -= 1
        self.counts["ended"] += 1
        self._ended += 1

    def _drawn(self, mean_s: float) -> float:
        return -mean_s * log(1 - self.chance.random())

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        self._due[self.now_s + max(1, round(seconds))].append(happen)


def manner_of(*, is_bot: bool) -> Manner:
    """How a bot or a person shops."""
    return BOT if is_bot else HUMAN
