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
        person = caller(request.method, headers, self._signer)
        limits = []
        if self._requests:
            limits.append(Limit(f"requests:{person.subject}", self._requests))
        if self._attempts and attempts_booking:
            limits.append(Limit(f"attempts:{person.subject}", self._attempts))
        if limits:
            await self._limiter.require(*limits)
        return person
