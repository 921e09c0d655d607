"""Which seats people have selected without holding them. Pure, and forgetful: what is not repeated expires."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

EXPIRY_SECONDS = 15.0
"""A viewer repeats a selection every 10 seconds for as long as it stands."""

SEATS_TOLD_MAX = 500
"""In one message; the rest is told with the next."""


class Choice(NamedTuple):
    """One person's whole selection in one event."""

    seats: frozenset[int]
    ends_at: float


class Choices:
    """The selections in one event, by person."""

    def __init__(self) -> None:
        self._by_person: dict[str, Choice] = {}
        self._counts: Counter[int] = Counter()
        self._untold: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._by_person or self._untold)

    def has(self, person: str) -> bool:
        """Whether the person has anything selected."""
        return person in self._by_person

    def put(self, person: str, seats: Collection[int], now: float) -> None:
        """This is all the person has selected now."""
        before = self._by_person.pop(person, None)
        chosen = frozenset(seats)
        self._count(before.seats if before is not None else frozenset(), chosen)
        if chosen:
            self._by_person[person] = Choice(chosen, now + EXPIRY_SECONDS)

    def expire(self, now: float) -> None:
        """Forget what has not been repeated; selections stand in the order they were made or repeated in."""
        while self._by_person:
            person, choice = next(iter(self._by_person.items()))
            if choice.ends_at > now:
                return
            self.put(person, (), now)

    def take_untold(self) -> list[int]:
        """Seats whose number has changed since they were last taken from here."""
        seats = sorted(self._untold)[:SEATS_TOLD_MAX]
        self._untold.difference_update(seats)
        return seats

    def people(self, seats: Iterable[int]) -> list[str]:
        """Who has selected any of the seats."""
        wanted = frozenset(seats)
        return [person for person, choice in self._by_person.items() if choice.seats & wanted]

    def numbers(self, seats: Iterable[int], person: str | None = None) -> list[tuple[int, int]]:
        """How many people have each seat selected, not counting `person`."""
        mine = self._by_person.get(person or "")
        own = mine.seats if mine is not None else frozenset()
        return [(seat_no, self._counts[seat_no] - (seat_no in own)) for seat_no in seats]

    def standing(self, person: str | None = None) -> list[tuple[int, int]]:
        """All seats that others have selected, at most `SEATS_TOLD_MAX`."""
        numbers = self.numbers(sorted(self._counts), person)
        return [(seat_no, number) for seat_no, number in numbers if number][:SEATS_TOLD_MAX]

    def _count(self, before: frozenset[int], after: frozenset[int]) -> None:
        self._counts.subtract(before - after)
        self._counts.update(after - before)
        self._untold |= before ^ after
        for seat_no in before - after:
            if not self._counts[seat_no]:
                del self._counts[seat_no]
