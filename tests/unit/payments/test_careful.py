"""Asking a provider with care: in time, again, and not at all while it is silent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from rowlock.payments import Charge, OutcomeUnknown, PaymentAsk
from rowlock.payments.provider import RefundAnswer, RefundAsk, StatementLine
from rowlock.payments.providers.careful import (
    FAILURES_MAX,
    OPEN_SECONDS,
    TRIES,
    TRIES_OF_A_BUYER,
    Breaker,
    CarefulProvider,
)

ASK = PaymentAsk("key", "token", 100, "EUR")


class Moody:
    """A provider that answers, says nothing, or hangs, as it is told for each of its next calls."""

    name = "moody"

    def __init__(self, *moods: str) -> None:
        self.moods = list(moods)
        self.calls = 0

    async def authorise(self, ask: PaymentAsk) -> Charge:
        return await self._answer(ask)

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        return await self._answer(ask)

    async def capture(self, ask: PaymentAsk) -> Charge:
        return await self._answer(ask)

    async def void(self, ask: PaymentAsk) -> Charge | None:
        return await self._answer(ask)

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        await self._answer(ask.payment)
        return RefundAnswer("paid")

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        await self._answer(ASK)
        assert since < until
        yield StatementLine("charge", "key", "ref", 100, "EUR", since)

    async def _answer(self, ask: PaymentAsk) -> Charge:
        self.calls += 1
        mood = self.moods.pop(0) if self.moods else "answers"
        if mood == "hangs":
            await asyncio.Event().wait()
        if mood == "silent":
            raise OutcomeUnknown("no answer")
        return Charge("captured", ref=ask.key)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_silence_is_asked_again_and_an_answer_is_told() -> None:
    inner = Moody("silent", "hangs")
    provider = CarefulProvider(inner, call_seconds_max=0.05)
    assert (await provider.capture(ASK)).state == "captured"
    assert inner.calls == 3


@pytest.mark.parametrize(("call", "tries"), [("authorise", TRIES_OF_A_BUYER), ("lookup", TRIES)])
async def test_no_call_is_repeated_for_ever(call: str, tries: int) -> None:
    """A buyer waits for fewer tries than a worker."""
    inner = Moody(*["silent"] * 9)
    with pytest.raises(OutcomeUnknown):
        await getattr(CarefulProvider(inner), call)(ASK)
    assert inner.calls == tries


async def test_after_much_silence_nobody_is_asked_until_one_call_finds_out() -> None:
    """Open at once, half open after its time for a single call, closed by an answer."""
    clock, inner = Clock(), Moody(*["silent"] * FAILURES_MAX)
    provider = CarefulProvider(inner, breaker=Breaker(clock))
    while provider.seconds_shut() == 0:
        with pytest.raises(OutcomeUnknown):
            await provider.lookup(ASK)
    assert inner.calls == FAILURES_MAX
    with pytest.raises(OutcomeUnknown, match="was not asked"):
        await provider.authorise(ASK)
    assert inner.calls == FAILURES_MAX

    clock.now += OPEN_SECONDS
    assert provider.seconds_shut() == 0
    inner.moods = ["silent"]
    with pytest.raises(OutcomeUnknown):
        await provider.lookup(ASK)
    assert inner.calls == FAILURES_MAX + 1, "one call finds out, and is not repeated"

    clock.now += OPEN_SECONDS
    assert (await provider.authorise(ASK)).state == "captured"
    assert provider.seconds_shut() == 0
    assert (await provider.refund(RefundAsk("refund", ASK, 1))).state == "paid"


async def test_only_one_call_finds_out() -> None:
    """While it is at it the others are told at once."""
    clock, inner = Clock(), Moody(*["silent"] * FAILURES_MAX, "hangs")
    provider = CarefulProvider(inner, breaker=Breaker(clock), call_seconds_max=0.2)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            await provider.lookup(ASK)
    clock.now += OPEN_SECONDS
    outcomes = await asyncio.gather(*(provider.lookup(ASK) for _ in range(5)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes].count("the payment provider does not answer, and was not asked") == 4
    assert inner.calls == FAILURES_MAX + 1
