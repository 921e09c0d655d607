"""What an organiser leaves out of a tax is as in the venue's country."""

import pytest

from rowlock.kernel.problems import Problem
from rowlock.pricing import FeesBody, TaxBody, checked_terms
from rowlock.pricing.countries import country_tax


@pytest.mark.parametrize(
    ("country", "rate"), [("Germany", "19"), ("de", "19"), (" Japan ", "10"), ("United Kingdom", "20"), ("KW", "0")]
)
def test_a_country_goes_by_its_name_or_two_letters(country: str, rate: str) -> None:
    found = country_tax(country)
    assert found is not None
    assert found.rate == rate


@pytest.mark.parametrize("country", ["United States", "US", "", "Atlantis", "ZZ"])
def test_where_no_one_rate_holds_none_is_guessed(country: str) -> None:
    assert country_tax(country) is None
    with pytest.raises(Problem, match=r"tax\.rate"):
        checked_terms(FeesBody(), TaxBody(), "USD", country)


def test_the_country_fills_in_what_is_left_out() -> None:
    assert checked_terms(FeesBody(), TaxBody(), "EUR", "France").tax == TaxBody(rate="20", included=True, name="VAT")


def test_the_organiser_overrides_the_country() -> None:
    own = TaxBody(rate="7", included=False, on="tickets", name="Reduced VAT")
    assert checked_terms(FeesBody(), own, "EUR", "Germany").tax == own


def test_a_rate_of_ones_own_needs_no_country() -> None:
    terms = checked_terms(FeesBody(), TaxBody(rate="8.875", included=False), "USD", "United States")
    assert terms.tax == TaxBody(rate="8.875", included=False)
    assert not terms.compiled("USD").tax_included
