"""A payment provider that answers late, or not at all, and remembers every charge whatever became of its answer."""

import asyncio
import random

from tests.simulation.virtual_time import pass_time

from rowlock.payments.provider import Charge, ChargeState, OutcomeUnknown

LOST_SHARE = 0.15
LATE_SHARE = 0.1
ANSWER_SECONDS_MAX = 0.2
LATE_SECONDS_MAX = 8.0


class Bank:
    """Implements `PaymentProvider`. `tok_ok` is authorised, any other card declined."""

    name = "bank"

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.charges: dict[str, ChargeState] = {}
        self.healthy = False

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> Charge:  # noqa: ARG002  the port's
        """Decide once for each key; sometimes nobody hears of it, sometimes it is only done long after."""
        if not self.healthy and self._dice.random() < LATE_SHARE:
            late = self._dice.uniform(0, LATE_SECONDS_MAX)
            asyncio.get_running_loop().call_later(late, self._decide, key, token)
            raise OutcomeUnknown("the bank is slow today")
        await self._answer_or_not()
        self._decide(key, token)
        await self._answer_or_not()
        return self._told(key)

    async def lookup(self, key: str) -> Charge | None:
        """What became of a charge."""
        await self._travel()
        return self._told(key) if key in self.charges else None

    async def capture(self, key: str) -> Charge:
        """Take an authorised amount."""
        await self._travel()
        if self.charges[key] == "authorised":
            self.charges[key] = "captured"
        return self._told(key)

    async def void(self, key: str) -> Charge | None:
        """Let an amount go that was not taken."""
        await self._travel()
        if self.charges.get(key) == "authorised":
            self.charges[key] = "voided"
        return self._told(key) if key in self.charges else None

    def _decide(self, key: str, token: str) -> None:
        self.charges.setdefault(key, "authorised" if token == "tok_ok" else "declined")

    def _told(self, key: str) -> Charge:
        return Charge(self.charges[key], reason="No." if self.charges[key] == "declined" else None)

    async def _answer_or_not(self) -> None:
        await self._travel()
        if not self.healthy and self._dice.random() < LOST_SHARE:
            raise OutcomeUnknown("no answer")

    async def _travel(self) -> None:
        await pass_time(self._dice.uniform(0, ANSWER_SECONDS_MAX))
