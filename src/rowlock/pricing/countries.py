"""The standard rate of value-added or sales tax where an event is, as a first suggestion. Pure.

Facts as of 2026, whole countries only. Many know reduced rates for culture or sport: those an organiser has to set.
Where the rate depends on state or town (United States, Canada, Brazil) there is none here.
"""

from functools import cache
from typing import NamedTuple

from babel import Locale


class CountryTax(NamedTuple):
    """A rate in percent, what the tax is called there, and whether prices are quoted with it."""

    rate: str
    name: str
    included: bool = True


_VAT = {
    "AT": "20", "BE": "21", "BG": "20", "CH": "8.1", "CY": "19", "CZ": "21", "DE": "19", "DK": "25", "EE": "24",
    "ES": "21", "FI": "25.5", "FR": "20", "GB": "20", "GR": "24", "HR": "25", "HU": "27", "IE": "23", "IS": "24",
    "IT": "22", "KR": "10", "LT": "21", "LU": "17", "LV": "21", "MT": "18", "MX": "16", "NL": "21", "NO": "25",
    "PL": "23", "PT": "23", "RO": "21", "SA": "15", "SE": "25", "SI": "22", "SK": "23", "TR": "20", "ZA": "15",
    "AE": "5",
}  # fmt: skip
_OTHERS = {
    "AU": CountryTax("10", "GST"),
    "HK": CountryTax("0", ""),
    "IN": CountryTax("18", "GST"),
    "JP": CountryTax("10", "Consumption tax"),
    "KW": CountryTax("0", ""),
    "NZ": CountryTax("15", "GST"),
    "SG": CountryTax("9", "GST"),
}


def country_tax(country: str) -> CountryTax | None:
    """The tax of a country, given by its English name or its two letters; None where none is known here."""
    code = country.strip().upper()
    code = code if len(code) == 2 else _code_of_name().get(code, "")
    return CountryTax(_VAT[code], "VAT") if code in _VAT else _OTHERS.get(code)


@cache
def _code_of_name() -> dict[str, str]:
    names = Locale("en").territories
    return {names[code].upper(): code for code in [*_VAT, *_OTHERS]}
