"""Money: whole minor units with an ISO 4217 currency; a decimal string on the wire, never a float."""

import re
from decimal import Decimal

import msgspec
from babel.numbers import get_currency_precision, list_currencies

AMOUNT_MINOR_MAX = 10**13
"""Largest amount, in minor units; keeps sums of any booking far inside a bigint."""

_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
"""Short enough for decimal arithmetic to be exact; no exponents, signs, spaces or underscores."""


class Money(msgspec.Struct, frozen=True):
    """An amount on the wire: `{"amount": "49.50", "currency": "EUR"}`."""

    amount: str
    currency: str


def known_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency (upper case)."""
    return code in list_currencies()


def money(minor: int, currency: str) -> Money:
    """The wire form of `minor` minor units."""
    return Money(amount_text(minor, currency), currency)


def amount_text(minor: int, currency: str) -> str:
    """`minor` minor units as a decimal string with the currency's own number of decimals."""
    digits = get_currency_precision(currency)
    if digits == 0:
        return str(minor)
    sign, rest = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{rest // 10**digits}.{rest % 10**digits:0{digits}d}"


def minor_units(amount: str, currency: str) -> int:
    """Minor units of a decimal string; ValueError when it is no amount of that currency or below zero."""
    digits = get_currency_precision(currency)
    if not _DECIMAL.fullmatch(amount):
        raise ValueError(f"{amount!r} is not an amount of zero or more such as 49.50")
    scaled = Decimal(amount).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount!r} has more decimals than {currency} has ({digits})")
    if scaled > AMOUNT_MINOR_MAX:
        raise ValueError(f"{amount!r} is more than a price can be")
    return int(scaled)
