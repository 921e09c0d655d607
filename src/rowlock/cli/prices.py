"""The words for fees and tax at the command line."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import click

from rowlock.pricing.model import FeesTo, Taxed

Verb = TypeVar("Verb", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--fee-per-ticket", "fees_perTicket", metavar="AMOUNT", help="On top of each ticket's price."),
    click.option("--fee-percent", "fees_percent", metavar="PERCENT", help="Of each ticket's price, on top of it."),
    click.option("--fee-percent-min", "fees_percentMin", metavar="AMOUNT", help="What the percentage is at least."),
    click.option("--fee-percent-max", "fees_percentMax", metavar="AMOUNT", help="What the percentage is at most."),
    click.option("--fee-per-order", "fees_perOrder", metavar="AMOUNT", help="Once an order, whatever is in it."),
    click.option("--fees-to", "fees_to", type=click.Choice(get_args(FeesTo)), help="Whose they are: the platform's."),
    click.option("--tax-rate", "tax_rate", metavar="PERCENT", help="`country`: the usual rate where the venue is."),
    click.option("--tax-on", "tax_on", type=click.Choice(get_args(Taxed)), help="What the tax is on; else all."),
    click.option("--tax-name", "tax_name", help="As it stands on the receipt, e.g. VAT."),
    click.option("--tax-on-top", "tax_included", flag_value=False, help="The prices do not contain the tax."),
)
COUNTRYS_RATE = "country"


def terms_options(verb: Verb) -> Verb:
    """The options of fees and tax, to be read with `terms_of`."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def terms_of(words: Mapping[str, object]) -> dict[str, object]:
    """The options as an event body's `fees` and `tax`."""
    fees, tax = _given(words, "fees_"), _given(words, "tax_")
    if tax.get("rate") == COUNTRYS_RATE:
        del tax["rate"]
    return {"fees": fees or None, "tax": tax if words["tax_rate"] is not None else None}


def _given(words: Mapping[str, object], prefix: str) -> dict[str, object]:
    return {
        option.removeprefix(prefix): word
        for option, word in words.items()
        if option.startswith(prefix) and word is not None
    }
