"""Access tokens: JSON Web Tokens signed with a secret that only the database's users can read.

HMAC, because a sale checks a token on every request and everyone who checks could also sign. Signature first, then
issuer, audience and expiry; the algorithm is fixed, never taken from the token.
"""

import os
import secrets
import time
import uuid
from collections import OrderedDict
from typing import Literal, get_args

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from rowlock.kernel import limits
from rowlock.platform.postgres import Database, load_queries

SQL = load_queries("rowlock.identity")

Role = Literal["buyer", "door", "box_office", "organiser", "organiser_admin", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
STAFF_ROLES: tuple[Role, ...] = ("door", "box_office", "organiser", "organiser_admin")
"""Roles within one organiser. An operator runs the installation and works for all of them."""
HOUSE = 1
"""The organiser that is there from the beginning."""

ISSUER = "rowlock"
AUDIENCE = "rowlock-api"
TICKET_AUDIENCE = "rowlock-stream"
ALGORITHM = "HS256"
TOKEN_LIFETIME_SECONDS = 24 * 3600
VERIFIED_TOKENS_KEPT_MAX = 50_000
TOKEN_CHARS_MAX = 4_096


class Person(msgspec.Struct, frozen=True):
    """Who is asking. `subject` is the same for all tokens of one person; `organiser_id` is who staff work for."""

    subject: str
    role: Role
    organiser_id: int | None = None

    def works_for(self, organiser_id: int) -> bool:
        """Whether what belongs to an organiser is this person's business at all."""
        return self.role == "operator" or (self.organiser_id == organiser_id and self.role in STAFF_ROLES)

    @property
    def reach(self) -> int | None:
        """The organiser whose things this person may touch, None: of every organiser."""
        return None if self.role == "operator" else self.organiser_id or 0

    @property
    def makes_for(self) -> int:
        """The organiser that new things of this person belong to."""
        return self.organiser_id or HOUSE


class InvalidToken(Exception):  # noqa: N818  an outcome for the caller
    """The token cannot be trusted; the message says why in words fit for the caller."""


class TokenSigner:
    """Issues and checks tokens with the keys of one installation. Answers of checks are kept until they expire."""

    def __init__(self, keys: dict[str, bytes], signing_key_id: str) -> None:
        self._keys = KeySet([OctKey.import_key(secret, {"kid": key_id}) for key_id, secret in keys.items()])
        self._signing_key_id = signing_key_id
        self._verified: OrderedDict[str, tuple[float, Person]] = OrderedDict()

    def issue(
        self, subject: str, role: Role, *, organiser_id: int = HOUSE, lifetime_seconds: int = TOKEN_LIFETIME_SECONDS
    ) -> str:
        """A token for `subject` in `role`, good for `lifetime_seconds`; staff work for `organiser_id`."""
        return self._sign(AUDIENCE, Person(subject, role, organiser_id), lifetime_seconds)

    def issue_ticket(self, person: Person) -> str:
        """What names the person in the address of a stream, where a token must not stand; good for seconds."""
        return self._sign(TICKET_AUDIENCE, person, limits.STREAM_TICKET_SECONDS)

    def _sign(self, audience: str, person: Person, lifetime_seconds: int) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": audience, "sub": person.subject, "role": person.role,
            "iat": now, "exp": now + lifetime_seconds, "jti": secrets.token_hex(8),
        }  # fmt: skip
        if person.role in STAFF_ROLES:
            claims["org"] = person.organiser_id
        return jwt.encode({"alg": ALGORITHM, "kid": self._signing_key_id, "typ": "JWT"}, claims, self._keys)

    def verify(self, token: str) -> Person:
        """The person behind a token; InvalidToken when it is forged, expired or not for us."""
        kept = self._verified.get(token)
        if kept is not None and kept[0] > time.time():
            return kept[1]
        expires_at, person = self._check(token, AUDIENCE)
        self._verified[token] = (expires_at, person)
        if len(self._verified) > VERIFIED_TOKENS_KEPT_MAX:
            self._verified.popitem(last=False)
        return person

    def verify_ticket(self, ticket: str) -> Person:
        """The person behind a stream ticket; InvalidToken as `verify`. Tickets come once, so none is remembered."""
        return self._check(ticket, TICKET_AUDIENCE)[1]

    def _check(self, token: str, audience: str) -> tuple[float, Person]:
        if len(token) > TOKEN_CHARS_MAX:
            raise InvalidToken("The access token is too long to be one of ours.")
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise InvalidToken("The access token is malformed or was not signed here.") from error
        expires_at, subject, role = claims.get("exp"), claims.get("sub"), claims.get("role")
        organiser_id = claims.get("org", HOUSE) if role in STAFF_ROLES else None
        if claims.get("iss") != ISSUER or claims.get("aud") != audience or role not in ROLES:
            raise InvalidToken("The access token was not made for this service.")
        if not isinstance(expires_at, int) or not isinstance(subject, str) or not subject:
            raise InvalidToken("The access token lacks a subject or an expiry.")
        if organiser_id is not None and not isinstance(organiser_id, int):
            raise InvalidToken("The access token names no organiser.")
        if expires_at <= time.time():
            raise InvalidToken("The access token has expired.")
        return expires_at, Person(subject, role, organiser_id)


async def open_signer(database: Database) -> TokenSigner:
    """The signer of this installation; its first key is made when there is none."""
    await database.cold.execute(SQL["add_first_signing_key"], uuid.uuid4().hex, os.urandom(32))
    first = await database.fetchrow(SQL["first_signing_key"])
    assert first is not None
    rows = await database.fetch(SQL["all_signing_keys"])
    return TokenSigner({row["id"]: bytes(row["secret"]) for row in rows}, first["id"])
