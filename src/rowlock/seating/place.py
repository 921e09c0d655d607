"""Where a seat is, in words: as the map calls it, for mails and papers."""

from collections.abc import Iterable
from typing import NamedTuple

_IN_WORDS = {
    "en": "{section}, Row {row}, Seat {number}",
    "de": "{section}, Reihe {row}, Platz {number}",
    "fr": "{section}, Rang {row}, place {number}",
}


class SeatPlace(NamedTuple):
    """The name of a seat's section, its row's label and its number."""

    section: str
    row: str
    number: str

    def in_words(self, language: str) -> str:
        """What people are told, in a language of the pages (`en`, `de`, `fr`)."""
        return _IN_WORDS[language].format(section=self.section, row=self.row, number=self.number)


def seats_in_words(seats: Iterable[SeatPlace], language: str) -> str:
    """Several seats in one line."""
    return "; ".join(seat.in_words(language) for seat in seats)
