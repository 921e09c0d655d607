"""How the sale is doing, as its api processes measure it: told once a second through Valkey, read by the pace.

Every process writes running totals of what it counts for its metrics anyway, so calls cost nothing more, and a reading
that was missed loses nothing: whoever reads takes the difference to the last time.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import structlog
from prometheus_client import Histogram
from valkey.asyncio import Valkey

from rowlock.platform.telemetry import metrics
from rowlock.platform.valkey.scripts import NOT_THERE

KEY = "vitals"
TELL_SECONDS = 1.0
SILENT_SECONDS = 5.0
"""Whose totals have not moved on for so long is not there any more; a clock of its own tells nobody anything."""
FORGOTTEN_SECONDS = 60
"""Totals of processes that are gone are taken away so long after their last word."""
SEAT_ROUTES = ("/api/v1/bookings", "/api/v1/bookings/reserve", "/api/v1/bookings/best-available")
CONFIRM_ROUTES = ("/api/v1/bookings/{booking_id}/confirm", "/api/v1/bookings/{event_id}")

log = structlog.get_logger(__name__)


class Calls(NamedTuple):
    """How many calls there were, and how many seconds they took together."""

    done: float = 0.0
    seconds: float = 0.0

    def since(self, before: "Calls") -> "Calls":
        """What came since `before`; a process that began anew counts from nothing."""
        if self.done < before.done:
            return self
        return Calls(self.done - before.done, self.seconds - before.seconds)

    def mean_ms(self) -> float | None:
        """Milliseconds a call; None when there was none."""
        return 1_000 * self.seconds / self.done if self.done else None


class Totals(NamedTuple):
    """What one process has done since it began; `beat` moves on with every word of it."""

    beat: int
    seats: Calls = Calls()
    confirms: Calls = Calls()
    payments: Calls = Calls()


class Vitals(NamedTuple):
    """Mean milliseconds of all processes since the last look; None: no such call. `reports`: processes that tell."""

    reports: int
    seat_ms: float | None = None
    confirm_ms: float | None = None
    payment_ms: float | None = None


class VitalsTeller:
    """One api process telling how it is doing. `name` is its own among all processes, also of other machines."""

    def __init__(self, valkey: "Valkey | None", name: str) -> None:
        self._valkey = valkey
        self._name = name
        self._beat = 0

    async def run_forever(self, stopping: asyncio.Event) -> None:
        """Tell every second until `stopping` is set."""
        while not stopping.is_set():
            await self.tell()
            try:
                await asyncio.wait_for(stopping.wait(), TELL_SECONDS)
            except TimeoutError:
                continue

    async def tell(self) -> None:
        """Tell once; without Valkey nobody hears it."""
        if self._valkey is None:
            return
        self._beat += 1
        totals = Totals(
            self._beat,
            seats=_sum_up(metrics.SECONDS.labels(route) for route in SEAT_ROUTES),
            confirms=_sum_up(metrics.SECONDS.labels(route) for route in CONFIRM_ROUTES),
            payments=_sum_up(iter((metrics.PROVIDER_SECONDS,))),
        )
        try:
            async with self._valkey.pipeline(transaction=False) as pipeline:
                pipeline.execute_command("HSET", KEY, self._name, msgspec.json.encode(totals))
                pipeline.expire(KEY, FORGOTTEN_SECONDS)
                await pipeline.execute()
        except NOT_THERE as error:
            log.debug("vitals_not_told", error=str(error))


class VitalsReader:
    """Whoever decides on the pace. `clock` in seconds."""

    def __init__(self, valkey: "Valkey | None", clock: Callable[[], float] = time.monotonic) -> None:
        self._valkey: Any = valkey  # whose types take every call for both kinds of client at once
        self._clock = clock
        self._last: dict[bytes, tuple[Totals, float]] = {}

    async def look(self) -> Vitals:
        """How the sale has been doing since the last look; nobody reports while Valkey is away."""
        told = await self._read()
        seats = confirms = payments = Calls()
        reports = 0
        for name, totals in told.items():
            before, moved_at = self._last.get(name, (totals, self._clock()))
            if totals.beat != before.beat:
                moved_at = self._clock()
            self._last[name] = (totals, moved_at)
            reports += self._clock() - moved_at < SILENT_SECONDS
            seats = _add(seats, totals.seats.since(before.seats))
            confirms = _add(confirms, totals.confirms.since(before.confirms))
            payments = _add(payments, totals.payments.since(before.payments))
        await self._forget([name for name in told if self._clock() - self._last[name][1] >= FORGOTTEN_SECONDS])
        self._last = {name: known for name, known in self._last.items() if name in told}
        return Vitals(reports, seats.mean_ms(), confirms.mean_ms(), payments.mean_ms())

    async def _read(self) -> dict[bytes, Totals]:
        if self._valkey is None:
            return {}
        try:
            fields = await self._valkey.hgetall(KEY)
            return {name: msgspec.json.decode(value, type=Totals) for name, value in fields.items()}
        except (*NOT_THERE, msgspec.DecodeError) as error:
            log.debug("vitals_not_read", error=str(error))
            return {}

    async def _forget(self, gone: list[bytes]) -> None:
        if self._valkey is None or not gone:
            return
        with contextlib.suppress(*NOT_THERE):
            await self._valkey.hdel(KEY, *gone)


def _add(one: Calls, other: Calls) -> Calls:
    return Calls(one.done + other.done, one.seconds + other.seconds)


def _sum_up(histograms: Iterator[Histogram]) -> Calls:
    count = seconds = 0.0
    for histogram in histograms:
        for family in histogram.collect():
            for sample in family.samples:
                count += sample.value if sample.name.endswith("_count") else 0
                seconds += sample.value if sample.name.endswith("_sum") else 0
    return Calls(count, seconds)
