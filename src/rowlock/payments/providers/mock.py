"""The built-in payment provider, for demos and tests: it has its own books and the habits of a real one.

Tokens: `tok_ok` authorises, `tok_declined` declines, `tok_3ds` wants the buyer to approve on a page of ours,
`tok_timeout` authorises but its answer gets lost, `tok_slow` authorises after two seconds. What follows a `#` is the
card: `tok_ok#card-4242`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from rowlock.payments.provider import (
    Charge,
    ChargeState,
    OutcomeUnknown,
    PaymentAsk,
    RefundAnswer,
    RefundAsk,
    StatementLine,
)
from rowlock.payments.store import SQL
from rowlock.platform.batching import Gatherer
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import rerun

CHALLENGE_PATH = "/pay/challenge/"


class TestCard(NamedTuple):
    """How the provider treats one token."""

    state: ChargeState
    reason: str = "The card was declined."
    answer_lost: bool = False
    seconds: float = 0.0


TEST_CARDS = {
    "tok_ok": TestCard("authorised"),
    "tok_declined": TestCard("declined"),
    "tok_3ds": TestCard("challenge", reason="The bank was not given your approval."),
    "tok_timeout": TestCard("authorised", answer_lost=True),
    "tok_slow": TestCard("authorised", seconds=2.0),
}
_UNKNOWN_CARD = TestCard("declined", reason="The card is not known.")


class _Asked(NamedTuple):
    key: str
    token: str
    amount: int
    currency: str
    state: ChargeState


class _Move(NamedTuple):
    key: str
    to: ChargeState
    earlier: str


class MockProvider:
    """Implements `PaymentProvider` on a table of its own."""

    name = "mock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asks = Gatherer("mock_authorise", self._authorise_all, lambda ask: ask.key)
        self._moves = Gatherer("mock_move", self._move_all, lambda move: move.key)

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """Decide by the token; an unknown token is declined like an unknown card."""
        card = TEST_CARDS.get(_kind(ask.token), _UNKNOWN_CARD)
        if card.seconds:
            await asyncio.sleep(card.seconds)
        charge = await self._asks.ask(_Asked(ask.key, ask.token, ask.amount, ask.currency, card.state))
        if card.answer_lost or charge is None:
            raise OutcomeUnknown("the provider did not answer in time")
        return charge

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """What the books say."""
        charges = await self._charges("mock_find", [ask.key])
        return charges.get(ask.key)

    async def capture(self, ask: PaymentAsk) -> Charge:
        """Authorised becomes captured."""
        charge = await self._moves.ask(_Move(ask.key, "captured", "authorised"))
        assert charge is not None
        return charge

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """Whatever is not captured yet is let go."""
        return await self._moves.ask(_Move(ask.key, "voided", "authorised,challenge"))

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Paid at once; never more than was captured."""
        payment = ask.payment
        row = await rerun(
            lambda: self._database.cold.fetchrow(SQL["mock_refund"], ask.key, payment.key, ask.amount, payment.currency)
        )
        if row is None:
            return RefundAnswer("failed", reason="There is not so much to give back.")
        return RefundAnswer("paid", ref=ask.key)

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """What was captured and refunded."""
        for row in await self._database.report(SQL["mock_statement"], since, until):
            yield StatementLine(row["kind"], row["key"], row["key"], row["amount"], row["currency"], row["at"])

    async def answer_challenge(self, key: str, *, approved: bool) -> None:
        """The buyer's word on the challenge page; a second word changes nothing."""
        await self._moves.ask(_Move(key, "authorised" if approved else "declined", "challenge"))

    async def _authorise_all(self, asks: Sequence[_Asked]) -> list[Charge | None]:
        charges = await self._charges("mock_authorise", *map(list, zip(*asks, strict=True)))
        return [charges.get(ask.key) for ask in asks]

    async def _move_all(self, moves: Sequence[_Move]) -> list[Charge | None]:
        charges = await self._charges("mock_move", *map(list, zip(*sorted(moves), strict=True)))
        return [charges.get(move.key) for move in moves]

    async def _charges(self, query: str, *columns: object) -> dict[str, Charge]:
        rows = await rerun(lambda: self._database.hot.fetch(SQL[query], *columns))
        return {row["provider_key"]: _charge(row) for row in rows}


def _charge(row: asyncpg.Record) -> Charge:
    key, state = row["provider_key"], row["state"]
    reason = TEST_CARDS.get(_kind(row["token"]), _UNKNOWN_CARD).reason
    return Charge(
        state,
        action_url=CHALLENGE_PATH + key if state == "challenge" else None,
        reason=reason if state == "declined" else None,
        card=row["token"].partition("#")[2] or None,
        amount=row["amount"],
        currency=row["currency"],
    )


def _kind(token: str) -> str:
    """How a token is treated, whichever card it stands for."""
    return token.partition("#")[0]
