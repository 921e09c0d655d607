"""Signing in and out, and who is signed in."""

from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity.accounts.directory import Address, Membership, clean_name, known_language
from rowlock.identity.accounts.passkeys import Credential
from rowlock.identity.accounts.reception import PRIVATE, Owner, Reception
from rowlock.identity.accounts.sign_in import Entry, SignedIn
from rowlock.identity.person import HOUSE, Person, Role
from rowlock.identity.requests import SESSION_COOKIE, person_of
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import Operation

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
Typed = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.PASSWORD_CHARS_MAX)]


class MailLinkBody(msgspec.Struct, frozen=True, rename="camel"):
    """Where to mail a link. `name` and `language` are for the account, should it be made."""

    email: Email
    name: str = ""
    language: str = "en"


class MailAnswerBody(msgspec.Struct, frozen=True, rename="camel"):
    """The secret of a mailed link, or the code beside it."""

    answer: Typed


class PasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """A mail address and its password."""

    email: Email
    password: Typed


class PasskeyBody(msgspec.Struct, frozen=True, rename="camel"):
    """What `navigator.credentials.get` gave, as JSON."""

    credential: Credential


class CodeBody(msgspec.Struct, frozen=True, rename="camel"):
    """A one-time code, or a recovery code in its place."""

    code: Typed


class RoleBody(msgspec.Struct, frozen=True, rename="camel"):
    """The role to act in, and for which organiser; `buyer` lays a role down."""

    role: Role
    organiser_id: str = str(HOUSE)


class SessionState(msgspec.Struct, frozen=True, rename="camel"):
    """Who is signed in. Everything but `kind` is for accounts; `strong`: a second factor was given."""

    kind: Literal["nobody", "guest", "account", "token"]
    name: str = ""
    email: str = ""
    role: Role = "buyer"
    organiser_id: str | None = None
    strong: bool = False
    memberships: tuple[Membership, ...] = ()


class Options(msgspec.Struct, frozen=True):
    """For `navigator.credentials`, as JSON: WebAuthn's own members."""

    challenge: str


_mail_link = msgspec.json.Decoder(MailLinkBody)
_mail_answer = msgspec.json.Decoder(MailAnswerBody)
_password = msgspec.json.Decoder(PasswordBody)
_passkey = msgspec.json.Decoder(PasskeyBody)
_code = msgspec.json.Decoder(CodeBody)
_role = msgspec.json.Decoder(RoleBody)


class SessionDesk:
    """The endpoints."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._parts = reception.parts

    def routes(self) -> list[Route]:
        """All of them."""
        base = "/api/v1/session"
        return [
            Route(base, self.show, methods=["GET"]),
            Route(base, self.leave, methods=["DELETE"]),
            Route(f"{base}/mail-link", self.mail_link, methods=["POST"]),
            Route(f"{base}/mail-answer", self.mail_answer, methods=["POST"]),
            Route(f"{base}/password", self.password, methods=["POST"]),
            Route(f"{base}/passkey-options", self.passkey_options, methods=["POST"]),
            Route(f"{base}/passkey", self.passkey, methods=["POST"]),
            Route(f"{base}/second-factor", self.second_factor, methods=["POST"]),
            Route(f"{base}/role", self.role, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Who is signed in; keeps a session going that is in use."""
        try:
            person = person_of(request, self._parts.signer)
        except Problem:
            person = None
        if person is None:
            return json_answer(SessionState("nobody"), headers=PRIVATE)
        own_page = person.session_id is not None and person.scopes is None
        account = await self._parts.accounts.of_subject(person.subject) if own_page else None
        if account is None:
            kind: Literal["guest", "token"] = "guest" if person.subject.startswith("guest:") else "token"
            return json_answer(SessionState(kind, role=person.role), headers=PRIVATE)
        if not await self._parts.sessions.seen(person):
            return self._reception.let_out(json_answer(SessionState("nobody"), headers=PRIVATE))
        state = SessionState(
            "account",
            account.name,
            account.email,
            person.role,
            None if person.organiser_id is None else str(person.organiser_id),
            person.strong,
            await self._parts.accounts.memberships(account.id),
        )
        answer = json_answer(state, headers=PRIVATE)
        token = request.cookies.get(SESSION_COOKIE)
        if token is not None and person.role == "buyer" and self._parts.sessions.is_old(token):
            self._reception.let_in(answer, self._parts.sessions.token(person))
        return answer

    async def leave(self, request: Request) -> Response:
        """Sign out: the session ends everywhere, and the browser forgets it."""
        person = self._reception.guest(request)
        if person is not None and person.session_id is not None:
            owner = await self._reception.owner(request)
            await self._parts.sessions.end(owner.account.id, owner.session_id)
        return self._reception.let_out(Response(status_code=204))

    async def mail_link(self, request: Request) -> Response:
        """Mail a link and a code; the same answer for everybody."""
        self._reception.guest(request)
        body, visit = await read_body(request, _mail_link), self._reception.visit(request)
        name, language = clean_name(body.name), known_language(body.language)
        await self._parts.desk.send_link(visit, Address.of(body.email), name, language)
        return self._reception.remember(Response(status_code=202), visit)

    async def mail_answer(self, request: Request) -> Response:
        """A link or code that came back."""
        guest, body = self._reception.guest(request), await read_body(request, _mail_answer)
        return self._answer(await self._parts.desk.answer_mail(self._reception.visit(request), body.answer, guest))

    async def password(self, request: Request) -> Response:
        """A password."""
        guest, body = self._reception.guest(request), await read_body(request, _password)
        visit = self._reception.visit(request)
        entry = await self._parts.desk.check_password(visit, Address.of(body.email), body.password, guest)
        return self._reception.remember(self._answer(entry), visit)

    async def passkey_options(self, request: Request) -> Response:
        """A challenge for the browser's passkeys."""
        self._reception.guest(request)
        visit = self._reception.visit(request)
        options = await self._parts.desk.begin_passkey(visit)
        return self._reception.remember(json_answer(options, headers=PRIVATE), visit)

    async def passkey(self, request: Request) -> Response:
        """A signed challenge."""
        guest, body = self._reception.guest(request), await read_body(request, _passkey)
        return self._answer(
            await self._parts.desk.check_passkey(self._reception.visit(request), body.credential, guest)
        )

    async def second_factor(self, request: Request) -> Response:
        """The code that a sign-in waits for."""
        guest, body = self._reception.guest(request), await read_body(request, _code)
        return self._answer(
            await self._parts.desk.check_second_factor(self._reception.visit(request), body.code, guest)
        )

    async def role(self, request: Request) -> Response:
        """Take up a role that the account has, or lay it down; staff roles need the second factor."""
        owner, body = await self._reception.owner(request), await read_body(request, _role)
        person = Person(owner.account.subject, "buyer", None, owner.person.session_id, owner.person.strong)
        if body.role != "buyer":
            person = await self._in_role(owner, body)
        token = self._parts.sessions.token(person)
        return self._reception.let_in(Response(status_code=204), token, person.role)

    async def _in_role(self, owner: Owner, body: RoleBody) -> Person:
        memberships = await self._parts.accounts.memberships(owner.account.id)
        if not any(have.role == body.role and have.organiser_id == body.organiser_id for have in memberships):
            raise Problem("forbidden", "You have no such role here.")
        if not owner.person.strong:
            set_up = not await self._reception.has_second_factor(owner.account.id)
            raise Problem("second_factor_needed", "Staff act only with a second factor.", setUp=set_up)
        organiser_id = None if body.role == "operator" else parse_number_id(body.organiser_id)
        return Person(owner.account.subject, body.role, organiser_id, owner.person.session_id, strong=True)

    def _answer(self, entry: Entry) -> Response:
        answer = json_answer(entry.answer, headers=PRIVATE)
        return answer if entry.token is None else self._reception.let_in(answer, entry.token)


def _sign_in(path: str, summary: str, body: type | None, description: str, *problems: int) -> Operation:
    return Operation(
        method="post", path=f"/api/v1/session/{path}", tag="Identity", summary=summary, description=description,
        body=body, answers={200: ("Signed in, or a second factor is asked for.", SignedIn)},
        problems=(403, 422, 429, *problems), public=True,
    )  # fmt: skip


_OWN_PAGE = "Needs the header `X-Requested-With`: only our own pages sign people in."
OPERATIONS = (
    Operation(
        method="get", path="/api/v1/session", tag="Identity", summary="Who is signed in",
        answers={200: ("Somebody, or `nobody`.", SessionState)}, public=True,
    ),
    Operation(
        method="delete", path="/api/v1/session", tag="Identity", summary="Sign out", description=_OWN_PAGE,
        answers={204: ("The session has ended everywhere.", None)}, problems=(403,), public=True,
    ),
    Operation(
        method="post", path="/api/v1/session/mail-link", tag="Identity", summary="Mail a link and a code to sign in",
        description=f"The same answer whether the address has an account or not. {_OWN_PAGE}", body=MailLinkBody,
        answers={202: ("A mail is on its way.", None)}, problems=(403, 422, 429), public=True,
    ),
    _sign_in("mail-answer", "Sign in with a mailed link or code", MailAnswerBody,
             "In the browser that asked for it; makes the account if there is none."),
    _sign_in("password", "Sign in with a password", PasswordBody, _OWN_PAGE, 503),
    Operation(
        method="post", path="/api/v1/session/passkey-options", tag="Identity", summary="Begin a passkey sign-in",
        description=_OWN_PAGE, answers={200: ("For `navigator.credentials.get`.", Options)}, problems=(403, 429),
        public=True,
    ),
    _sign_in("passkey", "Sign in with a passkey", PasskeyBody, "A passkey that verifies its user is both factors."),
    _sign_in("second-factor", "Give the second factor", CodeBody, "A one-time code or a recovery code."),
    Operation(
        method="post", path="/api/v1/session/role", tag="Identity", summary="Act in another of your roles",
        description="Staff roles need a second factor: 403 `second_factor_needed`, `setUp` if there is none yet.",
        body=RoleBody, answers={204: ("The cookie stands for the role.", None)}, problems=(401, 403, 422),
    ),
)  # fmt: skip
