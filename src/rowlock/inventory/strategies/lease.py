"""`lease`: a seat is leased in Valkey first, so that those who come late never stand in the event's line.

A lease grants nothing and refuses nothing by itself. Who gets one goes on to the same conditional write as everybody
else; who does not is refused only when PostgreSQL, asked without a lock, says that a seat is taken. So a Valkey that is
gone, was emptied or came back with old leases costs time at worst, never a wrong sale or a wrong refusal.
"""

import uuid
from collections.abc import Sequence

from valkey.asyncio import Valkey

from rowlock.inventory import store
from rowlock.inventory.model import Hold, HoldOutcome, HoldWord
from rowlock.inventory.store import LeaseTerms
from rowlock.platform.postgres import Database
from rowlock.platform.valkey.scripts import Call, ScriptRunner, load_script

CLAIM_MS = 5_000
"""How long a lease lives until PostgreSQL has spoken; a process that dies in between slows nobody down for longer."""

_CLAIM = load_script("rowlock.inventory", "claim_leases.lua")
_KEEP = load_script("rowlock.inventory", "keep_leases.lua")


class Lease:
    """Claims leases, lets PostgreSQL decide, and keeps the leases in step with what it decided."""

    def __init__(self, database: Database, valkey: "Valkey | None", holds_max: int) -> None:
        self._database = database
        self._holds_max = holds_max
        self._leases = Leases(valkey)

    async def hold(self, commands: Sequence[Hold]) -> list[HoldOutcome]:
        """Refuse without a lock what is taken; let the rest be decided in order of arrival."""
        refusals = await self._refusals(commands)
        decided = [command for place, command in enumerate(commands) if place not in refusals]
        outcomes = await store.hold_seats(self._database, decided, self._holds_max) if decided else []
        await self._leases.keep([_terms(*pair) for pair in zip(decided, outcomes, strict=True)])
        rest = iter(outcomes)
        return [refusals[place] if place in refusals else next(rest) for place in range(len(commands))]

    async def follow(self, bookings: Sequence[uuid.UUID]) -> None:
        """Extend or give back the bookings' leases as PostgreSQL has it."""
        if not self._leases.resting:
            await self._leases.keep(await store.lease_terms(self._database, bookings))

    async def _refusals(self, commands: Sequence[Hold]) -> dict[int, HoldOutcome]:
        """Holds, by their place, that got no lease and that PostgreSQL would refuse as well."""
        claimed = await self._leases.claim(commands)
        late = [place for place, has_leases in enumerate(claimed) if not has_leases]
        if not late:
            return {}
        judgements = await store.judge_holds(self._database, [commands[place] for place in late], self._holds_max)
        return {
            place: HoldOutcome(judgement.word, conflicts=judgement.conflicts)
            for place, judgement in zip(late, judgements, strict=True)
            if judgement.word is HoldWord.SEAT_UNAVAILABLE
        }


class Leases:
    """Seats in Valkey, one key a seat: `lease:{event}:seat`, whose value is the booking that has it."""

    def __init__(self, valkey: "Valkey | None") -> None:
        self._scripts = ScriptRunner(valkey)

    @property
    def resting(self) -> bool:
        """Whether Valkey is left alone now."""
        return self._scripts.resting

    async def claim(self, commands: Sequence[Hold]) -> list[bool]:
        """Lease each command's seats, all or none, in order of arrival; without Valkey everybody has leases."""
        places = _by_event([command.event_id for command in commands])
        calls = [_claim_call([commands[place] for place in group]) for group in places]
        answers = await self._scripts.run(_CLAIM, calls)
        claimed = [True] * len(commands)
        for group, granted in zip(places, answers or (), strict=answers is not None):
            for place, answer in zip(group, granted, strict=True):
                claimed[place] = bool(answer)
        return claimed

    async def keep(self, terms: Sequence[LeaseTerms]) -> None:
        """Let the bookings' leases live as long as their terms say. A lost call is healed by the leases' end."""
        groups = _by_event([one.event_id for one in terms])
        if groups:
            await self._scripts.run(_KEEP, [_keep_call([terms[place] for place in group]) for group in groups])


def _terms(command: Hold, outcome: HoldOutcome) -> LeaseTerms:
    """A held seat is leased to the hold's end, any other claim is given back; so is a replay's, which is rare."""
    seconds = 0.0
    if outcome.word is HoldWord.HELD:
        assert outcome.expires_at is not None
        assert outcome.held_at is not None
        seconds = (outcome.expires_at - outcome.held_at).total_seconds()
    return LeaseTerms(command.booking_id, command.event_id, command.seat_nos, seconds)


def _claim_call(commands: Sequence[Hold]) -> Call:
    arguments = [str(CLAIM_MS)]
    for command in commands:
        arguments += (str(command.booking_id), str(len(command.seat_nos)))
    return Call(_keys(commands), arguments)


def _keep_call(terms: Sequence[LeaseTerms]) -> Call:
    arguments: list[str] = []
    for one in terms:
        arguments += (str(one.booking_id), str(len(one.seat_nos)), str(int(one.seconds * 1000)))
    return Call(_keys(terms), arguments)


def _keys(bookings: Sequence[Hold] | Sequence[LeaseTerms]) -> list[str]:
    return [lease_key(booking.event_id, seat_no) for booking in bookings for seat_no in booking.seat_nos]


def lease_key(event_id: int, seat_no: int) -> str:
    """Where a seat's lease is kept; the braces put all seats of an event into one slot of a cluster."""
    return f"lease:{{{event_id}}}:{seat_no}"


def _by_event(event_ids: Sequence[int]) -> list[list[int]]:
    """The places of each event's commands: an event's keys lie in one slot of a cluster, those of two may not."""
    places: dict[int, list[int]] = {}
    for place, event_id in enumerate(event_ids):
        places.setdefault(event_id, []).append(place)
    return list(places.values())
