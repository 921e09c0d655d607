"""Our minor units and a provider's, there and back."""

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from rowlock.payments.providers.decimals import RAZORPAY, STRIPE, AmountNotTaken, Decimals


@given(st.sampled_from([STRIPE, RAZORPAY]), st.sampled_from(sorted(list_currencies())), st.integers(1, 10**10))
def test_there_and_back_is_the_same(decimals: Decimals, currency: str, amount: int) -> None:
    """Or the provider does not take it; there is no third case, in no currency."""
    try:
        theirs = decimals.theirs(amount, currency)
    except AmountNotTaken:
        return
    assert decimals.ours(theirs, currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [(4950, "EUR", 4950), (4950, "JPY", 4950), (12340, "KWD", 12340), (4950, "ISK", 495000), (4900, "MGA", 4900)],
)
def test_stripes_minor_units(amount: int, currency: str, theirs: int) -> None:
    assert STRIPE.theirs(amount, currency) == theirs


def test_amounts_that_are_not_taken() -> None:
    """The last digit of three decimals must be zero; and what is not quite ours is never ours."""
    with pytest.raises(AmountNotTaken):
        STRIPE.theirs(12345, "KWD")
    assert STRIPE.ours(495050, "ISK") == 4951
