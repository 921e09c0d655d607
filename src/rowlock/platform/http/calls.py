"""The sale lane's own view of a request: handlers take a `Call` and give an `Answer`, whichever server brought it.

Most come straight from the connection (`lane_protocol`), others through the ASGI layers; both end here.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import decode_body, encode, problem_parts, read_bytes
from rowlock.platform.http.turnstile import Turnstile

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Header lines as they came: names in lower case, values in latin-1."""

Body = TypeVar("Body")
JSON_TYPE = (b"content-type", b"application/json")
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus if status >= 200
}


def header(headers: RawHeaders, name: bytes) -> str | None:
    """The value of the first header of that (lower-case) name."""
    for given, value in headers:
        if given == name:
            return value.decode("latin-1")
    return None


class Call:
    """One request. `params` are the path's variable parts in order; `key` is the idempotency key it runs under.

    `peer` is the address at the other end of the connection, which may be a proxy's. Whoever takes from the caller's
    quotas leaves what to tell of them in `quotas`, as header lines.
    """

    __slots__ = ("body", "headers", "key", "method", "params", "peer", "quotas")

    def __init__(
        self,
        method: str,
        headers: RawHeaders,
        params: Sequence[str],
        body: bytes,
        *,
        key: str | None = None,
        peer: str = "",
    ) -> None:
        self.method = method
        self.headers = headers
        self.params = params
        self.body = body
        self.key = key
        self.peer = peer
        self.quotas: RawHeaders = ()

    def read(self, decoder: "msgspec.json.Decoder[Body]") -> Body:
        """The JSON body as `decoder` types it; Problems as of `bodies.decode_body`."""
        return decode_body(header(self.headers, b"content-type"), self.body, decoder)


class Answer(NamedTuple):
    """What goes back. `headers` are complete but for Content-Length and X-Request-Id."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


Handler = Callable[[Call], Awaitable[Answer]]


class LaneRoute(NamedTuple):
    """An address of the sale lane; `path` may have variable parts in braces.

    Calls that begin a purchase come through a `turnstile`; those of people who have seats already do not.
    """

    method: str
    path: str
    handle: Handler
    turnstile: Turnstile | None = None

    async def answer(self, call: Call) -> Answer:
        """Carry the call out; `Overloaded` when its turnstile is shut."""
        try:
            if self.turnstile is None:
                answer = await self.handle(call)
            else:
                with self.turnstile:
                    answer = await self.handle(call)
        except Problem as problem:
            problem.headers = problem.headers or tuple(call.quotas)
            raise
        return Answer(answer.status, answer.body, (*answer.headers, *call.quotas)) if call.quotas else answer


def json_reply(content: object, status: int = 200, *headers: tuple[bytes, bytes]) -> Answer:
    """An answer of JSON."""
    return Answer(status, encode(content), (JSON_TYPE, *headers))


def problem_reply(problem: Problem, request_id: str) -> Answer:
    """The problem document of `problem`."""
    body, headers = problem_parts(problem, request_id)
    lines = ((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())
    return Answer(problem.kind.status, body, tuple(lines))


def answer_bytes(answer: Answer, default_headers: RawHeaders, request_id: str, *, keep_alive: bool) -> bytes:
    """The answer as it goes onto the wire, in one piece."""
    lines = [_STATUS_LINES[answer.status]]
    for name, value in (*default_headers, *answer.headers):
        lines += (name, b": ", value, b"\r\n")
    length = b"" if answer.status == HTTPStatus.NO_CONTENT else b"content-length: %d\r\n" % len(answer.body)
    closing = b"" if keep_alive else b"connection: close\r\n"
    lines.append(b"x-request-id: %b\r\n%b%b\r\n" % (request_id.encode(), length, closing))
    lines.append(answer.body)
    return b"".join(lines)


class SaleLane:
    """The lane's routes, found by method and path."""

    def __init__(self, routes: Iterable[LaneRoute]) -> None:
        self.routes = tuple(routes)
        self._exact = {(route.method, route.path): route for route in self.routes if "{" not in route.path}
        self._turnstiles = {
            f"{route.method} {route.path} HTTP/1.1".encode(): route.turnstile
            for route in self._exact.values()
            if route.turnstile is not None
        }
        self._patterns = [
            (route, re.compile(re.sub(r"\{\w+\}", "([^/]+)", route.path))) for route in self.routes if "{" in route.path
        ]

    def find(self, method: str, path: str) -> tuple[LaneRoute, tuple[str, ...]] | None:
        """The route and its variable parts; a fixed path goes before a variable one."""
        route = self._exact.get((method, path))
        if route is not None:
            return route, ()
        for route, pattern in self._patterns:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, match.groups()
        return None

    def turns_away(self, data: bytes) -> Turnstile | None:
        """The turnstile that is shut for the call whose first bytes these are; None when it may come in."""
        turnstile = self._turnstiles.get(data[: data.find(b"\r\n")])
        return turnstile if turnstile is not None and turnstile.shut else None

    def asgi_routes(self) -> list[Route]:
        """The same routes for the ASGI router, which serves what the protocol does not take."""
        return [
            Route(route.path, _endpoint(route), methods=[route.method])
            for route in sorted(self.routes, key=lambda route: "{" in route.path)
        ]


def key_of(request: Request) -> str | None:
    """The key under which this request is being carried out, for commands that derive their ids from it."""
    key = request.scope["state"].get("idempotency_key")
    return key if isinstance(key, str) else None


def _endpoint(route: LaneRoute) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        params = tuple(str(value) for value in request.path_params.values())
        body = await read_bytes(request)
        peer = request.client.host if request.client else ""
        headers = request.scope["headers"]
        answer = await route.answer(Call(request.method, headers, params, body, key=key_of(request), peer=peer))
        response = Response(answer.body, answer.status)
        response.raw_headers.extend(answer.headers)
        return response

    return endpoint
