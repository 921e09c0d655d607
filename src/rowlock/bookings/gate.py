"""What stands in front of every sale call: who is asking, how often, and whether it looks like a bot."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import msgspec
from starlette.requests import Request

from rowlock.bookings.model import Booking
from rowlock.bots import Attempt, EndOfHold, Guard, Trace
from rowlock.identity import Person, TokenSigner, caller
from rowlock.kernel import limits
from rowlock.platform.http.calls import Call, RawHeaders
from rowlock.platform.valkey.limiter import Limit, Limiter, Taken, quota_headers
from rowlock.platform.valkey.surge import MARK as SURGE_MARK
from rowlock.platform.valkey.surge import Surge


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How much is allowed a minute; 0 turns a limit off. Of `requests` and `attempts` people are told."""

    requests: int
    requests_surge: int
    attempts: int
    attempts_device: int = 0
    attempts_prefix: int = 0
    attempts_event: int = 0


NOTHING_TAKEN = Taken((), (), shared=False)


class Try:
    """An attempt to book that was let in. As a context: seats are tried for within, and `got` tells of a hold."""

    def __init__(self, guard: Guard | None = None, attempt: Attempt | None = None, shorter_seconds: int = 0) -> None:
        self.shorter_seconds = shorter_seconds
        """So much shorter the hold is for somebody who let many others lapse."""
        self._guard = guard
        self._attempt = attempt
        self._booking: Booking | None = None

    def got(self, booking: Booking) -> None:
        """The seats are held."""
        self._booking = booking

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        if self._guard is None or self._attempt is None:
            return
        if self._booking is None:
            self._guard.missed(self._attempt)
        else:
            self._guard.held(self._attempt, self._booking.booking_id, self._booking.expires_in or 0)


class Door(Protocol):
    """Whoever decides who may take seats of an event now."""

    def guards(self, event_id: int) -> bool:
        """Whether anybody is kept out."""

    async def let_in(self, event_id: int, person: Person, headers: RawHeaders) -> None:
        """Return when the person may take seats; else a Problem."""

    def bought(self, event_id: int, person: Person) -> None:
        """The person has bought: the next may come."""


class Wanted(NamedTuple):
    """What an attempt to book is for: so many of an event's `seat_count` seats; no `seat_nos`: the choice is ours."""

    event_id: int
    seats: int
    seat_nos: Sequence[int]
    seat_count: int


class SaleGate:
    """Lets a person through to the sale lane, or says why not. Without a guard nobody is taken for a bot.

    A `door` keeps those out who have to wait for their turn.
    """

    def __init__(
        self,
        signer: TokenSigner,
        limiter: Limiter,
        rates: Rates,
        surge: Surge,
        guard: Guard | None,
        *,
        door: Door | None = None,
    ) -> None:
        self._door = door
        self._signer = signer
        self._limiter = limiter
        self._rates = rates
        self._surge = surge
        self._guard = guard

    async def person(self, request: Request | Call) -> Person:
        """The person behind a sale call.

        Problems: `unauthenticated`, `scope_missing`, `cross_site_request`, `rate_limited`.
        """
        person = self._caller(request)
        await self._take(request, [self._requests(person)], None)
        return person

    async def payer(self, call: Call) -> Person:
        """The same for somebody who is about to pay; Problem `checkout_blocked` for whom staff are to look at first."""
        person = self._caller(call)
        trace = self._trace(call, person)
        taken = await self._take(call, [self._requests(person)], trace)
        if self._guard is not None and trace is not None:
            self._guard.check_out(trace, taken)
        return person

    async def tries_code(self, call: Call, person: Person) -> Sequence[Limit]:
        """Count a code that somebody tries, so that nobody guesses them. Problem `rate_limited`.

        Answers what `code_was_good` gives back: what a network shares is for guesses, or a presale would use it up.
        """
        trace = self._trace(call, person)
        own = Limit(f"codes:{person.subject}", limits.CODE_TRIES_PER_MINUTE, "codes")
        shared = []
        if trace is not None and trace.prefix:
            shared.append(Limit(f"codes:{trace.prefix}", limits.CODE_GUESSES_PER_MINUTE))
        await self._limiter.require(own, *shared)
        return shared

    async def code_was_good(self, shared: Sequence[Limit]) -> None:
        """The code that was tried is a good one."""
        await self._limiter.take([limit._replace(taken=-1) for limit in shared])

    def known_person(self, call: Call) -> Person:
        """The person behind an attempt to book, counted by this process alone: enough to refuse, not to sell."""
        person = self._caller(call)
        self._limiter.require_here(self._requests(person), self._attempts(person))
        return person

    async def admit(self, call: Call, person: Person, wanted: Wanted, *, pays: bool = False) -> Try:
        """Count an attempt to book among all processes, and answer what looks like a bot; `pays`: in the same call.

        Problems: `rate_limited`, `challenge_needed`, `checkout_blocked`, and those of the door.
        """
        if self._door is not None and self._door.guards(wanted.event_id):
            await self._door.let_in(wanted.event_id, person, call.headers)
        own = [self._requests(person), self._attempts(person)]
        trace = self._trace(call, person)
        if self._guard is None or trace is None:
            await self._take(call, own, None)
            return Try()
        attempt = Attempt(trace, *wanted)
        taken = await self._take(call, [*own, *self._others(attempt), *self._guard.budgets(attempt)], trace)
        if pays:
            self._guard.check_out(trace, taken)
        return Try(self._guard, attempt, await self._guard.answer(attempt, call.headers, taken))

    def ended(
        self, call: Call, person: Person, how: EndOfHold, booking_id: str, *, event_id: int = 0, seats: int = 0
    ) -> None:
        """A hold of so many seats of an event was ended by its buyer."""
        if how == "paid" and self._door is not None and self._door.guards(event_id):
            self._door.bought(event_id, person)
        trace = self._trace(call, person)
        if self._guard is not None and trace is not None:
            self._guard.ended(trace, booking_id, how, event_id, seats)

    def _caller(self, request: Request | Call) -> Person:
        headers = request.headers if isinstance(request, Call) else request.scope["headers"]
        return caller(request.method, headers, self._signer, "bookings")

    def _trace(self, call: Call, person: Person) -> Trace | None:
        return None if self._guard is None else self._guard.traces.of(person, call.peer, call.headers)

    async def _take(self, request: Request | Call, wanted: Sequence[Limit], trace: Trace | None) -> Taken:
        """Take from the limits and read what is known of a trace; the caller's quotas go with the answer."""
        if not any(limit.quota for limit in wanted):
            return NOTHING_TAKEN
        marks = self._guard.marks(trace) if self._guard is not None and trace is not None else []
        taken = await self._limiter.take(wanted, [SURGE_MARK, *marks])
        if taken.marks:
            self._surge.told(taken.marks[0])
        quotas = quota_headers([limit for limit in wanted if limit.quota], taken.room)
        if isinstance(request, Call):
            request.quotas = quotas
        else:
            request.scope["state"]["quotas"] = quotas
        return taken._replace(marks=taken.marks[1:])

    def _requests(self, person: Person) -> Limit:
        few = self._rates.requests_surge if self._surge.on else 0
        quota = min(self._rates.requests, few) if few else self._rates.requests
        return Limit(f"requests:{person.subject}", quota, "requests")

    def _attempts(self, person: Person) -> Limit:
        return Limit(f"attempts:{person.subject}", self._rates.attempts, "attempts")

    def _others(self, attempt: Attempt) -> list[Limit]:
        """What the person shares with others, and keeps quiet about itself."""
        trace, rates = attempt.trace, self._rates
        names = (
            (trace.session, rates.attempts),
            (trace.device, rates.attempts_device),
            (trace.prefix, rates.attempts_prefix),
        )
        shared = [Limit(f"attempts:{name}", quota) for name, quota in names if name]
        return [*shared, Limit(f"attempts:event:{attempt.event_id}", rates.attempts_event)]
