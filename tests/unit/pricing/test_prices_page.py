"""docs/prices.md: every worked example on the page is what the code reckons."""

import re
from pathlib import Path

import pytest

from rowlock.kernel.money import amount_text, minor_units
from rowlock.pricing.model import FeesBody, PriceTerms, TaxBody

PAGE = Path(__file__).parents[3] / "docs" / "prices.md"
EXAMPLES = re.findall(
    r"^\| ([A-Z]{3}) \| (\S+) \| (.*?) ?\| (.*?) ?\| (\S+) \| (\S+) \| (\S+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
)


def fees_of(words: str) -> FeesBody:
    """`2.00 + 5% at most 3.00` as terms."""
    amount = re.match(r"([0-9.]+)(?![0-9.]*%)", words)
    percent, least, most = (
        re.search(pattern, words) for pattern in (r"([0-9.]+)%", r"at least ([0-9.]+)", r"at most ([0-9.]+)")
    )
    return FeesBody(
        per_ticket=amount[1] if amount else 0,
        percent=percent[1] if percent else 0,
        percent_min=least[1] if least else 0,
        percent_max=most[1] if most else None,
    )


def tax_of(words: str) -> TaxBody | None:
    """`8.875 on top of tickets` as terms."""
    if not words:
        return None
    rate, manner = words.split(" ", 1)
    return TaxBody(rate=rate, included=manner == "included", on="tickets" if manner.endswith("of tickets") else "all")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example[:4]))
def test_the_page_reckons_like_the_code(example: tuple[str, ...]) -> None:
    currency, typed, fees, tax, *shown = example
    parts = PriceTerms.read(fees_of(fees), tax_of(tax), currency).ticket(minor_units(typed, currency))
    assert [amount_text(minor, currency) for minor in (parts.fee, parts.tax, parts.price)] == shown
