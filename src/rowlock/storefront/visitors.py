"""Whoever is at a page that is made for one visitor: who they are, and what their browser takes along."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from rowlock.identity import Person, TokenSigner, person_behind
from rowlock.identity.requests import SESSION_COOKIE
from rowlock.identity.tokens import TOKEN_LIFETIME_SECONDS
from rowlock.kernel.problems import Problem
from rowlock.platform.valkey.limiter import Limit, Limiter
from rowlock.waiting_room.routes import JoinLimits


class Visitors:
    """Reads the session cookie of those who send our forms, and gives new guests one."""

    def __init__(self, signer: TokenSigner, limiter: Limiter, joins: JoinLimits, *, secure_cookies: bool) -> None:
        self._signer = signer
        self._limiter = limiter
        self._joins = joins
        self._secure = secure_cookies

    def who(self, request: Request) -> Person | None:
        """Whom the session cookie names; an old one names nobody."""
        try:
            return person_behind("GET", request.scope["headers"], self._signer)
        except Problem:
            return None

    def bound_place(self, request: Request, event_id: int) -> None:
        """Problem `rate_limited` for a device or network that has taken its share of a line's places."""
        self._limiter.require_here(*self._joins.of(_peer(request), request.scope["headers"], event_id))

    async def bound(self, request: Request, *limits: Limit) -> None:
        """Problem `rate_limited` for a network that sends too many forms, or past these limits."""
        self._limiter.require_here(*self._joins.of_network(_peer(request), request.scope["headers"]))
        await self._limiter.require(*limits)

    def welcome(self, answer: Response, guest: Person) -> None:
        """Let the browser know its new guest again."""
        self.give(answer, SESSION_COOKIE, self._signer.issue(guest.subject, guest.role), TOKEN_LIFETIME_SECONDS)

    def give(self, answer: Response, name: str, value: str, seconds: int) -> None:
        """A cookie that scripts cannot read."""
        answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=self._secure)


def sent_from_here(request: Request) -> bool:
    """Whether the form was one of ours: browsers say so of every form they send."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    ours = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return site == "same-origin" and (origin is None or urlsplit(origin).hostname == ours)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
