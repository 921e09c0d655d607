"""What protects one's account: passkeys, password, one-time codes, recovery codes."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity.accounts.authenticators import new_recovery_codes
from rowlock.identity.accounts.directory import SQL, clean_name
from rowlock.identity.accounts.letters import security_changed
from rowlock.identity.accounts.passkeys import Credential, PasskeyFacts, Passkeys
from rowlock.identity.accounts.reception import PRIVATE, Owner, Reception
from rowlock.identity.accounts.session_routes import CodeBody, Options, Typed
from rowlock.identity.accounts.sessions import end_sessions
from rowlock.identity.accounts.visits import Visit
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import Operation
from rowlock.platform.mail import Mail
from rowlock.platform.postgres import Connection


class Security(msgspec.Struct, frozen=True, rename="camel"):
    """What protects an account. `has_authenticator`: one-time codes count; `recovery_codes`: how many are unused."""

    passkeys: tuple[PasskeyFacts, ...]
    has_password: bool
    has_authenticator: bool
    recovery_codes: int


class NewPasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """The password to have from now on."""

    password: Typed


class NewPasskeyBody(msgspec.Struct, frozen=True, rename="camel"):
    """What `navigator.credentials.create` gave, as JSON, and what to call it."""

    credential: Credential
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


class NewAuthenticatorAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """For an app that shows one-time codes: the secret to type, its address, and that as a picture (SVG)."""

    secret: str
    uri: str
    picture: str


class RecoveryCodes(msgspec.Struct, frozen=True, rename="camel"):
    """Shown once; each is good once, in the place of a one-time code."""

    codes: tuple[str, ...]


_new_password = msgspec.json.Decoder(NewPasswordBody)
_new_passkey = msgspec.json.Decoder(NewPasskeyBody)
_code = msgspec.json.Decoder(CodeBody)
Step = Callable[[Connection], Awaitable[None]]


class SecurityDesk:
    """The endpoints."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._parts = reception.parts

    def routes(self) -> list[Route]:
        """All of them."""
        base = "/api/v1/account"
        return [
            Route(f"{base}/security", self.show, methods=["GET"]),
            Route(f"{base}/password", self.set_password, methods=["PUT"]),
            Route(f"{base}/password", self.drop_password, methods=["DELETE"]),
            Route(f"{base}/passkeys/options", self.passkey_options, methods=["POST"]),
            Route(f"{base}/passkeys", self.add_passkey, methods=["POST"]),
            Route(f"{base}/passkeys/{{passkey_id}}", self.drop_passkey, methods=["DELETE"]),
            Route(f"{base}/authenticator", self.begin_authenticator, methods=["POST"]),
            Route(f"{base}/authenticator/confirm", self.confirm_authenticator, methods=["POST"]),
            Route(f"{base}/authenticator", self.drop_authenticator, methods=["DELETE"]),
            Route(f"{base}/recovery-codes", self.recovery_codes, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What protects the account."""
        owner = await self._reception.owner(request)
        row = await self._parts.database.fetchrow(SQL["second_factors"], owner.account.id)
        assert row is not None
        passkeys = await self._parts.passkeys.list(owner.account.id)
        state = Security(passkeys, row["password"], row["authenticator"], row["recovery_codes"])
        return json_answer(state, headers=PRIVATE)

    async def set_password(self, request: Request) -> Response:
        """Have this password from now on; all other sessions end."""
        owner, body = await self._reception.guardian(request), await read_body(request, _new_password)
        account = owner.account
        self._parts.passwords.require_good(body.password, account.name, account.email_key.partition("@")[0])
        kept = await self._parts.passwords.hash(body.password)

        async def change(connection: Connection) -> None:
            await connection.execute(SQL["set_password"], account.id, kept)
            await end_sessions(connection, account.id, spared=owner.session_id)

        return await self._changed(owner, "password", change)

    async def drop_password(self, request: Request) -> Response:
        """Have none."""
        owner = await self._reception.guardian(request)

        async def change(connection: Connection) -> None:
            await connection.execute(SQL["drop_password"], owner.account.id)

        return await self._changed(owner, "password", change)

    async def passkey_options(self, request: Request) -> Response:
        """A challenge for a new passkey."""
        owner, visit = await self._reception.guardian(request), self._reception.visit(request)
        options = await self._parts.passkeys.begin_new(visit, owner.account)
        return self._reception.remember(json_answer(options, headers=PRIVATE), visit)

    async def add_passkey(self, request: Request) -> Response:
        """Keep the passkey that the browser made. It verified its user just now, so this session becomes strong."""
        owner, body = await self._reception.guardian(request), await read_body(request, _new_passkey)
        visit = self._reception.visit(request)
        made = await self._parts.passkeys.check_new(visit, owner.account, body.credential)
        async with self._parts.database.cold.acquire() as connection, connection.transaction():
            await Passkeys.add(connection, owner.account, clean_name(body.name) or visit.device, made)
            token = await self._strengthened(connection, owner, visit, "passkey")
        return self._reception.let_in(Response(status_code=204), token)

    async def drop_passkey(self, request: Request) -> Response:
        """Forget a passkey."""
        owner = await self._reception.guardian(request)

        async def change(connection: Connection) -> None:
            if not await Passkeys.drop(connection, owner.account.id, request.path_params["passkey_id"]):
                raise Problem("not_found", "You have no such passkey.")
            await end_sessions(connection, owner.account.id, spared=owner.session_id)

        return await self._changed(owner, "passkey", change)

    async def begin_authenticator(self, request: Request) -> Response:
        """A secret for an app; it counts once its first code was typed."""
        owner = await self._reception.guardian(request)
        made = await self._parts.authenticators.begin(owner.account)
        return json_answer(NewAuthenticatorAnswer(*made), headers=PRIVATE)

    async def confirm_authenticator(self, request: Request) -> Response:
        """The first code: from now on codes are asked for. Answers recovery codes, and this session becomes strong."""
        owner, body = await self._reception.guardian(request), await read_body(request, _code)
        visit, account = self._reception.visit(request), owner.account
        await self._parts.desk.count(visit, str(account.id))
        async with self._parts.database.cold.acquire() as connection, connection.transaction():
            if not await self._parts.authenticators.take(connection, account.id, body.code, first=True):
                raise Problem("sign_in_failed", "That code is not the one the app shows now.")
            codes = await new_recovery_codes(connection, account.id)
            token = await self._strengthened(connection, owner, visit, "authenticator")
        return self._reception.let_in(json_answer(RecoveryCodes(codes), headers=PRIVATE), token)

    async def drop_authenticator(self, request: Request) -> Response:
        """No more one-time codes; the recovery codes go with them."""
        owner = await self._reception.guardian(request)

        async def change(connection: Connection) -> None:
            await connection.execute(SQL["drop_authenticator"], owner.account.id)
            await connection.execute(SQL["drop_recovery_codes"], owner.account.id)
            await end_sessions(connection, owner.account.id, spared=owner.session_id)

        return await self._changed(owner, "authenticator", change)

    async def recovery_codes(self, request: Request) -> Response:
        """Fresh recovery codes in the place of the old ones."""
        owner = await self._reception.guardian(request)
        async with self._parts.database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["find_authenticator"], owner.account.id)
            if row is None or not row["confirmed"]:
                raise Problem("invalid_request", "Set up one-time codes first.")
            codes = await new_recovery_codes(connection, owner.account.id)
            await self._tell(connection, owner, "recovery_codes")
        return json_answer(RecoveryCodes(codes), headers=PRIVATE)

    async def _strengthened(self, connection: Connection, owner: Owner, visit: Visit, what: str) -> str:
        """The token of a session that knows of the second factor, in the place of this one."""
        token = await self._parts.sessions.begin(connection, owner.account, visit, strong=True)
        await self._tell(connection, owner, what)
        await end_sessions(connection, owner.account.id, owner.session_id)
        return token

    async def _changed(self, owner: Owner, what: str, change: Step) -> Response:
        """Carry the change out and tell the account's owner by mail, both or neither."""
        async with self._parts.database.cold.acquire() as connection, connection.transaction():
            await self._tell(connection, owner, what)
            await change(connection)
        return Response(status_code=204)

    async def _tell(self, connection: Connection, owner: Owner, what: str) -> None:
        account = owner.account
        await self._parts.postbox.send(
            connection, Mail(account.email, security_changed(account.language, account.name, what))
        )


_DONE = {204: ("Done; the account's owner is told by mail.", None)}
_REFUSALS = (401, 403, 422)
OPERATIONS = (
    Operation(
        method="get", path="/api/v1/account/security", tag="Account", summary="What protects your account",
        answers={200: ("Passkeys, and what else is set up.", Security)}, problems=(401, 403),
    ),
    Operation(
        method="put", path="/api/v1/account/password", tag="Account", summary="Set a password",
        description="Soon after signing in. All other sessions end. 422 `weak_password` says why in `reason`.",
        body=NewPasswordBody, answers=_DONE, problems=(*_REFUSALS, 503),
    ),
    Operation(
        method="delete", path="/api/v1/account/password", tag="Account", summary="Have no password",
        answers=_DONE, problems=(401, 403),
    ),
    Operation(
        method="post", path="/api/v1/account/passkeys/options", tag="Account", summary="Begin a new passkey",
        answers={200: ("For `navigator.credentials.create`.", Options)}, problems=_REFUSALS,
    ),
    Operation(
        method="post", path="/api/v1/account/passkeys", tag="Account", summary="Keep a new passkey",
        body=NewPasskeyBody, answers={204: ("It signs you in from now on.", None)}, problems=_REFUSALS,
    ),
    Operation(
        method="delete", path="/api/v1/account/passkeys/{passkeyId}", tag="Account", summary="Forget a passkey",
        answers=_DONE, problems=(401, 403, 404),
    ),
    Operation(
        method="post", path="/api/v1/account/authenticator", tag="Account", summary="Begin one-time codes (TOTP)",
        answers={200: ("The secret, also as a picture.", NewAuthenticatorAnswer)}, problems=(401, 403, 409),
    ),
    Operation(
        method="post", path="/api/v1/account/authenticator/confirm", tag="Account", summary="Confirm one-time codes",
        body=CodeBody, answers={200: ("Recovery codes, shown this once.", RecoveryCodes)}, problems=(*_REFUSALS, 429),
    ),
    Operation(
        method="delete", path="/api/v1/account/authenticator", tag="Account", summary="Stop one-time codes",
        answers=_DONE, problems=(401, 403),
    ),
    Operation(
        method="post", path="/api/v1/account/recovery-codes", tag="Account", summary="Make new recovery codes",
        answers={200: ("The codes, shown this once.", RecoveryCodes)}, problems=_REFUSALS,
    ),
)  # fmt: skip
