"""What stands in front of every sale call: who is asking, and how often."""

from starlette.requests import Request

from rowlock.identity import Person, TokenSigner, caller
from rowlock.platform.http.calls import Call
from rowlock.platform.valkey.limiter import Limit, Limiter


class SaleGate:
    """Lets a person through to the sale lane, or says why not."""

    def __init__(
        self, signer: TokenSigner, limiter: Limiter, *, requests_per_minute: int, attempts_per_minute: int
    ) -> None:
        self._signer = signer
        self._limiter = limiter
        self._requests = requests_per_minute
        self._attempts = attempts_per_minute

    async def person(self, request: "Request | Call", *, attempts_booking: bool = False) -> Person:
        """The person behind a sale call.

        Problems: `unauthenticated`, `cross_site_request`, `rate_limited` (by person: requests, booking attempts).
        """
        headers = request.headers if isinstance(request, Call) else request.scope["headers"]
        person = caller(request.method, headers, self._signer, "bookings")
        await self._limiter.require(*self._limits(person, attempts_booking=attempts_booking))
        return person

    def known_person(self, call: Call) -> Person:
        """The person behind an attempt to book, counted by this process alone: enough to refuse, not to sell."""
        person = caller(call.method, call.headers, self._signer, "bookings")
        self._limiter.require_here(*self._limits(person, attempts_booking=True))
        return person

    async def admit(self, person: Person) -> None:
        """Count an attempt to book among all processes; Problem `rate_limited`."""
        await self._limiter.require(*self._limits(person, attempts_booking=True))

    def _limits(self, person: Person, *, attempts_booking: bool) -> list[Limit]:
        limits = []
        if self._requests:
            limits.append(Limit(f"requests:{person.subject}", self._requests))
        if self._attempts and attempts_booking:
            limits.append(Limit(f"attempts:{person.subject}", self._attempts))
        return limits
