"""The built-in payment provider, for demos and tests: it has its own books and the habits of a real one.

Tokens: `tok_ok` authorises, `tok_declined` declines, `tok_3ds` wants the buyer to approve on a page of ours,
`tok_timeout` authorises but its answer gets lost.
"""

from typing import NamedTuple

from rowlock.payments.provider import Charge, ChargeState, OutcomeUnknown
from rowlock.platform.postgres import Database, load_queries

SQL = load_queries("rowlock.payments")

CHALLENGE_PATH = "/pay/challenge/"


class TestCard(NamedTuple):
    """How the provider treats one token."""

    state: ChargeState
    reason: str = "The card was declined."
    answer_lost: bool = False


TEST_CARDS = {
    "tok_ok": TestCard("authorised"),
    "tok_declined": TestCard("declined"),
    "tok_3ds": TestCard("challenge", reason="The bank was not given your approval."),
    "tok_timeout": TestCard("authorised", answer_lost=True),
}
_UNKNOWN_CARD = TestCard("declined", reason="The card is not known.")


class MockProvider:
    """Implements `PaymentProvider` on a table of its own."""

    name = "mock"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> Charge:
        """Decide by the token; an unknown token is declined like an unknown card."""
        card = TEST_CARDS.get(token, _UNKNOWN_CARD)
        await self._database.cold.execute(SQL["mock_authorise"], key, token, amount, currency, card.state)
        if card.answer_lost:
            raise OutcomeUnknown("the provider did not answer in time")
        charge = await self.lookup(key)
        assert charge is not None
        return charge

    async def lookup(self, key: str) -> Charge | None:
        """What the books say."""
        row = await self._database.fetchrow(SQL["mock_find"], key)
        if row is None:
            return None
        state: ChargeState = row["state"]
        reason = TEST_CARDS.get(row["token"], _UNKNOWN_CARD).reason
        return Charge(
            state,
            action_url=CHALLENGE_PATH + key if state == "challenge" else None,
            reason=reason if state == "declined" else None,
        )

    async def capture(self, key: str) -> Charge:
        """Authorised becomes captured."""
        await self._move(key, "captured", "authorised")
        charge = await self.lookup(key)
        assert charge is not None
        return charge

    async def void(self, key: str) -> Charge | None:
        """Whatever is not captured yet is let go."""
        await self._move(key, "voided", "authorised", "challenge")
        return await self.lookup(key)

    async def answer_challenge(self, key: str, *, approved: bool) -> None:
        """The buyer's word on the challenge page; a second word changes nothing."""
        await self._move(key, "authorised" if approved else "declined", "challenge")

    async def _move(self, key: str, to: ChargeState, *from_states: ChargeState) -> None:
        await self._database.cold.fetchval(SQL["mock_move"], key, to, list(from_states))
