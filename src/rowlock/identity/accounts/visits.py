"""Where a request comes from, as far as signing in has to know: which browser, which device, roughly where from."""

import base64
import hashlib
import ipaddress
import secrets
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

BROWSER_COOKIE = "rowlock_browser"
"""Ties what a browser begins (a mailed link, a passkey's challenge) to that browser; it does not say who it is."""
BROWSER_COOKIE_SECONDS = 24 * 3600
SECRET_BYTES = 24
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


class Visit(msgspec.Struct, frozen=True):
    """One request's surroundings. `site` is where links in mails may lead; empty when nobody vouches for an address."""

    browser: str
    address_prefix: str
    device: str
    site: str
    origin: str
    host: str

    @property
    def browser_hash(self) -> bytes:
        """What the database knows the browser by."""
        return digest(self.browser)


def visit_of(request: Request, public_url: str) -> Visit:
    """The surroundings of a request. A browser that came without its cookie gets a new one by `remember_browser`.

    The address a mail's link leads to is the configured one. The request's own Host is believed only on this machine:
    anybody could send another's, and have a stranger's link lead to their own site.
    """
    own = f"{request.url.scheme}://{request.url.netloc}"
    base = public_url.rstrip("/") or own
    local = (request.url.hostname or "") in _LOOPBACK
    return Visit(
        browser=request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(SECRET_BYTES),
        address_prefix=address_prefix(request.client.host if request.client else ""),
        device=device_name(request.headers.get("user-agent", "")),
        site=base if public_url or local else "",
        origin=own if local else _origin(base),
        host=(request.url.hostname or "") if local else urlsplit(base).hostname or "",
    )


def remember_browser(response: Response, visit: Visit, *, secure: bool) -> None:
    """Let the browser keep its secret for what it has begun."""
    response.set_cookie(
        BROWSER_COOKIE, visit.browser, max_age=BROWSER_COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure
    )


def address_prefix(address: str) -> str:
    """The network an address lies in: /24, or /48 of IPv6; `unknown` for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def device_name(user_agent: str) -> str:
    """What a person knows their device by, from its User-Agent: `Firefox, Linux`."""
    known = [next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, known))


def digest(secret: str) -> bytes:
    """What is stored of a secret with enough chance in it to need no salt."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """A secret nobody can guess, fit for an address."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
