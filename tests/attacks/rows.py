"""What an attack came to."""

from typing import NamedTuple


class Row(NamedTuple):
    """One attack: how often it was tried, each way in which it got through, and how long it took."""

    attack: str
    tries: int
    through: tuple[str, ...]
    seconds: float
