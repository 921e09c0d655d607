"""Signing in with an outside OpenID Connect provider: code with PKCE, state, nonce; its keys vouch for the id token.

The provider's word about a mail address joins nobody to an account: the first time, a mail to that address has to be
answered (`mail_links.py`). From then on the provider's name for somebody is enough.
"""

import base64
import hashlib
import secrets
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from rowlock.identity.accounts.mail_links import OutsideIdentity
from rowlock.platform.http.outbound import Outbound, OutboundAnswer, OutboundFailed

ALGORITHMS = ["RS256", "PS256", "ES256"]
DISCOVERY_SECONDS = 3600.0
CLOCK_SKEW_SECONDS = 60
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class OutsideRefused(Exception):  # noqa: N818  an outcome for the caller
    """The provider's answer proves nobody; the message is for the log."""


class Handshake(msgspec.Struct, frozen=True):
    """What must come back from the provider, kept with the browser meanwhile."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


class OutsidePerson(NamedTuple):
    """Somebody a provider vouches for. The address is what it believes; nothing is proven by it."""

    identity: OutsideIdentity
    email: str
    name: str


class _Provider(NamedTuple):
    authorization: str
    token: str
    keys: KeySet
    read_at: float


class OutsideProvider:
    """One provider, asked through the guarded way out."""

    def __init__(self, outbound: Outbound, issuer: str, client_id: str, client_secret: str) -> None:
        self._outbound = outbound
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._provider: _Provider | None = None

    async def begin(self, redirect_uri: str) -> tuple[str, Handshake]:
        """The address to send the browser to, and what must come back."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "client_id": self._client_id, "redirect_uri": redirect_uri,
            "scope": "openid email profile", "state": state, "nonce": nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        provider = await self._known()
        joint = "&" if "?" in provider.authorization else "?"
        return f"{provider.authorization}{joint}{urlencode(query)}", Handshake(state, nonce, verifier, redirect_uri)

    async def person(self, handshake: Handshake, code: str, state: str) -> OutsidePerson:
        """Who came back with `code`; OutsideRefused, OutboundFailed, OutboundRefused."""
        if not secrets.compare_digest(handshake.state.encode(), state.encode()):
            raise OutsideRefused("the state is another sign-in's")
        provider = await self._known()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": handshake.redirect_uri,
            "client_id": self._client_id, "code_verifier": handshake.verifier,
        }  # fmt: skip
        answer = await self._outbound.request(
            "POST", provider.token, headers=self._credentials() | _FORM, content=urlencode(form).encode()
        )
        token = _document(answer).get("id_token")
        if not isinstance(token, str):
            raise OutsideRefused("the provider gave no id token")
        claims = await self._claims(token, handshake.nonce)
        email, name = claims.get("email"), claims.get("name")
        return OutsidePerson(
            OutsideIdentity(self._issuer, str(claims["sub"])),
            email if isinstance(email, str) else "",
            name if isinstance(name, str) else "",
        )

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The id token's claims, once everything about it holds. Keys are read anew when none fits: they may rotate."""
        provider = await self._known()
        try:
            decoded = jwt.decode(token, provider.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            self._provider = None
            try:
                decoded = jwt.decode(token, (await self._known()).keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError) as error:
                raise OutsideRefused("the id token was not signed by the provider") from error
        claims, now = decoded.claims, time.time()
        audience = claims.get("aud")
        meant = audience in (self._client_id, [self._client_id])
        ends, begins = claims.get("exp"), claims.get("iat")
        if claims.get("iss") != self._issuer or not meant or claims.get("nonce") != nonce or not claims.get("sub"):
            raise OutsideRefused("the id token is not for us, or not for this sign-in")
        if not isinstance(ends, int | float) or not isinstance(begins, int | float):
            raise OutsideRefused("the id token lacks its times")
        if ends < now - CLOCK_SKEW_SECONDS or begins > now + CLOCK_SKEW_SECONDS:
            raise OutsideRefused("the id token is too old or from the future")
        return claims

    async def _known(self) -> _Provider:
        """The provider's addresses and keys, read anew every hour."""
        if self._provider is None or time.monotonic() - self._provider.read_at > DISCOVERY_SECONDS:
            found = await self._read(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self._issuer:
                raise OutsideRefused("the provider calls itself by another name than ROWLOCK_OIDC_ISSUER")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            authorization, token, jwks = (str(found.get(name, "")) for name in names)
            serialized: KeySetSerialization = await self._read(jwks)  # type: ignore[assignment]
            try:
                keys = KeySet.import_key_set(serialized)
            except (JoseError, ValueError, KeyError) as error:
                raise OutsideRefused("the provider's keys cannot be read") from error
            self._provider = _Provider(authorization, token, keys, time.monotonic())
        return self._provider

    async def _read(self, address: str) -> dict[str, Any]:
        return _document(await self._outbound.request("GET", address, headers={"Accept": "application/json"}))

    def _credentials(self) -> dict[str, str]:
        if not self._client_secret:
            return {}
        pair = f"{self._client_id}:{self._client_secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _document(answer: OutboundAnswer) -> dict[str, Any]:
    if answer.status != 200:
        raise OutboundFailed(f"the provider answered {answer.status}")
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise OutboundFailed("the provider's answer is not JSON") from error
