"""Keys of devices and scripts. The private half never leaves the device: it signs a short request for an access token
(RFC 7523), and each such request works once."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from rowlock.identity.oauth.clients import SQL
from rowlock.identity.oauth.model import ACCESS_SECONDS, ASSERTION_SECONDS_MAX, OAuthError
from rowlock.identity.person import SCOPES, Person
from rowlock.identity.revocations import revoke
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Database

KEYS_PER_PERSON_MAX = 50
ASSERTION_CHARS_MAX = 4_096
CLOCK_SKEW_SECONDS = 30

KeyAlgorithm = Literal["ES256", "Ed25519"]


class DeviceKeyBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A key to be known from now on: its public half as a JSON Web Key (P-256 or Ed25519)."""

    name: str
    scopes: tuple[str, ...]
    public_key: dict[str, Any]


class DeviceKeyItem(msgspec.Struct, frozen=True, rename="camel"):
    """One key in its owner's list."""

    id: str
    name: str
    scopes: tuple[str, ...]
    role: str
    created_at: datetime
    last_used_at: datetime | None


class DeviceKeyList(msgspec.Struct, frozen=True):
    """A person's keys, newest first."""

    items: tuple[DeviceKeyItem, ...]


class DeviceKeys:
    """The keys of an installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person: Person, body: DeviceKeyBody) -> DeviceKeyItem:
        """Make a key known; it acts as this person in today's role, within its scopes. Problem `invalid_request`."""
        if not 0 < len(body.name.strip()) <= limits.NAME_CHARS_MAX:
            raise Problem("invalid_request", f"name: 1 to {limits.NAME_CHARS_MAX} characters.")
        unknown = sorted(set(body.scopes) - set(SCOPES))
        if unknown or not body.scopes:
            raise Problem("invalid_request", f"scopes: name one or more of {', '.join(SCOPES)}.")
        public = _public_half(body.public_key)
        if await self._database.cold.fetchval(SQL["count_device_keys"], person.subject) >= KEYS_PER_PERSON_MAX:
            raise Problem("invalid_request", f"You have {KEYS_PER_PERSON_MAX} keys. End one of them first.")
        key_id, scopes = f"key-{uuid.uuid4()}", sorted(set(body.scopes))
        who = (person.subject, person.role, person.organiser_id)
        await self._database.cold.execute(
            SQL["insert_device_key"], key_id, *who, body.name.strip(), json.dumps(public), scopes
        )
        return next(item for item in (await self.list(person)).items if item.id == key_id)

    async def list(self, person: Person) -> DeviceKeyList:
        """The person's keys that hold."""
        rows = await self._database.fetch(SQL["own_device_keys"], person.subject)
        return DeviceKeyList(
            tuple(
                DeviceKeyItem(
                    row["id"], row["name"], tuple(row["scopes"]), row["role"], row["created_at"], row["last_used_at"]
                )
                for row in rows
            )
        )

    async def end(self, person: Person, key_id: str) -> bool:
        """End a key and its tokens; False when it is not the person's."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            if await connection.fetchval(SQL["end_device_key"], key_id, person.subject) is None:
                return False
            await revoke(connection, "session", key_id, ACCESS_SECONDS)
        return True

    async def person_behind(self, assertion: str, audiences: frozenset[str]) -> Person:
        """Who a device's signed request speaks for; OAuthError `invalid_client`. The request is used up."""
        claimed = _claimed_key(assertion)
        row = await self._database.fetchrow(SQL["device_key"], claimed)
        if row is None:
            raise OAuthError("invalid_client", "No key of that id holds here.", 401)
        claims = _checked(assertion, json.loads(row["public_key"]), claimed, audiences)
        used = await self._database.cold.fetchval(SQL["use_assertion"], claimed, claims["jti"], claims["exp"])
        if used is None:
            raise OAuthError("invalid_client", "This signed request was used before.", 401)
        return Person(row["subject"], row["role"], row["organiser_id"], claimed, scopes=frozenset(row["scopes"]))


def _public_half(given: Mapping[str, object]) -> dict[str, object]:
    """The key without anything but its public parts; Problem `invalid_request`."""
    if "d" in given or "k" in given:
        raise Problem("invalid_request", "publicKey: that is a private key. Keep it, and send the public half.")
    try:
        key = _key(given)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Problem("invalid_request", "publicKey: send a JSON Web Key, P-256 (ES256) or Ed25519.") from error
    return {name: value for name, value in key.as_dict(private=False).items() if name in {"kty", "crv", "x", "y"}}


def _key(given: Mapping[str, object]) -> ECKey | OKPKey:
    bare: dict[str, str | list[str]] = {name: str(given[name]) for name in ("kty", "crv", "x", "y") if name in given}
    if (bare.get("kty"), bare.get("crv")) == ("EC", "P-256"):
        return ECKey.import_key(bare, {"alg": "ES256"})
    if (bare.get("kty"), bare.get("crv")) == ("OKP", "Ed25519"):
        return OKPKey.import_key(bare, {"alg": "Ed25519"})
    raise ValueError("neither P-256 nor Ed25519")


def _claimed_key(assertion: str) -> str:
    """The key that a signed request says it is of, read before its signature is checked."""
    if len(assertion) > ASSERTION_CHARS_MAX:
        raise OAuthError("invalid_client", "The signed request is too long.", 401)
    try:
        header = json.loads(_decoded(assertion.partition(".")[0]))
    except (ValueError, RecursionError) as error:
        raise OAuthError("invalid_client", "The signed request is no JSON Web Token.", 401) from error
    claimed = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(claimed, str) or "\x00" in claimed:
        raise OAuthError("invalid_client", "The signed request names no key (`kid`).", 401)
    return claimed


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _checked(assertion: str, public: Mapping[str, object], key_id: str, audiences: frozenset[str]) -> dict[str, object]:
    """The claims of a signed request whose signature, names and times are right; OAuthError `invalid_client`."""
    try:
        claims = jwt.decode(assertion, _key(public), algorithms=list(get_args(KeyAlgorithm))).claims
    except (JoseError, ValueError) as error:
        raise OAuthError("invalid_client", "The signed request was not signed by that key.", 401) from error
    now, expires_at, jti = time.time(), claims.get("exp"), claims.get("jti")
    audience = claims.get("aud")
    named = {audience} if isinstance(audience, str) else set(audience) if isinstance(audience, list) else set()
    if claims.get("iss") != key_id or claims.get("sub") != key_id or not named & audiences:
        raise OAuthError("invalid_client", "`iss` and `sub` must be the key's id, `aud` this token endpoint.", 401)
    if not isinstance(jti, str) or not 0 < len(jti) <= limits.NAME_CHARS_MAX or "\x00" in jti:
        raise OAuthError("invalid_client", "`jti` must be a text of its own for every request.", 401)
    if not isinstance(expires_at, int) or isinstance(expires_at, bool):
        raise OAuthError("invalid_client", "`exp` must say when the request ends.", 401)
    if not now - CLOCK_SKEW_SECONDS < expires_at <= now + ASSERTION_SECONDS_MAX + CLOCK_SKEW_SECONDS:
        raise OAuthError("invalid_client", f"`exp` must lie within the next {ASSERTION_SECONDS_MAX} seconds.", 401)
    return claims
