"""What every request passes that is not a sale call: limits by address, the device cookie, and looks at the map.

Addresses of sessions and accounts are limited among all processes, what everybody may read by this process alone. Our
own machines (`FORWARDED_ALLOW_IPS`, this host) are nobody's client and are not counted.
"""

import re
from collections.abc import Callable

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock.bots.traces import DEVICE_COOKIE, DEVICE_COOKIE_DAYS, Traces
from rowlock.platform.http.calls import RawHeaders
from rowlock.platform.valkey.limiter import Limit, Limiter

ACCOUNT_PATHS = re.compile(r"/api/v1/(?:session|account|oauth)|/(?:oauth|oauth2|sign-in|account)(?:/|$)")
_MAPS = re.compile(r"/api/v1/events/[^/]+/(?:seats|plan)|/events/[^/]+")
_DAY_SECONDS = 86_400


class AddressRates(msgspec.Struct, frozen=True, kw_only=True):
    """How much one network may ask a minute; 0 turns a limit off."""

    account_calls: int
    reads: int


class Doorway:
    """The ASGI layer below the edge. `looked` hears of everybody who reads the seats of an event."""

    def __init__(
        self,
        app: ASGIApp,
        traces: Traces,
        limiter: Limiter,
        rates: AddressRates,
        *,
        secure_cookies: bool,
        looked: Callable[[str, RawHeaders], None] | None = None,
    ) -> None:
        self._app = app
        self._traces = traces
        self._limiter = limiter
        self._rates = rates
        self._secure = secure_cookies
        self._looked = looked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or raise Problem `rate_limited`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], scope["headers"]
        peer = scope["client"][0] if scope.get("client") else ""
        reads = scope["method"] in {"GET", "HEAD"}
        prefix = self._traces.prefix(peer, headers)
        if ACCOUNT_PATHS.match(path):
            if prefix and not reads:
                await self._limiter.require(Limit(f"account-calls:{prefix}", self._rates.account_calls))
            if not self._traces.device(headers):
                send = self._with_cookie(send)
        elif reads:
            if prefix:
                self._limiter.require_here(Limit(f"reads:{prefix}", self._rates.reads))
            if self._looked is not None and _MAPS.fullmatch(path):
                self._looked(peer, headers)
        await self._app(scope, receive, send)

    def _with_cookie(self, send: Send) -> Send:
        """Answers that begin or change a session bring a device its cookie, if it has none of ours."""
        cookie = Response()
        cookie.set_cookie(
            DEVICE_COOKIE,
            self._traces.new_device(),
            max_age=DEVICE_COOKIE_DAYS * _DAY_SECONDS,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                MutableHeaders(scope=message).append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        return send_with_cookie
