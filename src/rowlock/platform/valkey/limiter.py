"""Rate limits shared by all processes. Without Valkey each process keeps its own count: slower is not wrong."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib import resources

import msgspec
import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Kind, Lane

WINDOW_SECONDS = 60.0
LOCAL_KEYS_MAX = 100_000
VALKEY_PAUSE_SECONDS = 1.0
"""After a failed call Valkey is left alone for this long, so a dead one costs no waiting."""

log = structlog.get_logger(__name__)


class Limit(msgspec.Struct, frozen=True):
    """At most `per_minute` requests in any minute under `key`; 0 turns it off."""

    key: str
    per_minute: int


class Limiter:
    """Takes requests from limits; many at once in one call to Valkey, batched like the seats."""

    def __init__(self, valkey: "Valkey | None", on_fallback: Callable[[], None] = lambda: None) -> None:
        self._valkey = valkey
        self._script = resources.files("rowlock.platform.valkey").joinpath("lua/take.lua").read_text("utf-8")
        self._sha: str | None = None
        self._lane = Lane()
        self._take = Kind[tuple[Limit, ...], list[float]]("take", self._take_all, lambda limits: limits[0].key)
        self._local = _LocalLimits()
        self._valkey_rests_until = 0.0
        self._on_fallback = on_fallback

    async def require(self, *limits: Limit) -> None:
        """Pass, or raise Problem `rate_limited` with the seconds to wait."""
        wanted = tuple(limit for limit in limits if limit.per_minute)
        if not wanted:
            return
        waits = await self._lane.submit(self._take, wanted)
        for limit, wait in zip(wanted, waits, strict=True):
            if wait > 0:
                seconds = math.ceil(wait)
                raise Problem(
                    "rate_limited",
                    f"More than {limit.per_minute} requests a minute. Try again in {seconds} s.",
                    retryAfter=seconds,
                )

    async def _take_all(self, callers: Sequence[tuple[Limit, ...]]) -> list[list[float]]:
        waits = iter(await self._take_each([limit for limits in callers for limit in limits]))
        return [[next(waits) for _ in limits] for limits in callers]

    async def _take_each(self, limits: Sequence[Limit]) -> list[float]:
        if self._valkey is not None and time.monotonic() >= self._valkey_rests_until:
            try:
                return await self._take_from_valkey(self._valkey, limits)
            except (ValkeyError, OSError, TimeoutError) as error:
                self._valkey_rests_until = time.monotonic() + VALKEY_PAUSE_SECONDS
                log.warning("limiter_without_valkey", error=str(error))
        self._on_fallback()
        return [self._local.take(limit) for limit in limits]

    async def _take_from_valkey(self, valkey: "Valkey", limits: Sequence[Limit]) -> list[float]:
        if self._sha is None:
            self._sha = str(await valkey.script_load(self._script))
        keys = [f"limit:{limit.key}" for limit in limits]
        rates = [str(limit.per_minute) for limit in limits]
        try:
            waits: list[int] = await valkey.evalsha(self._sha, len(keys), *keys, *rates)  # type: ignore[misc]
        except ValkeyError:
            self._sha = None  # a restarted Valkey has forgotten the script
            raise
        return [wait / 1_000_000 for wait in waits]


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
