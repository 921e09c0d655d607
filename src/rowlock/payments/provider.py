"""The port to a payment provider. Every call carries our key, and a repeat of a key is the same payment or refund."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Literal, Protocol

import msgspec

ChargeState = Literal["challenge", "authorised", "captured", "declined", "voided"]
RefundState = Literal["pending", "paid", "failed"]


class PaymentAsk(msgspec.Struct, frozen=True):
    """One payment as we ask about it, always with the same words. `amount` in minor units.

    `token` says how it is paid: what the provider's own fields gave the buyer's browser, or `redirect` for the
    provider's page, which sends the buyer back to `return_url`. `ref` is the provider's name of it, once known.
    """

    key: str
    token: str
    amount: int
    currency: str
    return_url: str = ""
    ref: str | None = None


class Charge(msgspec.Struct, frozen=True):
    """What the provider says of a payment. `challenge`: the buyer must act at `action_url` first."""

    state: ChargeState
    action_url: str | None = None
    reason: str | None = None
    card: str | None = None
    """What the provider knows the card by, whoever pays with it; the same for every payment with one card."""
    ref: str | None = None
    amount: int | None = None
    """In minor units of `currency`, as the provider has it: what differs from ours is never settled."""
    currency: str | None = None


class RefundAsk(msgspec.Struct, frozen=True):
    """Give back `amount` minor units of a captured payment."""

    key: str
    payment: PaymentAsk
    amount: int
    ref: str | None = None


class RefundAnswer(msgspec.Struct, frozen=True):
    """What the provider says of a refund."""

    state: RefundState
    ref: str | None = None
    reason: str | None = None


class StatementLine(msgspec.Struct, frozen=True):
    """One movement in the provider's books; `key` is ours, None for what did not come from us."""

    kind: Literal["charge", "refund", "dispute"]
    key: str | None
    ref: str
    amount: int
    currency: str
    at: datetime


class OutcomeUnknown(Exception):  # noqa: N818  a state of the world
    """The provider did not answer in time. It may or may not have done as we asked: ask before acting."""


class PaymentProvider(Protocol):
    """Authorise, then (seats committed) capture; or void. What was captured may be refunded in parts.

    Every call may raise OutcomeUnknown; every call may be repeated.
    """

    name: str

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """Reserve the amount on the buyer's card."""

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """What became of a payment; None when the provider never heard of it."""

    async def capture(self, ask: PaymentAsk) -> Charge:
        """Take an authorised amount; harmless when it was taken before. The charge as it stands then."""

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """Let an amount go that was not taken; harmless when there is none. The charge as it stands then."""

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Give money back. A refund that is not done at once is `pending`: repeat the call to learn more."""

    def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """Captures, refunds and disputes of that time, in no order."""


class Providers:
    """The provider that new payments go to, and those that older payments went to."""

    def __init__(
        self, current: PaymentProvider, *earlier: PaymentProvider, seconds_shut: Callable[[], float] = lambda: 0.0
    ) -> None:
        """`seconds_shut`: for how long no payment should be begun, because nobody would answer; 0 when it may."""
        self.current = current
        self.seconds_shut = seconds_shut
        self._by_name = {provider.name: provider for provider in (current, *earlier)}

    def all(self) -> tuple[PaymentProvider, ...]:
        """Every provider that this installation speaks to."""
        return tuple(self._by_name.values())

    def of(self, name: str) -> PaymentProvider:
        """The provider of a payment; OutcomeUnknown when this installation is not set up to speak to it any more."""
        provider = self._by_name.get(name)
        if provider is None:
            raise OutcomeUnknown(f"payments went to {name} before, which is not set up now")
        return provider
