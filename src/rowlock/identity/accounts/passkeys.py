"""Passkeys (WebAuthn): discoverable, so that signing in names nobody before the signature does."""

import json
import uuid
from datetime import datetime
from typing import Any

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from rowlock.identity.accounts.ceremonies import Ceremonies
from rowlock.identity.accounts.directory import SQL, Account
from rowlock.identity.accounts.letters import SITE
from rowlock.identity.accounts.visits import Visit
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database

Options = dict[str, object]
Credential = dict[str, Any]
_FAULTS = (WebAuthnException, ValueError, KeyError, TypeError)
"""What the library raises of a credential that cannot be read or does not hold."""


class PasskeyFacts(msgspec.Struct, frozen=True, rename="camel"):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Passkeys:
    """Making passkeys and signing in with them."""

    def __init__(self, database: Database, ceremonies: Ceremonies) -> None:
        self._database = database
        self._ceremonies = ceremonies

    async def begin_new(self, visit: Visit, account: Account) -> Options:
        """What the browser needs to make a passkey for the account, with the user verified."""
        have = await self._database.fetch(SQL["passkeys_of"], account.id)
        if len(have) >= limits.PASSKEYS_PER_ACCOUNT_MAX:
            raise Problem("invalid_request", f"An account has at most {limits.PASSKEYS_PER_ACCOUNT_MAX} passkeys.")
        options = generate_registration_options(
            rp_id=visit.host,
            rp_name=SITE,
            user_id=account.id.bytes,
            user_name=account.email,
            user_display_name=account.name or account.email,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row["id"])) for row in have],
        )
        await self._ceremonies.begin(visit, "new_passkey", bytes_to_base64url(options.challenge), account.id)
        return _plain(options_to_json(options))

    async def check_new(self, visit: Visit, account: Account, credential: Credential) -> VerifiedRegistration:
        """The passkey that the browser made, if it answers what was asked; Problem `passkey_refused`."""
        ceremony = await self._ceremonies.finish(visit, "new_passkey")
        if ceremony is None or ceremony.account_id != account.id:
            raise _refused()
        try:
            return verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(ceremony.secret),
                expected_rp_id=visit.host,
                expected_origin=visit.origin,
                require_user_verification=True,
            )
        except _FAULTS as error:
            raise _refused() from error

    @staticmethod
    async def add(connection: Connection, account: Account, name: str, made: VerifiedRegistration) -> None:
        """Keep a checked passkey; Problem `passkey_refused` when there is one of its id."""
        key = (made.credential_id, account.id, made.credential_public_key, made.sign_count, name)
        if await connection.fetchval(SQL["insert_passkey"], *key) is None:
            raise _refused()

    async def begin_sign_in(self, visit: Visit) -> Options:
        """What the browser needs to offer its passkeys for this site; it names no account."""
        options = generate_authentication_options(
            rp_id=visit.host, user_verification=UserVerificationRequirement.PREFERRED
        )
        await self._ceremonies.begin(visit, "passkey_sign_in", bytes_to_base64url(options.challenge))
        return _plain(options_to_json(options))

    async def owner(self, visit: Visit, credential: Credential) -> tuple[uuid.UUID, bool]:
        """Whose passkey signed the challenge, and whether its user was verified; Problem `sign_in_failed`.

        A count that went back means a copy of the passkey: it is refused, and the count stays as it was.
        """
        ceremony = await self._ceremonies.finish(visit, "passkey_sign_in")
        row = await self._database.fetchrow(SQL["find_passkey"], _credential_id(credential))
        if ceremony is None or row is None:
            raise _failed()
        try:
            used = verify_authentication_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(ceremony.secret),
                expected_rp_id=visit.host,
                expected_origin=visit.origin,
                credential_public_key=bytes(row["public_key"]),
                credential_current_sign_count=row["sign_count"],
            )
        except _FAULTS as error:
            raise _failed() from error
        counts = (row["sign_count"], used.new_sign_count)
        if await self._database.cold.fetchval(SQL["use_passkey"], used.credential_id, *counts) is None:
            raise _failed()
        return row["account_id"], used.user_verified

    async def list(self, account_id: uuid.UUID) -> tuple[PasskeyFacts, ...]:
        """The account's passkeys, oldest first."""
        rows = await self._database.fetch(SQL["passkeys_of"], account_id)
        return tuple(
            PasskeyFacts(bytes_to_base64url(bytes(row["id"])), row["name"], row["created_at"], row["last_used_at"])
            for row in rows
        )

    @staticmethod
    async def drop(connection: Connection, account_id: uuid.UUID, passkey_id: str) -> bool:
        """Forget a passkey; False when the account has none of that id."""
        try:
            number = base64url_to_bytes(passkey_id)
        except ValueError:
            return False
        return await connection.fetchval(SQL["drop_passkey"], number, account_id) is not None


def _credential_id(credential: Credential) -> bytes:
    raw = credential.get("rawId")
    try:
        return base64url_to_bytes(raw) if isinstance(raw, str) else b""
    except ValueError:
        return b""


def _plain(options: str) -> Options:
    plain: Options = json.loads(options)
    return plain


def _refused() -> Problem:
    return Problem("passkey_refused", "The passkey could not be checked. Begin again.")


def _failed() -> Problem:
    return Problem("sign_in_failed", "That passkey does not open an account here. Begin again, or sign in by mail.")
