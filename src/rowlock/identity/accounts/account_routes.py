"""One's own account: name, address, sessions."""

import uuid
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity.accounts.directory import Account, Address
from rowlock.identity.accounts.reception import PRIVATE, Reception
from rowlock.identity.accounts.session_routes import Email
from rowlock.identity.accounts.sessions import OpenSession
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import Operation


class AccountFacts(msgspec.Struct, frozen=True, rename="camel"):
    """An account as its owner sees it."""

    id: str
    email: str
    name: str
    language: str
    created_at: datetime


class AccountChange(msgspec.Struct, frozen=True, rename="camel"):
    """What is to be changed; what is left out stays."""

    name: str | None = None
    language: str | None = None


class EmailBody(msgspec.Struct, frozen=True, rename="camel"):
    """The address that the account is to have."""

    email: Email


class SessionList(msgspec.Struct, frozen=True, rename="camel"):
    """Where an account is signed in, last seen first."""

    items: tuple[OpenSession, ...]


_change = msgspec.json.Decoder(AccountChange)
_email = msgspec.json.Decoder(EmailBody)


class AccountDesk:
    """The endpoints."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._parts = reception.parts

    def routes(self) -> list[Route]:
        """All of them."""
        base = "/api/v1/account"
        return [
            Route(base, self.show, methods=["GET"]),
            Route(base, self.change, methods=["PATCH"]),
            Route(f"{base}/email", self.change_email, methods=["POST"]),
            Route(f"{base}/sessions", self.sessions, methods=["GET"]),
            Route(f"{base}/sessions", self.end_others, methods=["DELETE"]),
            Route(f"{base}/sessions/{{session_id}}", self.end_one, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        """The account."""
        owner = await self._reception.owner(request)
        return json_answer(_facts(owner.account), headers=PRIVATE)

    async def change(self, request: Request) -> Response:
        """Another name, another language."""
        owner, body = await self._reception.owner(request), await read_body(request, _change)
        await self._parts.accounts.change(owner.account.id, name=body.name, language=body.language)
        changed = await self._parts.accounts.find(owner.account.id)
        assert changed is not None
        return json_answer(_facts(changed), headers=PRIVATE)

    async def change_email(self, request: Request) -> Response:
        """Mail a link to the new address; the account has it once that is answered."""
        owner, body = await self._reception.guardian(request), await read_body(request, _email)
        visit, address = self._reception.visit(request), Address.of(body.email)
        await self._parts.desk.count(visit, address.key)
        await self._parts.links.send(visit, address, "change_email", account=owner.account)
        return self._reception.remember(Response(status_code=202), visit)

    async def sessions(self, request: Request) -> Response:
        """Where the account is signed in."""
        owner = await self._reception.owner(request)
        found = await self._parts.sessions.open(owner.account.id, owner.person.session_id)
        return json_answer(SessionList(found), headers=PRIVATE)

    async def end_others(self, request: Request) -> Response:
        """Sign out everywhere else."""
        owner = await self._reception.owner(request)
        await self._parts.sessions.end(owner.account.id, None, spared=owner.session_id)
        return Response(status_code=204)

    async def end_one(self, request: Request) -> Response:
        """Sign out in one place; in this one it is the same as signing out."""
        owner = await self._reception.owner(request)
        try:
            session_id = uuid.UUID(request.path_params["session_id"])
        except ValueError:
            session_id = uuid.UUID(int=0)
        if not await self._parts.sessions.end(owner.account.id, session_id):
            raise Problem("not_found", "You have no such session.")
        response = Response(status_code=204)
        return self._reception.let_out(response) if session_id == owner.session_id else response


def _facts(account: Account) -> AccountFacts:
    return AccountFacts(str(account.id), account.email, account.name, account.language, account.created_at)


OPERATIONS = (
    Operation(
        method="get", path="/api/v1/account", tag="Account", summary="Your account",
        answers={200: ("The account.", AccountFacts)}, problems=(401, 403),
    ),
    Operation(
        method="patch", path="/api/v1/account", tag="Account", summary="Change your name or language",
        body=AccountChange, answers={200: ("The account as it is now.", AccountFacts)}, problems=(401, 403, 422),
    ),
    Operation(
        method="post", path="/api/v1/account/email", tag="Account", summary="Change your mail address",
        description="A link goes to the new address; `POST /session/mail-answer` with it makes the change.",
        body=EmailBody, answers={202: ("A mail is on its way.", None)}, problems=(401, 403, 422, 429),
    ),
    Operation(
        method="get", path="/api/v1/account/sessions", tag="Account", summary="Where you are signed in",
        answers={200: ("The sessions.", SessionList)}, problems=(401, 403),
    ),
    Operation(
        method="delete", path="/api/v1/account/sessions", tag="Account", summary="Sign out everywhere else",
        answers={204: ("All other sessions have ended.", None)}, problems=(401, 403),
    ),
    Operation(
        method="delete", path="/api/v1/account/sessions/{sessionId}", tag="Account", summary="End one session",
        answers={204: ("It has ended, everywhere within a second.", None)}, problems=(401, 403, 404),
    ),
)  # fmt: skip
