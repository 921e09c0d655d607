"""Who sent a request: a bearer token, or the storefront's session cookie with proof that our own page sent it."""

import uuid
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, cookie_parser

from rowlock.identity.person import Person, Role, Scope
from rowlock.identity.tokens import InvalidToken, TokenSigner
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import RawHeaders, header

SESSION_COOKIE = "rowlock_session"
OWN_PAGE_HEADER = b"x-requested-with"
"""A page of another site cannot set it without our consent (it would need a CORS preflight, which we refuse)."""
MANAGERS: tuple[Role, ...] = ("organiser", "organiser_admin", "operator")
"""Who may make and change what is sold."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def person_behind(method: str, headers: RawHeaders, signer: TokenSigner) -> Person | None:
    """The person behind a request by its method and header lines, None when it carries no credentials.

    Raises Problem `unauthenticated` for credentials that do not hold and `cross_site_request` for a write that is
    vouched for by the cookie alone.
    """
    authorization = header(headers, b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem("unauthenticated", "Send the access token as `Authorization: Bearer <token>`.")
        return _verified(token.strip(), signer)
    cookie = cookie_parser(header(headers, b"cookie") or "").get(SESSION_COOKIE)
    if cookie is None:
        return None
    if method not in _READS:
        require_own_page(headers)
    return _verified(cookie, signer)


def person_of(request: HTTPConnection, signer: TokenSigner) -> Person | None:
    """The same of a request that came through ASGI."""
    return person_behind(request.scope["method"], request.scope["headers"], signer)


def require_person(request: HTTPConnection, signer: TokenSigner, *roles: Role, scope: Scope | None = None) -> Person:
    """The person behind a request, as `caller`; Problem `forbidden` when the role is not in `roles`.

    No roles given: any will do.
    """
    person = caller(request.scope["method"], request.scope["headers"], signer, scope)
    if roles and person.role not in roles:
        raise Problem("forbidden", f"This needs a token of role {' or '.join(roles)}; yours is of role {person.role}.")
    return person


def caller(method: str, headers: RawHeaders, signer: TokenSigner, scope: Scope | None = None) -> Person:
    """The person behind a call, by its method and header lines.

    Problems: `unauthenticated` without one; `scope_missing` for a program that was not given `scope`. Without a scope
    the call is for our own pages and scripts alone.
    """
    person = person_behind(method, headers, signer)
    if person is None:
        raise Problem("unauthenticated", "Send the access token as `Authorization: Bearer <token>`.")
    if not person.lends(scope):
        wanted = f"the scope `{scope}`" if scope else "the person's own session"
        raise Problem(
            "scope_missing", f"This needs {wanted}; the token is for {' '.join(sorted(person.scopes or ()))}."
        )
    return person


def new_guest() -> Person:
    """A buyer who has not told us who they are."""
    return Person(f"guest:{uuid.uuid4()}", "buyer")


def _verified(token: str, signer: TokenSigner) -> Person:
    try:
        return signer.verify(token)
    except InvalidToken as error:
        raise Problem("unauthenticated", str(error)) from error


def require_own_page(headers: RawHeaders) -> None:
    """Problem `cross_site_request` unless a page of ours sent this."""
    site = header(headers, b"sec-fetch-site") or "same-origin"
    if header(headers, OWN_PAGE_HEADER) is None or site != "same-origin" or not _from_own_host(headers):
        raise Problem("cross_site_request", "A write with the session cookie must come from our own pages.")


def _from_own_host(headers: RawHeaders) -> bool:
    """Whether the page that sent this, where the browser names it, is on the host that was asked."""
    origin = header(headers, b"origin")
    return origin is None or _same_host(origin, header(headers, b"host") or "")


@lru_cache(maxsize=256)
def _same_host(origin: str, host: str) -> bool:
    """Ports and schemes may differ: a proxy changes them."""
    try:
        sender, asked = urlsplit(origin).hostname, urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return sender is not None and sender == asked
