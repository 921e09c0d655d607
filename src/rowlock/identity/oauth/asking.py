"""`/oauth/authorize`: what becomes of a visitor whom a program sent here."""

import time
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request, cookie_parser

from rowlock.identity.oauth.desk import TokenDesk
from rowlock.identity.oauth.model import OAuthError, Wish
from rowlock.identity.oauth.wishes import WishRefused, answer_address, read_wish, refusal_address
from rowlock.identity.requests import SESSION_COOKIE
from rowlock.identity.tokens import InvalidToken, TokenSigner, Verified

FRESH_SECONDS = 60
"""A session that began within this time is what `prompt=login` asks for."""
_LOGIN_REQUIRED = OAuthError("login_required", "Nobody is signed in.")
_CONSENT_REQUIRED = OAuthError("consent_required", "The person has not allowed this yet.")


class ProgramWish(msgspec.Struct, frozen=True):
    """What to ask the visitor. `query` is the request's own, `host` is where the visitor goes back to."""

    program: str
    scopes: tuple[str, ...]
    role: str
    host: str
    query: str


class SendOn(msgspec.Struct, frozen=True):
    """The visitor is to go on to another address."""

    location: str


class Refused(msgspec.Struct, frozen=True):
    """The visitor cannot be sent anywhere: the words are for who wrote the program."""

    words: str


def issuer_of(request: Request, public_url: str) -> str:
    """The issuer's name: the configured address of the installation, else the one that was asked."""
    return (public_url or str(request.base_url)).rstrip("/")


async def consider(
    visitor: Request, desk: TokenDesk, signer: TokenSigner, public_url: str
) -> ProgramWish | SendOn | Refused:
    """Send the visitor to sign in, back with an answer, or ask. Who allowed the same before is not asked again."""
    query, issuer = visitor.url.query, issuer_of(visitor, public_url)
    try:
        wish = await read_wish(query, desk.clients, issuer)
    except WishRefused as refusal:
        return Refused(refusal.words) if refusal.back_to is None else SendOn(refusal.back_to)
    session = _session(visitor, signer)
    if session is None or ("login" in wish.prompt and session.issued_at < time.time() - FRESH_SECONDS):
        if "none" in wish.prompt:
            return _no(wish, _LOGIN_REQUIRED, issuer)
        return SendOn(f"/sign-in?{urlencode({'next': f'/oauth/authorize?{query}'})}")
    if "consent" not in wish.prompt and await desk.grants.allowed_before(wish, session.person):
        return SendOn(answer_address(wish, await desk.grants.allow(wish, session.person), issuer))
    if "none" in wish.prompt:
        return _no(wish, _CONSENT_REQUIRED, issuer)
    host = urlsplit(wish.redirect_uri).netloc or wish.redirect_uri
    return ProgramWish(wish.client.name, tuple(sorted(wish.scopes)), session.person.role, host, query)


def _no(wish: Wish, error: OAuthError, issuer: str) -> SendOn:
    return SendOn(refusal_address(wish.redirect_uri, error, wish.state, issuer))


def _session(visitor: Request, signer: TokenSigner) -> Verified | None:
    """The visitor's own session, None for guests. Only the cookie counts: a browser sends no token by itself."""
    cookie = cookie_parser(visitor.headers.get("cookie", "")).get(SESSION_COOKIE)
    try:
        verified = signer.verified(cookie) if cookie is not None else None
    except InvalidToken:
        return None
    return verified if verified is not None and verified.person.session_id and verified.person.scopes is None else None
