"""An organiser's words about fees and tax, checked and made whole."""

from typing import Self

import msgspec

from rowlock.kernel.problems import Problem
from rowlock.pricing.countries import country_tax
from rowlock.pricing.model import FeesBody, PriceTerms, TaxBody


class ListedTerms(msgspec.Struct, frozen=True):
    """Fees and tax as a price list keeps them; the tax has its rate."""

    fees: FeesBody = FeesBody()
    tax: TaxBody | None = None

    @classmethod
    def decode(cls, text: str) -> Self:
        """The terms of a stored price list."""
        return msgspec.json.decode(text, type=cls)

    def encode(self) -> str:
        """The terms as a price list stores them."""
        return msgspec.json.encode(self).decode()

    def compiled(self, currency: str) -> PriceTerms:
        """The terms to reckon with. Problem `invalid_request` when a word is no amount of the currency."""
        try:
            return PriceTerms.read(self.fees, self.tax, currency)
        except ValueError as error:
            raise Problem("invalid_request", f"{error}.") from error


def checked_terms(fees: FeesBody, tax: TaxBody | None, currency: str, country: str) -> ListedTerms:
    """The terms of a new price list; what the tax leaves out is as in the country. Problem `invalid_request`."""
    listed = ListedTerms(fees, None if tax is None else _whole_tax(tax, country))
    listed.compiled(currency)
    return listed


def _whole_tax(tax: TaxBody, country: str) -> TaxBody:
    known = country_tax(country)
    if tax.rate is None and known is None:
        where = f"of {country}" if country else "of a venue without a country"
        raise Problem("invalid_request", f"tax.rate: the tax {where} is not known here; say its rate in percent.")
    if known is None:
        return msgspec.structs.replace(tax, included=tax.included is not False)
    return msgspec.structs.replace(
        tax,
        rate=known.rate if tax.rate is None else str(tax.rate),
        included=known.included if tax.included is None else tax.included,
        name=tax.name or known.name,
    )
