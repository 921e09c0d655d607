"""The words of OAuth 2.1 as we use them. Pure."""

import base64
import hashlib
import secrets
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from rowlock.identity.person import Person, Role

OpenIdScope = Literal["openid", "profile", "email", "offline_access"]
OPENID_SCOPES: tuple[OpenIdScope, ...] = get_args(OpenIdScope)
CODE_SECONDS = 60
ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 30 * 24 * 3600
GRANT_DAYS_MAX = 180
"""However often a program refreshes, after this it has to ask its person again."""
ID_TOKEN_SECONDS = 3_600
ASSERTION_SECONDS_MAX = 300
"""The longest that a device's signed request for a token may be good for."""
REDIRECT_URI_CHARS_MAX = 2_000
STATE_CHARS_MAX = 2_000


class OAuthError(Exception):
    """An outcome as RFC 6749 and RFC 7523 name them; answered as `{"error", "error_description"}`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class Client(msgspec.Struct, frozen=True):
    """A program. With a role it may also act in its own name (client credentials)."""

    id: str
    name: str
    secret_hash: bytes | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    role: Role | None
    organiser_id: int | None

    @property
    def confidential(self) -> bool:
        """Whether it can keep a secret; what runs in a browser or on a phone cannot."""
        return self.secret_hash is not None

    def knows(self, secret: str) -> bool:
        """Whether that is its secret."""
        return self.secret_hash is not None and secrets.compare_digest(self.secret_hash, hashed(secret))


class Wish(msgspec.Struct, frozen=True):
    """What a program asks somebody for, checked as far as it can be without that person."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    state: str | None
    nonce: str | None
    prompt: frozenset[str]


class Grant(msgspec.Struct, frozen=True):
    """What somebody allowed a program."""

    id: str
    client_id: str
    person: Person

    @property
    def session_id(self) -> str:
        """The session that all its tokens belong to."""
        return f"grant:{self.id}"


class UserInfo(msgspec.Struct, frozen=True):
    """Who a token speaks for (OpenID Connect Core 5.1), as far as the person allowed to tell."""

    sub: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    locale: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType = msgspec.UNSET
    email_verified: bool | msgspec.UnsetType = msgspec.UNSET


class TokenAnswer(msgspec.Struct, frozen=True):
    """What the token endpoint gives (RFC 6749 5.1); `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  a name, no secret
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET
    id_token: str | msgspec.UnsetType = msgspec.UNSET


def new_secret() -> str:
    """256 random bits, as a client, a code or a refresh token carries them."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """What is stored of a secret of 256 random bits; nothing slower is needed for those."""
    return hashlib.sha256(secret.encode()).digest()


def proves(verifier: str, challenge: str) -> bool:
    """Whether a PKCE verifier belongs to its challenge (S256, RFC 7636)."""
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made.encode(), challenge.encode())


def redirect_fault(uri: str) -> str | None:
    """Why a program may not have people sent there, None when it may.

    https; http only to this very machine (RFC 8252 7.3); a private scheme of an app must be a reversed domain (7.1).
    """
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return "it is not an address"
    if len(uri) > REDIRECT_URI_CHARS_MAX or parts.fragment or "#" in uri or not uri.isascii() or not uri.isprintable():
        return "it is too long, has a fragment or characters that no address has"
    if parts.username is not None or "*" in uri or " " in uri:
        return "it holds credentials, a space or a wildcard"
    match parts.scheme:
        case "https":
            return None if parts.hostname else "it has no host"
        case "http":
            return None if parts.hostname in {"127.0.0.1", "::1", "localhost"} else "only https, or http to localhost"
        case scheme:
            return (
                None if "." in scheme else "only https, http to localhost, or an app's scheme such as com.example.app"
            )
