"""A provider that may be slow, broken or gone, asked with care.

Each call has an end; what was not answered is asked again, because every call of the port may be repeated; and while
nothing is answered, nobody is kept waiting for it.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import structlog

from rowlock.payments.provider import (
    Charge,
    OutcomeUnknown,
    PaymentAsk,
    PaymentProvider,
    RefundAnswer,
    RefundAsk,
    StatementLine,
)
from rowlock.platform.telemetry import metrics

Answer = TypeVar("Answer")
CALL_SECONDS_MAX = 10.0
"""One call, however many requests it takes. A bank may need several seconds to say yes."""
TRIES, TRIES_OF_A_BUYER = 3, 2
"""A buyer waits for the answer to `authorise`; what is not known then is asked about later."""
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.2, 2.0
"""The pause before a repeat is anything from nothing to this, doubled each time: full jitter."""
FAILURES_MAX = 5
"""So many calls without an answer, one after the other, and nobody asks any more."""
OPEN_SECONDS = 3.0
"""Then one call finds out whether it answers again."""

log = structlog.get_logger(__name__)


class Breaker:
    """Opens when nothing but silence comes back. While it is open, one call in `OPEN_SECONDS` may try."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def seconds_shut(self) -> float:
        """For how long it is no use to ask; 0 when somebody may."""
        return max(0.0, self._open_until - self._clock()) if self._failures >= FAILURES_MAX else 0.0

    def enter(self) -> None:
        """Take the right to ask; OutcomeUnknown when it is shut."""
        if self._failures < FAILURES_MAX:
            return
        if self.seconds_shut() > 0:
            raise OutcomeUnknown("the payment provider does not answer, and was not asked")
        self._open_until = self._clock() + OPEN_SECONDS  # this call finds out; the others wait for it

    def answered(self) -> None:
        """Whatever the answer was, there was one."""
        self._failures = 0

    def silent(self) -> None:
        """There was none."""
        self._failures += 1
        if self._failures == FAILURES_MAX:
            log.error("payment_provider_silent", failures=self._failures)
        if self._failures >= FAILURES_MAX:
            self._open_until = self._clock() + OPEN_SECONDS


class CarefulProvider:
    """Implements `PaymentProvider` around another one."""

    def __init__(
        self, inner: PaymentProvider, *, breaker: Breaker | None = None, call_seconds_max: float = CALL_SECONDS_MAX
    ) -> None:
        self.name = inner.name
        self._inner = inner
        self._breaker = breaker or Breaker()
        self._call_seconds_max = call_seconds_max

    def seconds_shut(self) -> float:
        """For how long no new payment should be begun, because nobody would answer."""
        return self._breaker.seconds_shut()

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """As the port says."""
        return await self._ask("authorise", lambda: self._inner.authorise(ask), TRIES_OF_A_BUYER)

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """As the port says."""
        return await self._ask("lookup", lambda: self._inner.lookup(ask))

    async def capture(self, ask: PaymentAsk) -> Charge:
        """As the port says."""
        return await self._ask("capture", lambda: self._inner.capture(ask))

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """As the port says."""
        return await self._ask("void", lambda: self._inner.void(ask))

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """As the port says."""
        return await self._ask("refund", lambda: self._inner.refund(ask))

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """As the port says. A long one takes its time, and is not tried again from the middle."""
        self._breaker.enter()
        async for line in self._inner.statement(since, until):
            self._breaker.answered()
            yield line

    async def _ask(self, call: str, work: Callable[[], Awaitable[Answer]], tries: int = TRIES) -> Answer:
        started, pause = time.perf_counter(), PAUSE_SECONDS
        for left in reversed(range(tries)):
            self._breaker.enter()
            try:
                async with asyncio.timeout(self._call_seconds_max):
                    answer = await work()
            except (OutcomeUnknown, TimeoutError) as silence:
                self._breaker.silent()
                if left == 0 or self._breaker.seconds_shut() > 0:
                    self._observe(call, "unknown", started)
                    raise OutcomeUnknown(str(silence) or f"no answer in {self._call_seconds_max:.0f} s") from silence
            else:
                self._breaker.answered()
                self._observe(call, "answered", started)
                return answer
            await asyncio.sleep(random.uniform(0, pause))
            pause = min(2 * pause, PAUSE_SECONDS_MAX)
        raise AssertionError

    def _observe(self, call: str, outcome: str, started: float) -> None:
        metrics.PROVIDER_SECONDS.labels(self.name, call, outcome).observe(time.perf_counter() - started)
