"""What tickets cost: an event's price lists, with the fees and the tax in every price."""

from rowlock.pricing.model import Discount, FeesBody, Parts, PriceTerms, TaxBody
from rowlock.pricing.store import PriceList, PriceListShelf
from rowlock.pricing.terms import ListedTerms, checked_terms

__all__ = [
    "Discount",
    "FeesBody",
    "ListedTerms",
    "Parts",
    "PriceList",
    "PriceListShelf",
    "PriceTerms",
    "TaxBody",
    "checked_terms",
]
