"""Who sent a request: a bearer token, or the storefront's session cookie with proof that our own page sent it."""

import uuid

from starlette.requests import HTTPConnection

from rowlock.identity.tokens import InvalidToken, Person, Role, TokenSigner
from rowlock.kernel.problems import Problem

SESSION_COOKIE = "rowlock_session"
OWN_PAGE_HEADER = "x-requested-with"
"""A page of another site cannot set it without our consent (it would need a CORS preflight, which we refuse)."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def person_of(request: HTTPConnection, signer: TokenSigner) -> Person | None:
    """The person behind a request, None when it carries no credentials.

    Raises Problem `unauthenticated` for credentials that do not hold and `cross_site_request` for a write that is
    vouched for by the cookie alone.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem("unauthenticated", "Send the access token as `Authorization: Bearer <token>`.")
        return _verified(token.strip(), signer)
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie is None:
        return None
    if request.scope["method"] not in _READS:
        _require_own_page(request)
    return _verified(cookie, signer)


def require_person(request: HTTPConnection, signer: TokenSigner, *roles: Role) -> Person:
    """The person behind a request; Problem `unauthenticated` without one, `forbidden` when the role is not in `roles`.

    No roles given: any will do.
    """
    person = person_of(request, signer)
    if person is None:
        raise Problem("unauthenticated", "Send the access token as `Authorization: Bearer <token>`.")
    if roles and person.role not in roles:
        raise Problem("forbidden", f"This needs a token of role {' or '.join(roles)}; yours is of role {person.role}.")
    return person


def new_guest() -> Person:
    """A buyer who has not told us who they are."""
    return Person(f"guest:{uuid.uuid4()}", "buyer")


def _verified(token: str, signer: TokenSigner) -> Person:
    try:
        return signer.verify(token)
    except InvalidToken as error:
        raise Problem("unauthenticated", str(error)) from error


def _require_own_page(request: HTTPConnection) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    if OWN_PAGE_HEADER not in request.headers or site != "same-origin":
        raise Problem("cross_site_request", "A write with the session cookie must come from our own pages.")
