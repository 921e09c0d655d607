"""Every price falls into net, fee and tax without a unit lost or made up, in every currency and by every rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.kernel.money import AMOUNT_MINOR_MAX
from rowlock.pricing.model import Discount, FeesBody, Parts, PriceTerms, TaxBody, half_up

AMOUNTS = st.integers(0, 10**7) | st.integers(0, AMOUNT_MINOR_MAX)
SHARES = st.integers(0, 1_000_000).map(lambda millionths: Fraction(millionths, 1_000_000))
TERMS = st.builds(
    PriceTerms,
    per_ticket=AMOUNTS,
    percent=SHARES,
    percent_min=st.integers(0, 500),
    percent_max=st.none() | st.integers(500, 10_000),
    per_order=AMOUNTS,
    tax_rate=SHARES,
    tax_included=st.booleans(),
    taxed=st.sampled_from(["all", "tickets", "fees"]),
)
DISCOUNTS = st.builds(Discount, share=SHARES) | st.builds(Discount, amount=AMOUNTS)


@given(TERMS, AMOUNTS)
def test_no_part_of_a_ticket_is_negative_and_the_typed_price_is_in_it(terms: PriceTerms, base: int) -> None:
    parts = terms.ticket(base)
    assert min(parts.net, parts.fee, parts.tax) >= 0
    assert parts.net + parts.fee + parts.tax == parts.price >= base


@given(TERMS)
def test_an_order_fee_is_fee_and_tax_alone(terms: PriceTerms) -> None:
    parts = terms.order_fee
    assert parts.net == 0
    assert min(parts) >= 0


@given(AMOUNTS, AMOUNTS, SHARES)
def test_a_tax_on_top_reads_back_as_one_that_is_included(base: int, fee: int, rate: Fraction) -> None:
    """What comes out of exclusive terms holds the same tax when it is taken for inclusive, but for rounding."""
    on_top = PriceTerms(per_ticket=fee, tax_rate=rate, tax_included=False).ticket(base)
    within = PriceTerms(tax_rate=rate, tax_included=True).ticket(on_top.price)
    assert abs(on_top.tax - within.tax) <= 1


@given(AMOUNTS, SHARES)
def test_an_included_tax_changes_no_price(base: int, rate: Fraction) -> None:
    assert PriceTerms(tax_rate=rate).ticket(base).price == base


@given(TERMS, AMOUNTS, DISCOUNTS)
def test_a_lower_price_falls_into_lower_parts(terms: PriceTerms, base: int, discount: Discount) -> None:
    full = terms.ticket(base)
    lower = discount.off(full)
    assert min(lower.net, lower.fee, lower.tax) >= 0
    assert lower.price <= full.price
    assert lower.tax <= full.tax


@given(TERMS, st.lists(AMOUNTS, min_size=1, max_size=8), st.data())
def test_parts_of_an_order_do_not_depend_on_its_order(terms: PriceTerms, bases: list[int], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(bases))
    assert _sums(terms, bases) == _sums(terms, mixed)


def _sums(terms: PriceTerms, bases: list[int]) -> Parts:
    return Parts(*(sum(part) for part in zip(*(terms.ticket(base) for base in bases), strict=True)))


@given(TERMS, AMOUNTS)
def test_all_of_a_price_off_leaves_nothing(terms: PriceTerms, base: int) -> None:
    assert Discount(share=Fraction(1)).off(terms.ticket(base)) == Parts(0, 0, 0)


@pytest.mark.parametrize(
    ("currency", "fees", "tax", "base", "parts"),
    [
        # 49.50 with 19 % in it: 7.90 of 49.50
        ("EUR", FeesBody(), TaxBody(rate="19"), 4950, Parts(4950, 0, 790)),
        # 40.00 and a fee of 2.00 + 5 %, all with 20 % in it
        ("GBP", FeesBody(per_ticket="2.00", percent="5"), TaxBody(rate="20"), 4000, Parts(4400, 333, 733)),
        # 65.00 + 8.00, and 8.875 % on the ticket alone on top
        (
            "USD",
            FeesBody(per_ticket="8.00"),
            TaxBody(rate="8.875", included=False, on="tickets"),
            6500,
            Parts(7877, 800, 577),
        ),
        # yen have no minor units: 10 % of 8,805 is 880.5
        ("JPY", FeesBody(), TaxBody(rate="10", included=False), 8805, Parts(9686, 0, 881)),
        # a dinar has a thousand fils; 12.5 % of 1.234 is 0.15425, at least 0.250
        ("KWD", FeesBody(percent="12.5", percent_min="0.250"), None, 1234, Parts(1484, 250, 0)),
        # at most 3.00
        ("EUR", FeesBody(percent="10", percent_max="3.00"), None, 9500, Parts(9800, 300, 0)),
        # who pays nothing pays no fee either
        ("EUR", FeesBody(per_ticket="2.00"), TaxBody(rate="19"), 0, Parts(0, 0, 0)),
    ],
)
def test_worked_examples(currency: str, fees: FeesBody, tax: TaxBody | None, base: int, parts: Parts) -> None:
    assert PriceTerms.read(fees, tax, currency).ticket(base) == parts


def test_halves_go_up() -> None:
    assert [half_up(Fraction(n, 2)) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("fees", "tax", "word"),
    [
        (FeesBody(per_ticket="0.005"), None, "fees.perTicket"),
        (FeesBody(percent="101"), None, "fees.percent"),
        (FeesBody(percent="-1"), None, "fees.percent"),
        (FeesBody(percent="1e1"), None, "fees.percent"),
        (FeesBody(percent="5", percent_min="2", percent_max="1"), None, "fees.percentMax"),
        (FeesBody(per_order="x"), None, "fees.perOrder"),
        (FeesBody(), TaxBody(rate="19.12345"), "tax.rate"),
    ],
)
def test_words_that_are_no_terms_are_named(fees: FeesBody, tax: TaxBody | None, word: str) -> None:
    with pytest.raises(ValueError, match=word.replace(".", r"\.")):
        PriceTerms.read(fees, tax, "EUR")


@pytest.mark.parametrize(
    ("discount", "parts"),
    [
        (Discount(share=Fraction(1, 4)), Parts(3300, 252, 527)),
        (Discount(amount=1000), Parts(3400, 260, 543)),
        (Discount(amount=4400), Parts(0, 0, 0)),
        (Discount(amount=9999), Parts(0, 0, 0)),
        (Discount(share=Fraction(1, 3)), Parts(2933, 224, 469)),
    ],
)
def test_fee_and_tax_keep_their_shares_of_a_lower_price(discount: Discount, parts: Parts) -> None:
    assert discount.off(Parts(4400, 336, 703)) == parts
