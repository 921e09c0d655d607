"""What a code does to the prices of a hold. Pure; whether it may be used at all is for the database to say."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec

from rowlock.pricing.model import Discount, Parts

CodeKind = Literal["percent", "amount", "access"]


class Unsuited(StrEnum):
    """Why a code that is good does nothing for a hold."""

    CURRENCY = "currency"
    TIERS = "tiers"
    SEATS_MIN = "seats_min"


class Code(msgspec.Struct, frozen=True):
    """A code as it bears on one hold. `percent` and `amount` (minor units) are off each ticket of its `tiers`."""

    id: uuid.UUID
    code: str
    kind: CodeKind
    percent: Decimal | None
    amount: int | None
    currency: str | None
    tiers: tuple[str, ...] | None
    seats_min: int

    def unsuited(self, tiers: Sequence[str], currency: str) -> Unsuited | None:
        """Why it does nothing for tickets of these tiers, if so."""
        if self.currency not in (None, currency):
            return Unsuited.CURRENCY
        suited = sum(self._is_for(tier) for tier in tiers)
        if not suited:
            return Unsuited.TIERS
        return Unsuited.SEATS_MIN if suited < self.seats_min else None

    def off(self, tickets: Sequence[tuple[str, Parts]], order_fee: int) -> "Lowered":
        """The lower prices of tickets of these tiers. Where nothing is left to pay for them, there is no order fee."""
        share = Fraction(0) if self.percent is None else Fraction(self.percent) / 100
        discount = Discount(share, self.amount or 0)
        lower = tuple(discount.off(parts) if self._is_for(tier) else parts for tier, parts in tickets)
        return Lowered(lower, order_fee if any(parts.price for parts in lower) else 0)

    def _is_for(self, tier: str) -> bool:
        return self.tiers is None or tier in self.tiers


class Lowered(NamedTuple):
    """What tickets cost with a code, and the order fee with them."""

    tickets: tuple[Parts, ...]
    order_fee: int


def written(code: str) -> str:
    """A code as it is kept: case and surrounding blanks do not matter."""
    return code.strip().upper()
