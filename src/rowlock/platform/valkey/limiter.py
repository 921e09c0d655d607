"""Rate limits shared by all processes. Without Valkey each process keeps its own count: slower is not wrong."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec
from valkey.asyncio import Valkey

from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Gatherer
from rowlock.platform.valkey.scripts import Call, ScriptRunner, load_script

WINDOW_SECONDS = 60.0
LOCAL_KEYS_MAX = 100_000

_TAKE = load_script("rowlock.platform.valkey", "take.lua")


class Limit(msgspec.Struct, frozen=True):
    """At most `per_minute` requests in any minute under `key`; 0 turns it off."""

    key: str
    per_minute: int


class Limiter:
    """Takes requests from limits; many at once in one call to Valkey, batched like the seats."""

    def __init__(self, valkey: "Valkey | None", on_fallback: Callable[[], None] = lambda: None) -> None:
        self._scripts = ScriptRunner(valkey)
        self._take = Gatherer[tuple[Limit, ...], Sequence[float]]("take", self._take_all, lambda limits: limits[0].key)
        self._local = _LocalLimits()
        self._here = _LocalLimits()
        self._on_fallback = on_fallback

    async def require(self, *limits: Limit) -> None:
        """Pass, or raise Problem `rate_limited` with the seconds to wait."""
        wanted = tuple(limit for limit in limits if limit.per_minute)
        if not wanted:
            return
        _judge(wanted, await self._take.ask(wanted))

    def require_here(self, *limits: Limit) -> None:
        """The same by this process's own count alone, asking nobody: what one process may do without harm to others."""
        wanted = tuple(limit for limit in limits if limit.per_minute)
        _judge(wanted, [self._here.take(limit) for limit in wanted])

    async def _take_all(self, callers: Sequence[tuple[Limit, ...]]) -> list[list[float]]:
        waits = iter(await self._take_each([limit for limits in callers for limit in limits]))
        return [[next(waits) for _ in limits] for limits in callers]

    async def _take_each(self, limits: Sequence[Limit]) -> list[float]:
        call = Call([f"limit:{limit.key}" for limit in limits], [str(limit.per_minute) for limit in limits])
        answers = await self._scripts.run(_TAKE, [call])
        if answers is None:
            self._on_fallback()
            return [self._local.take(limit) for limit in limits]
        return [wait / 1_000_000 for wait in answers[0]]


def _judge(limits: Sequence[Limit], waits: Sequence[float]) -> None:
    for limit, wait in zip(limits, waits, strict=True):
        if wait > 0:
            seconds = math.ceil(wait)
            raise Problem(
                "rate_limited",
                f"More than {limit.per_minute} requests a minute. Try again in {seconds} s.",
                retryAfter=seconds,
            )


class _LocalLimits:
    """The same algorithm in this process's memory."""

    def __init__(self) -> None:
        self._due: OrderedDict[str, float] = OrderedDict()

    def take(self, limit: Limit) -> float:
        now = time.monotonic()
        due = max(self._due.get(limit.key, now), now)
        step = WINDOW_SECONDS / limit.per_minute
        wait = due + step - WINDOW_SECONDS - now
        if wait > 0:
            return wait
        self._due[limit.key] = due + step
        self._due.move_to_end(limit.key)
        if len(self._due) > LOCAL_KEYS_MAX:
            self._due.popitem(last=False)
        return 0.0
