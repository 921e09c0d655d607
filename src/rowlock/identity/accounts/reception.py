"""What every route about accounts asks first: where the request comes from, and whose account it is."""

import uuid
from typing import NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import Response

from rowlock.identity.accounts.directory import SQL, Account
from rowlock.identity.accounts.parts import AccountParts
from rowlock.identity.accounts.visits import Visit, remember_browser, visit_of
from rowlock.identity.person import Person
from rowlock.identity.requests import SESSION_COOKIE, person_of, require_own_page, require_person
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem

log = structlog.get_logger(__name__)

PRIVATE = {"Cache-Control": "private, no-store"}


class Owner(NamedTuple):
    """Somebody signed in to an account, and the session they came with."""

    person: Person
    account: Account
    session_id: uuid.UUID


class Reception:
    """Receives requests for the routes of one process."""

    def __init__(self, parts: AccountParts) -> None:
        self.parts = parts

    def visit(self, request: Request) -> Visit:
        """Where a request comes from."""
        return visit_of(request, self.parts.public_url)

    def guest(self, request: Request) -> Person | None:
        """Who tries to sign in, as far as is known; a session that ended is nobody's.

        Problem `cross_site_request` unless our own page sends it, cookie or not: else a stranger's page could sign
        somebody in as somebody else.
        """
        require_own_page(request.scope["headers"])
        try:
            return person_of(request, self.parts.signer)
        except Problem as problem:
            if problem.code != "unauthenticated":
                raise
            return None

    async def owner(self, request: Request) -> Owner:
        """Whose account it is; Problems `unauthenticated`, `account_needed`."""
        person = require_person(request, self.parts.signer)
        account = await self.parts.accounts.of_subject(person.subject) if person.session_id else None
        if account is None or person.session_id is None:
            raise Problem("account_needed", "This needs an account. Sign in first.")
        return Owner(person, account, uuid.UUID(person.session_id))

    async def guardian(self, request: Request) -> Owner:
        """The same for what protects the account: only soon after signing in, with the second factor if there is one.

        Problems: `sign_in_again`, `second_factor_needed`.
        """
        owner = await self.owner(request)
        if not owner.person.strong and await self.has_second_factor(owner.account.id):
            raise Problem("second_factor_needed", "Sign in with your second factor to change this.", setUp=False)
        age = await self.parts.sessions.age_seconds(owner.person)
        if age is None or age > limits.FRESH_SESSION_SECONDS:
            raise Problem("sign_in_again", "Sign in again to change this: you did that a while ago.")
        return owner

    async def has_second_factor(self, account_id: uuid.UUID) -> bool:
        """Whether the account has one-time codes that count, or a passkey."""
        row = await self.parts.database.fetchrow(SQL["second_factors"], account_id)
        return row is not None and (row["authenticator"] or row["passkeys"] > 0)

    def let_in(self, response: Response, token: str, role: str = "buyer") -> Response:
        """Give the browser its session."""
        seconds = limits.SESSION_TOKEN_SECONDS if role == "buyer" else limits.STAFF_TOKEN_SECONDS
        log.info("session_given", role=role)
        response.set_cookie(
            SESSION_COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=self.parts.secure_cookies
        )
        return response

    def let_out(self, response: Response) -> Response:
        """Take the session out of the browser."""
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=self.parts.secure_cookies)
        response.headers["Clear-Site-Data"] = '"storage"'
        return response

    def remember(self, response: Response, visit: Visit) -> Response:
        """Let the browser keep what ties its beginnings to it."""
        remember_browser(response, visit, secure=self.parts.secure_cookies)
        return response
