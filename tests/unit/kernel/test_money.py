"""Money on the wire and in minor units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.kernel.money import AMOUNT_MINOR_MAX, amount_text, minor_units, money

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])


@given(st.integers(0, AMOUNT_MINOR_MAX), CURRENCIES)
def test_an_amount_survives_the_wire(minor: int, currency: str) -> None:
    assert minor_units(amount_text(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(4950, "EUR", "49.50"), (5, "EUR", "0.05"), (-4950, "EUR", "-49.50"), (500, "JPY", "500"), (1234, "KWD", "1.234")],
)
def test_each_currency_has_its_own_decimals(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency).amount == text


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "+1", " 1", "1_000", "1,50", "1e2", "1E+999999999", "1E-999999999", "NaN", "Infinity", "0.005",
     "1.", ".5", "\N{ARABIC-INDIC DIGIT FIVE}", "100000000000.01", "9" * 30, "1.0000000000000000000000000000001"],
)  # fmt: skip
def test_texts_that_are_no_price(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|more than"):
        minor_units(text, "EUR")
