"""A payment provider that answers late, or not at all, and remembers every charge whatever became of its answer."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime

from tests.simulation.virtual_time import pass_time

from rowlock.payments.provider import (
    Charge,
    ChargeState,
    OutcomeUnknown,
    PaymentAsk,
    PaymentProvider,
    RefundAnswer,
    RefundAsk,
    StatementLine,
)

LOST_SHARE = 0.15
LATE_SHARE = 0.1
TAKEN_AT_ONCE_SHARE = 0.3
ANSWER_SECONDS_MAX = 0.2
LATE_SECONDS_MAX = 8.0


class Bank(PaymentProvider):
    """`tok_ok` is authorised, sometimes taken at once; any other card is declined."""

    name = "bank"

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.charges: dict[str, ChargeState] = {}
        self.amounts: dict[str, int] = {}
        self.refunds: dict[str, tuple[str, int]] = {}
        """By the refund's key: of which charge, and how much."""
        self.healthy = False
        self.away = False
        """Whether no call gets through at all."""

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """Decide once for each key; sometimes nobody hears of it, sometimes it is only done long after."""
        if not self.healthy and self._dice.random() < LATE_SHARE:
            late = self._dice.uniform(0, LATE_SECONDS_MAX)
            asyncio.get_running_loop().call_later(late, self._decide, ask)
            raise OutcomeUnknown("the bank is slow today")
        await self._answer_or_not()
        self._decide(ask)
        await self._answer_or_not()
        return self._told(ask.key)

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """What became of a charge."""
        await self._travel()
        return self._told(ask.key) if ask.key in self.charges else None

    async def capture(self, ask: PaymentAsk) -> Charge:
        """Take an authorised amount."""
        await self._answer_or_not()
        if self.charges[ask.key] == "authorised":
            self.charges[ask.key] = "captured"
        await self._answer_or_not()
        return self._told(ask.key)

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """Let an amount go that was not taken."""
        await self._answer_or_not()
        if self.charges.get(ask.key) == "authorised":
            self.charges[ask.key] = "voided"
        return self._told(ask.key) if ask.key in self.charges else None

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Once for each key."""
        await self._answer_or_not()
        self.refunds.setdefault(ask.key, (ask.payment.key, ask.amount))
        await self._answer_or_not()
        return RefundAnswer("paid", ask.key)

    async def statement(self, _since: datetime, _until: datetime) -> AsyncIterator[StatementLine]:
        """Nobody asks for one here."""
        lines: list[StatementLine] = []
        for line in lines:
            yield line

    def _decide(self, ask: PaymentAsk) -> None:
        taken: ChargeState = "captured" if self._dice.random() < TAKEN_AT_ONCE_SHARE else "authorised"
        self.charges.setdefault(ask.key, taken if ask.token == "tok_ok" else "declined")
        self.amounts[ask.key] = ask.amount

    def _told(self, key: str) -> Charge:
        return Charge(self.charges[key], reason="No." if self.charges[key] == "declined" else None)

    async def _answer_or_not(self) -> None:
        await self._travel()
        if not self.healthy and self._dice.random() < LOST_SHARE:
            raise OutcomeUnknown("no answer")

    async def _travel(self) -> None:
        await pass_time(self._dice.uniform(0, ANSWER_SECONDS_MAX))
        if self.away:
            raise OutcomeUnknown("the bank is away")
