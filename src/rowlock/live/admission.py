"""Who may open a stream: how many at once, from where, by whom, and from pages of which sites."""

from collections import Counter
from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from rowlock.kernel.problems import Problem

RETRY_AFTER_SECONDS = 5


class StreamLimits(msgspec.Struct, frozen=True):
    """Connections at once; 0 turns a limit off."""

    in_all: int
    per_address: int
    per_person: int


class Admission:
    """Counts the connections of this process and refuses those past a limit."""

    def __init__(self, limits: StreamLimits, origins: Collection[str] = ()) -> None:
        self._limits = limits
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins if origin)
        self._in_all = 0
        self._by_address: Counter[str] = Counter()
        self._by_person: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._in_all

    def admit(self, address: str, person: str | None) -> None:
        """Count a connection, or raise Problem `too_many_connections`; `leave` must follow."""
        limits = self._limits
        if 0 < limits.in_all <= self._in_all:
            raise _too_many("This gateway has all the viewers it takes.")
        if 0 < limits.per_address <= self._by_address[address]:
            raise _too_many(f"Your address has {limits.per_address} streams open already.")
        if person is not None and 0 < limits.per_person <= self._by_person[person]:
            raise _too_many(f"You have {limits.per_person} streams open already.")
        self._in_all += 1
        self._by_address[address] += 1
        if person is not None:
            self._by_person[person] += 1

    def leave(self, address: str, person: str | None) -> None:
        """The connection is gone."""
        self._in_all -= 1
        _uncount(self._by_address, address)
        if person is not None:
            _uncount(self._by_person, person)

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Raise Problem `origin_not_allowed` unless the page is of this very host or of a site that is listed.

        Programs that are no browsers send no origin.
        """
        if origin is None or "*" in self._origins or origin.lower() in self._origins:
            return
        if host is None or urlsplit(origin).netloc.lower() != host.lower():
            raise Problem("origin_not_allowed", f"Pages of {origin[:100]} may not open streams here.")


def _uncount(counter: "Counter[str]", key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _too_many(detail: str) -> Problem:
    return Problem("too_many_connections", detail, retryAfter=RETRY_AFTER_SECONDS)
