"""What a ticket costs and what is in it: an organiser's terms, and the parts that every price has. Pure.

All amounts are whole minor units of the event's currency, whatever their number is (JPY 0, EUR 2, KWD 3); rates are
exact fractions. Rounding is half up on the exact amount, once for each part that is a share of another.
"""

import re
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, Self

import msgspec

from rowlock.kernel.money import minor_units

FeesTo = Literal["platform", "organiser"]
Taxed = Literal["all", "tickets", "fees"]
Amount = str | int

PERCENT_MAX = 100
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4})?")


class FeesBody(
    msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Fees on top of the tickets' own prices: an amount and a percentage of each ticket, an amount once an order.

    The percentage is never less than `percent_min` and never more than `percent_max`. A free ticket bears no fee.
    """

    per_ticket: Amount = 0
    percent: Amount = 0
    percent_min: Amount = 0
    percent_max: Amount | None = None
    per_order: Amount = 0
    to: FeesTo = "platform"


class TaxBody(
    msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The tax on tickets, fees or both. Without a `rate` (in percent) that of the venue's country.

    `included`: what the organiser typed contains the tax; otherwise it comes on top. Left out, as the country does it.
    """

    rate: Amount | None = None
    included: bool | None = None
    on: Taxed = "all"
    name: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Parts(NamedTuple):
    """An all-in price with the fee and the tax in it; what is left is the organiser's. Minor units."""

    price: int
    fee: int
    tax: int

    @property
    def net(self) -> int:
        """The price without fee and tax."""
        return self.price - self.fee - self.tax


NOTHING = Parts(0, 0, 0)


class PriceTerms(msgspec.Struct, frozen=True):
    """Checked terms: amounts in minor units, `percent` and `tax_rate` as shares of one."""

    per_ticket: int = 0
    percent: Fraction = Fraction(0)
    percent_min: int = 0
    percent_max: int | None = None
    per_order: int = 0
    fees_to: FeesTo = "platform"
    tax_rate: Fraction = Fraction(0)
    tax_included: bool = True
    taxed: Taxed = "all"

    @classmethod
    def read(cls, fees: FeesBody, tax: TaxBody | None, currency: str) -> Self:
        """The terms of these words, ValueError when a word is no amount of the currency; `tax` has its rate."""
        percent_min = _amount("fees.percentMin", fees.percent_min, currency)
        percent_max = None if fees.percent_max is None else _amount("fees.percentMax", fees.percent_max, currency)
        if percent_max is not None and percent_max < percent_min:
            raise ValueError("fees.percentMax: it is less than percentMin")
        return cls(
            per_ticket=_amount("fees.perTicket", fees.per_ticket, currency),
            percent=read_percent("fees.percent", fees.percent),
            percent_min=percent_min,
            percent_max=percent_max,
            per_order=_amount("fees.perOrder", fees.per_order, currency),
            fees_to=fees.to,
            tax_rate=Fraction(0) if tax is None else read_percent("tax.rate", tax.rate or 0),
            tax_included=tax is None or tax.included is not False,
            taxed="all" if tax is None else tax.on,
        )

    def ticket(self, base: int) -> Parts:
        """The parts of a ticket whose own price is `base`."""
        return NOTHING if base == 0 else self._taxed(base, self._ticket_fee(base))

    @property
    def order_fee(self) -> Parts:
        """The parts of what an order costs beside its tickets; its net is nobody's and 0."""
        return self._taxed(0, self.per_order)

    def _ticket_fee(self, base: int) -> int:
        if not self.percent:
            return self.per_ticket
        share = max(self.percent_min, half_up(base * self.percent))
        return self.per_ticket + (share if self.percent_max is None else min(share, self.percent_max))

    def _taxed(self, ticket: int, fee: int) -> Parts:
        """Tax is reckoned on the whole, and the fee's share of it on the fee: so neither loses a unit to rounding."""
        taxed_ticket, taxed_fee = 0 if self.taxed == "fees" else ticket, 0 if self.taxed == "tickets" else fee
        if self.tax_included:
            share = self.tax_rate / (1 + self.tax_rate)
            tax = half_up((taxed_ticket + taxed_fee) * share)
            return Parts(ticket + fee, fee - half_up(taxed_fee * share), tax)
        tax = half_up((taxed_ticket + taxed_fee) * self.tax_rate)
        return Parts(ticket + fee + tax, fee, tax)


class Discount(msgspec.Struct, frozen=True):
    """What a code takes off the all-in price of a ticket: a share of it, or an amount in minor units."""

    share: Fraction = Fraction(0)
    amount: int = 0

    def off(self, parts: Parts) -> Parts:
        """The lower price; fee and tax keep their shares of it."""
        lower = max(0, parts.price - half_up(parts.price * self.share) - self.amount)
        if lower == 0:
            return NOTHING
        tax = half_up(Fraction(parts.tax * lower, parts.price))
        return Parts(lower, half_up(Fraction((parts.tax + parts.fee) * lower, parts.price)) - tax, tax)


def half_up(exact: Fraction | int) -> int:
    """The nearest whole number; a half goes up."""
    return int((exact + Fraction(1, 2)) // 1)


def read_percent(name: str, text: Amount) -> Fraction:
    """A percentage such as `8.875` as a share of one; ValueError when it is none from 0 to 100."""
    if not _PERCENT.fullmatch(str(text)) or Fraction(str(text)) > PERCENT_MAX:
        raise ValueError(f"{name}: {text!r} is not a percentage from 0 to 100 such as 8.875")
    return Fraction(str(text)) / 100


def _amount(name: str, text: Amount, currency: str) -> int:
    try:
        return minor_units(str(text), currency)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
