"""Tokens: JSON Web Tokens after RFC 8725.

Signature first, by the key that the token names, with that key's own algorithm; then type, issuer, audience and times.
Nothing in a token says where to find a key.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from typing import NamedTuple

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey, RSAKey

from rowlock.identity.keys import ALGORITHMS, Algorithm, KeyRing, SigningKey, open_keys, read_keys
from rowlock.identity.person import HOUSE, ROLES, STAFF_ROLES, Person, Role
from rowlock.identity.revocations import Revocations
from rowlock.kernel import limits
from rowlock.platform.postgres import Database
from rowlock.platform.secrets import NO_SECRET_KEYS, SecretBox, SecretsFault
from rowlock.platform.tasks import end

log = structlog.get_logger(__name__)

ISSUER = "rowlock"
AUDIENCE = "rowlock-api"
ACCESS_TYPE = "at+jwt"
TICKET_AUDIENCE = "rowlock-stream"
TICKET_TYPE = "ticket+jwt"
TOKEN_LIFETIME_SECONDS = 24 * 3600
CLOCK_SKEW_SECONDS = 60
"""How far ahead the clock may be that a token of ours was made by."""
VERIFIED_TOKENS_KEPT_MAX = 50_000
TOKEN_CHARS_MAX = 4_096

Claims = dict[str, object]


class InvalidToken(Exception):  # noqa: N818  an outcome for the caller
    """The token cannot be trusted; the message says why in words fit for the caller."""


class Verified(NamedTuple):
    """What a token turned out to say, and when it was made and ends (seconds since 1970)."""

    expires_at: float
    issued_at: float
    person: Person


class TokenSigner:
    """Issues and checks tokens with the keys of one installation. Answers of checks are kept until they expire."""

    def __init__(self, ring: KeyRing, revocations: Revocations | None = None) -> None:
        self.ring = ring
        self._revocations = revocations or Revocations()
        self._verified: OrderedDict[str, Verified] = OrderedDict()

    def issue(
        self, subject: str, role: Role, *, organiser_id: int = HOUSE, lifetime_seconds: int = TOKEN_LIFETIME_SECONDS
    ) -> str:
        """A token for `subject` in `role`, good for `lifetime_seconds`; staff work for `organiser_id`."""
        return self.issue_for(Person(subject, role, organiser_id), lifetime_seconds)

    def issue_for(
        self, person: Person, lifetime_seconds: int = TOKEN_LIFETIME_SECONDS, algorithm: Algorithm = "HS256"
    ) -> str:
        """An access token for this person, with its session, scopes and whether a second factor was given."""
        return self.sign(ACCESS_TYPE, _claims(AUDIENCE, person), lifetime_seconds, algorithm)

    def issue_ticket(self, person: Person) -> str:
        """What names the person in the address of a stream, where a token must not stand; good for seconds."""
        return self.sign(TICKET_TYPE, _claims(TICKET_AUDIENCE, person), limits.STREAM_TICKET_SECONDS)

    def sign(self, kind: str, claims: Claims, lifetime_seconds: int, algorithm: Algorithm = "HS256") -> str:
        """A token of any kind (`typ`); issuer (unless it is given), times and id are added to its claims."""
        key, now = self.ring.signing(algorithm), int(time.time())
        frame = {"iss": ISSUER, "iat": now, "nbf": now, "exp": now + lifetime_seconds, "jti": secrets.token_hex(8)}
        return jwt.encode({"alg": key.algorithm, "kid": key.id, "typ": kind}, frame | claims, key.key)

    def verify(self, token: str) -> Person:
        """The person behind a token; InvalidToken when it is forged, expired, ended or not for us."""
        return self.verified(token).person

    def verified(self, token: str) -> Verified:
        """The same with the token's times."""
        kept = self._verified.get(token)
        if kept is None or kept.expires_at <= time.time():
            kept = self._check(token, ACCESS_TYPE, AUDIENCE)
            self._verified[token] = kept
            if len(self._verified) > VERIFIED_TOKENS_KEPT_MAX:
                self._verified.popitem(last=False)
        return self._unless_ended(kept)

    def verify_ticket(self, ticket: str) -> Person:
        """The person behind a stream ticket; InvalidToken as `verify`. Tickets come once, so none is remembered."""
        return self._unless_ended(self._check(ticket, TICKET_TYPE, TICKET_AUDIENCE)).person

    def claims_of(self, token: str, kind: str, audience: str) -> Claims:
        """The claims of one of our tokens of that kind and for that audience; InvalidToken."""
        if len(token) > TOKEN_CHARS_MAX:
            raise InvalidToken("The access token is too long to be one of ours.")
        try:
            decoded = jwt.decode(token, self._key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as error:
            raise InvalidToken("The access token is malformed or was not signed here.") from error
        claims, now = decoded.claims, time.time()
        if decoded.header.get("typ") != kind or claims.get("aud") != audience:
            raise InvalidToken("The access token was not made for this service.")
        expires_at, begins_at = claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires_at, int) or not isinstance(begins_at, int):
            raise InvalidToken("The access token lacks its times.")
        if begins_at > now + CLOCK_SKEW_SECONDS:
            raise InvalidToken("The access token does not hold yet.")
        if expires_at <= now:
            raise InvalidToken("The access token has expired.")
        return claims

    def _check(self, token: str, kind: str, audience: str) -> Verified:
        claims = self.claims_of(token, kind, audience)
        if claims.get("iss") != ISSUER:
            raise InvalidToken("The access token was not made for this service.")
        return _verified(claims)

    def _unless_ended(self, verified: Verified) -> Verified:
        person = verified.person
        if self._revocations.voids(person.subject, person.session_id, verified.issued_at):
            raise InvalidToken("This session has ended. Sign in again.")
        return verified

    def _key(self, token: GuestProtocol) -> OctKey | RSAKey:
        """The key that a token names; its algorithm is the key's, whatever the token says."""
        named = token.headers()
        key: SigningKey | None = self.ring.find(named.get("kid"))
        if key is None or named.get("alg") != key.algorithm:
            raise ValueError("not a key of ours")
        return key.key


def _claims(audience: str, person: Person) -> Claims:
    claims: Claims = {"aud": audience, "sub": person.subject, "role": person.role}
    if person.role in STAFF_ROLES:
        claims["org"] = person.organiser_id
    if person.session_id is not None:
        claims["sid"] = person.session_id
    if person.strong:
        claims["amr"] = ["mfa"]
    if person.scopes is not None:
        claims["scope"] = " ".join(sorted(person.scopes))
    return claims


def _verified(claims: Claims) -> Verified:
    subject, role, expires_at = claims.get("sub"), claims.get("role"), claims["exp"]
    if role not in ROLES or not isinstance(subject, str) or not subject:
        raise InvalidToken("The access token lacks a subject or a role.")
    organiser_id = claims.get("org", HOUSE) if role in STAFF_ROLES else None
    if organiser_id is not None and not isinstance(organiser_id, int):
        raise InvalidToken("The access token names no organiser.")
    session_id, scope, issued_at = claims.get("sid"), claims.get("scope"), claims.get("iat", 0)
    if not isinstance(session_id, str | None) or not isinstance(scope, str | None) or not isinstance(issued_at, int):
        raise InvalidToken("The access token has claims of a strange shape.")
    assert isinstance(expires_at, int)
    factors = claims.get("amr")
    return Verified(
        expires_at,
        issued_at,
        Person(
            subject,
            role,
            organiser_id,
            session_id,
            isinstance(factors, list) and "mfa" in factors,
            None if scope is None else frozenset(scope.split()),
        ),
    )


class KeyKeeper:
    """A signer whose keys and revocations follow the database."""

    def __init__(self, database: Database, keys: list[SigningKey], box: SecretBox = NO_SECRET_KEYS) -> None:
        self._database = database
        self._box = box
        self.revocations = Revocations()
        self.signer = TokenSigner(KeyRing(keys), self.revocations)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn what was revoked, then keep up with it until `close`."""
        await self.revocations.catch_up(self._database)
        self._task = asyncio.create_task(self.revocations.follow_forever(self._database, self._read_keys))

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            await end(self._task)

    async def _read_keys(self) -> None:
        try:
            self.signer.ring.replace(await read_keys(self._database, self._box))
        except SecretsFault as fault:
            log.warning("signing_keys_not_read", error=str(fault))  # those that are known stay: better than none


async def open_signer(database: Database, box: SecretBox = NO_SECRET_KEYS) -> TokenSigner:
    """The signer of this installation as it is now, for a short-lived process; SecretsFault as `open_keys`."""
    return TokenSigner(KeyRing(await open_keys(database, box)))


async def open_keeper(database: Database, box: SecretBox = NO_SECRET_KEYS) -> KeyKeeper:
    """The signer of this installation, following it; SecretsFault as `open_keys`."""
    keeper = KeyKeeper(database, await open_keys(database, box), box)
    await keeper.start()
    return keeper
