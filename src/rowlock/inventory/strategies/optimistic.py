"""`optimistic`: read the seats without a lock, decide, then write on the condition that nobody touched them since.

A refusal comes from the read and is true: at one moment between the request and its answer a seat was somebody else's.
What the read promises is not; when the write finds a seat changed, the hold is read and decided again.
"""

import uuid
from collections.abc import Sequence

from rowlock.inventory import store
from rowlock.inventory.model import Hold, HoldOutcome, HoldWord
from rowlock.platform.postgres import Database

ATTEMPTS_MAX = 4
"""Lost races of one hold before it stands in the event's line: nobody is refused for having lost races."""


class Optimistic:
    """Those who would be refused never wait for the event's lock; the others hold it for the write alone."""

    def __init__(self, database: Database, holds_max: int) -> None:
        self._database = database
        self._holds_max = holds_max

    async def hold(self, commands: Sequence[Hold]) -> list[HoldOutcome]:
        """Carry out holds; among those of one flush that want the same seat the first goes first."""
        outcomes: dict[int, HoldOutcome] = {}
        for _ in range(ATTEMPTS_MAX):
            undecided = [place for place in range(len(commands)) if place not in outcomes]
            if undecided:
                outcomes.update(await self._attempt(commands, undecided))
        undecided = [place for place in range(len(commands)) if place not in outcomes]
        if undecided:
            waited = [commands[place] for place in undecided]
            found = await store.hold_seats(self._database, waited, self._holds_max)
            outcomes.update(zip(undecided, found, strict=True))
        return [outcomes[place] for place in range(len(commands))]

    async def follow(self, bookings: Sequence[uuid.UUID]) -> None:
        """Nothing is kept beside PostgreSQL."""

    async def _attempt(self, commands: Sequence[Hold], undecided: Sequence[int]) -> dict[int, HoldOutcome]:
        """Read once and write once; the outcomes of those that this decided, by their place."""
        judgements = await store.judge_holds(self._database, [commands[place] for place in undecided], self._holds_max)
        outcomes: dict[int, HoldOutcome] = {}
        promising: list[int] = []
        versions: list[int] = []
        wanted: set[tuple[int, int]] = set()
        for place, judgement in zip(undecided, judgements, strict=True):
            command = commands[place]
            seats = {(command.event_id, seat_no) for seat_no in command.seat_nos}
            if judgement.word is HoldWord.SEAT_UNAVAILABLE:
                outcomes[place] = HoldOutcome(judgement.word, conflicts=judgement.conflicts)
            elif wanted.isdisjoint(seats):
                wanted |= seats
                promising.append(place)
                versions += judgement.versions
        if not promising:
            return outcomes
        written = await store.hold_unchanged_seats(
            self._database, [commands[place] for place in promising], self._holds_max, versions
        )
        decided = zip(promising, written, strict=True)
        return outcomes | {place: outcome for place, outcome in decided if outcome is not None}
