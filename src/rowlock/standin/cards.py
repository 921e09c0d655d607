"""The cards that the stand-in knows, by the last digits of their numbers: it takes no whole number from anybody.

Where Stripe has a test card for a case, its method and its last digits are the same.
"""

import hashlib
from typing import Literal, NamedTuple

Trouble = Literal["error", "hang", "slow"]
"""What becomes of an answer: it says 500, it never comes, or it takes `SLOW_SECONDS`. The work is done all the same."""
RefundHabit = Literal["paid", "pending", "failed"]
SLOW_SECONDS = 2.0


class Card(NamedTuple):
    """A card and what its bank does."""

    number: str
    method: str
    """Stripe's id of the payment method."""
    does: str
    """What the payment page says of it."""
    declined: str | None = None
    """The bank's reason in Stripe's words, None when it pays."""
    challenge: bool = False
    trouble: Trouble | None = None
    disputed: bool = False
    refunds: RefundHabit = "paid"

    @property
    def fingerprint(self) -> str:
        """The same for every payment with the card, and nothing of its number can be told from it."""
        return hashlib.sha256(self.number.encode()).hexdigest()[:16]

    @property
    def last4(self) -> str:
        """The digits that a receipt shows."""
        return self.number[:4]


CARDS = (
    Card("4242", "pm_card_visa", "pays"),
    Card("0002", "pm_card_visa_chargeDeclined", "is declined", declined="generic_decline"),
    Card("9995", "pm_card_visa_chargeDeclinedInsufficientFunds", "has too little money on it",
         declined="insufficient_funds"),
    Card("3184", "pm_card_authenticationRequired", "asks for 3-D Secure", challenge=True),
    Card("0259", "pm_card_createDispute", "pays, then its holder disputes it", disputed=True),
    Card("7726", "pm_card_pendingRefund", "pays; refunds take their time", refunds="pending"),
    Card("5126", "pm_card_refundFail", "pays; refunds fail", refunds="failed"),
    Card("0408", "pm_card_standin_timeout", "pays, but the answer never comes", trouble="hang"),
    Card("0200", "pm_card_standin_slow", "pays after two seconds", trouble="slow"),
    Card("0500", "pm_card_standin_error", "pays, but the answer is an error", trouble="error"),
)  # fmt: skip

DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "We are unable to authenticate your payment method.",
}

_BY_METHOD = {card.method: card for card in CARDS}
_BY_NUMBER = {card.number: card for card in CARDS}


def card_of_method(method: str) -> Card | None:
    """The card behind a payment method of Stripe's; what follows a `#` makes it somebody else's card of that kind."""
    kind, mark, _ = method.partition("#")
    card = _BY_METHOD.get(kind)
    return card._replace(number=card.number + method[len(kind) :], method=method) if card and mark else card


def card_of_number(number: str) -> Card | None:
    """The card of this number, as the payment pages send it."""
    return _BY_NUMBER.get(number)
