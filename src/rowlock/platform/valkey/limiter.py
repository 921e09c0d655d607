"""Rate limits shared by all processes. Without Valkey each process keeps its own count: slower is not wrong.

A limit with a `name` is a quota that callers are told of, in `RateLimit` header fields and with the seconds to wait. A
limit without one keeps quiet about itself: whoever meets it learns that it was too much, not of what.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from valkey.asyncio import Valkey

from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Gatherer
from rowlock.platform.valkey.scripts import Call, ScriptRunner, load_script

WINDOW_SECONDS = 60
LOCAL_KEYS_MAX = 100_000
QUIET_RETRY_SECONDS = 30
"""What everybody hears who meets a limit without a name, whichever it was."""

TAKE = load_script("rowlock.platform.valkey", "take.lua")
_MICROSECONDS = 1_000_000
_pack = msgspec.msgpack.Encoder().encode
_numbers = msgspec.msgpack.Decoder(list[float])


class Limit(NamedTuple):
    """At most `quota` of something in any `seconds` under `key`, `taken` of it taken now; quota 0 turns it off."""

    key: str
    quota: int
    name: str = ""
    """How callers know this quota; empty: they are not told of it."""
    seconds: int = WINDOW_SECONDS
    taken: int = 1


class Taken(NamedTuple):
    """What came of a wish: for each limit the seconds of room left, for each mark its value."""

    room: Sequence[float]
    marks: Sequence[int]
    shared: bool
    """Whether Valkey counted, for all processes; else this process did for itself alone, and there are no marks."""


class _Wish(NamedTuple):
    limits: Sequence[Limit]
    marks: Sequence[str]


class Limiter:
    """Takes requests from limits; many at once in one call to Valkey, batched like the seats."""

    def __init__(self, scripts: "ScriptRunner | Valkey | None", on_fallback: Callable[[], None] = lambda: None) -> None:
        self._scripts = scripts if isinstance(scripts, ScriptRunner) else ScriptRunner(scripts)
        self._take = Gatherer[_Wish, Taken]("take", self._take_all)
        self._local = LocalLimits()
        self._here = LocalLimits()
        self._on_fallback = on_fallback

    async def require(self, *limits: Limit) -> None:
        """Pass, or raise Problem `rate_limited`."""
        await self.take(limits)

    async def take(self, limits: Sequence[Limit], marks: Sequence[str] = ()) -> Taken:
        """Take from the limits that are on, and read marks by the way; Problem `rate_limited` when one is used up.

        Marks are whole numbers that somebody keeps in Valkey, 0 where there is none.
        """
        wish = _Wish([limit for limit in limits if limit.quota], marks)
        if not wish.limits and not marks:
            return Taken((), (), shared=False)
        taken = await self._take.ask(wish)
        refuse_past(wish.limits, taken.room)
        return taken

    def require_here(self, *limits: Limit) -> None:
        """The same by this process's own count alone, asking nobody: what one process may do without harm to others."""
        wanted = [limit for limit in limits if limit.quota]
        refuse_past(wanted, [self._here.take(limit) for limit in wanted])

    async def _take_all(self, wishes: Sequence[_Wish]) -> list[Taken]:
        rows = [row for wish in wishes for row in _rows(wish)]
        answers = await self._scripts.run(TAKE, [Call((), (_pack(rows),))])
        if answers is None:
            self._on_fallback()
            return [Taken([self._local.take(limit) for limit in wish.limits], (), shared=False) for wish in wishes]
        numbers = iter(_numbers.decode(answers[0]))
        return [
            Taken(
                [-next(numbers) / _MICROSECONDS for _ in wish.limits],
                [int(next(numbers)) for _ in wish.marks],
                shared=True,
            )
            for wish in wishes
        ]


def _rows(wish: _Wish) -> list[tuple[str, int, int, int]]:
    """A wish as the script reads it."""
    limits = [(f"limit:{key}", quota, seconds * _MICROSECONDS, taken) for key, quota, _, seconds, taken in wish.limits]
    return [*limits, *((mark, 0, 0, 0) for mark in wish.marks)]


def refuse_past(limits: Sequence[Limit], room: Sequence[float]) -> None:
    """Raise Problem `rate_limited` when a limit has less than no room; a quota with a name is told before others."""
    past = [(limit, left) for limit, left in zip(limits, room, strict=True) if left < 0]
    if not past:
        return
    limit, left = next((one for one in past if one[0].name), past[0])
    if not limit.name:
        raise Problem("rate_limited", "Too many requests.", retryAfter=QUIET_RETRY_SECONDS)
    seconds = math.ceil(-left)
    every = "a minute" if limit.seconds == WINDOW_SECONDS else f"in {limit.seconds} s"
    detail = f"More than {limit.quota} {limit.name} {every}. Try again in {seconds} s."
    problem = Problem("rate_limited", detail, retryAfter=seconds)
    problem.headers = quota_headers(limits, room)
    raise problem


def quota_headers(limits: Sequence[Limit], room: Sequence[float]) -> tuple[tuple[bytes, bytes], ...]:
    """`RateLimit-Policy` and `RateLimit` for the quotas with names: `r` left now, all of it back in `t` seconds."""
    policies, states = [], []
    for limit, left in zip(limits, room, strict=True):
        if limit.name:
            remaining = max(0, int(left * limit.quota / limit.seconds + 1e-6))
            policies.append(f'"{limit.name}";q={limit.quota};w={limit.seconds}')
            states.append(f'"{limit.name}";r={remaining};t={math.ceil(limit.seconds - max(left, 0.0))}')
    if not policies:
        return ()
    return (b"ratelimit-policy", ", ".join(policies).encode()), (b"ratelimit", ", ".join(states).encode())


class LocalLimits:
    """The same algorithm in this process's memory; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: OrderedDict[str, float] = OrderedDict()

    def take(self, limit: Limit) -> float:
        """Seconds of room left after taking; negative, with nothing taken: the seconds to wait."""
        now = self._clock()
        due = max(self._due.get(limit.key, now), now) + limit.seconds / limit.quota * limit.taken
        room = now + limit.seconds - due
        if room < -1e-9:
            return room
        self._due[limit.key] = due
        self._due.move_to_end(limit.key)
        if len(self._due) > LOCAL_KEYS_MAX:
            self._due.popitem(last=False)
        return max(room, 0.0)
