"""What stands on receipts, in every language of the pages."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


@cache
def phrases(language: str) -> Mapping[str, str]:
    """The phrases of one language, by name; every language has the same names and values."""
    data = files("rowlock.money.phrases").joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])
