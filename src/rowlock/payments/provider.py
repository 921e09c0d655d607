"""The port to a payment provider. Every call carries our key, and a repeat of a key is the same payment."""

from typing import Literal, Protocol

import msgspec

ChargeState = Literal["challenge", "authorised", "captured", "declined", "voided"]


class Charge(msgspec.Struct, frozen=True):
    """What the provider says of a payment. `challenge`: the buyer must act at `action_url` first."""

    state: ChargeState
    action_url: str | None = None
    reason: str | None = None
    card: str | None = None
    """What the provider knows the card by, whoever pays with it; the same for every payment with one card."""


class OutcomeUnknown(Exception):  # noqa: N818  a state of the world
    """The provider did not answer in time. It may or may not have authorised the payment: ask before acting."""


class PaymentProvider(Protocol):
    """Authorise, then (seats committed) capture; or void. Amounts are minor units."""

    name: str

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> Charge:
        """Reserve the amount on the buyer's card; OutcomeUnknown when no answer came."""

    async def lookup(self, key: str) -> Charge | None:
        """What became of a payment; None when the provider never heard of the key."""

    async def capture(self, key: str) -> Charge:
        """Take an authorised amount; harmless when it was taken before."""

    async def void(self, key: str) -> Charge | None:
        """Let an amount go that was not taken; harmless when there is nothing to let go."""
