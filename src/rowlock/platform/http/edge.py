"""What every request passes: a request id, the clock, the metrics, the log line, and problems made visible."""

import re
import time
from collections.abc import Callable, Iterable, Sequence

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock.kernel.ids import new_request_id
from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Overloaded
from rowlock.platform.http.bodies import problem_answer
from rowlock.platform.postgres import DatabaseDown
from rowlock.platform.postgres.pool import DATABASE_TROUBLES
from rowlock.platform.telemetry import metrics
from rowlock.platform.telemetry.logs import request_log

log = structlog.get_logger(__name__)

_GIVEN_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_PUBLIC_READS = ("/api/v1/events", "/static/")
_QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
RETRY_AFTER_SECONDS = 1


class Edge:
    """The outermost ASGI layer of the api role."""

    def __init__(self, app: ASGIApp, methods_at: Callable[[str], Iterable[str]]) -> None:
        self._app = app
        self._methods_at = methods_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever it raises becomes a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = request_id_of(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id
        scope["app"] = self  # Starlette's routers then raise for 404 and 405 instead of answering in plain text
        status, complete = 0, False

        async def send_tagged(message: Message) -> None:
            nonlocal status, complete
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if status == 405:
                    headers["Allow"] = ", ".join(sorted(self._methods_at(scope["path"])))
                for name, value in scope["state"].get("quotas", ()):
                    headers[name.decode()] = value.decode("latin-1")
                if is_open_to_pages(scope["method"], scope["path"]):
                    headers["Access-Control-Allow-Origin"] = "*"
            await send(message)

        try:
            refuse_nul(scope["query_string"])
            await self._app(scope, receive, send_tagged)
        except Exception as error:
            if status and not complete:
                raise  # the answer has begun; only cutting the connection tells the caller
            if not complete:
                await problem_answer(problem_of(error), request_id)(scope, receive, send_tagged)
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        note_answer(scope["method"], route, scope["path"], status, started=started, request_id=request_id)


def problem_of(error: Exception) -> Problem:
    """The problem that tells of an exception; faults of ours are logged and become `internal_error`."""
    match error:
        case Problem():
            return error
        case HTTPException(status_code=404):
            return Problem("not_found", "There is nothing at this address.")
        case HTTPException(status_code=405):
            return Problem("method_not_allowed", "This address does not answer that method.")
        case HTTPException(status_code=status) if status < 500:
            return Problem("malformed_request", str(error.detail))
        case RequestValidationError():
            return Problem("invalid_request", _first_fault(error))
        case Overloaded():
            return Problem("overloaded", "Too many requests are waiting here.", retryAfter=RETRY_AFTER_SECONDS)
        case ClientDisconnect():
            return Problem("malformed_request", "The request broke off.")  # which nobody hears any more
        case DatabaseDown():
            log.error("database_down", error=str(error))
            return Problem("unavailable", "The database is not reachable.", retryAfter=RETRY_AFTER_SECONDS)
        case _ if isinstance(error, DATABASE_TROUBLES):  # in a transaction that is not safe to repeat unasked
            log.error("database_trouble", exc_info=error)
            return Problem("unavailable", "The database could not do that now.", retryAfter=RETRY_AFTER_SECONDS)
        case _:
            log.error("request_failed", exc_info=error)
            return Problem("internal_error", "This is our fault. Your holds and your money stand as they were.")


def is_open_to_pages(method: str, path: str) -> bool:
    """Whether pages of any site may read the answer: what everybody may read anyway, and never with a cookie."""
    return method in {"GET", "HEAD"} and path.startswith(_PUBLIC_READS)


def refuse_nul(query_string: bytes) -> None:
    """PostgreSQL's text cannot hold U+0000, and no parameter of ours means anything by it."""
    if b"%00" in query_string:
        raise Problem("invalid_request", "The query holds the character U+0000, which no text here may have.")


def request_id_of(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The caller's own X-Request-Id if it is fit for a log line, else a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _GIVEN_REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return new_request_id()


def note_answer(method: str, route: str, path: str, status: int, *, started: float, request_id: str) -> None:
    """Count and log an answer that was begun at `started` on the performance counter."""
    seconds = time.perf_counter() - started
    requests, durations = metrics.answered(method, route, status)
    requests.inc()
    durations.observe(seconds)
    if route not in _QUIET_ROUTES:
        request_log.write(method, path, status, seconds, request_id)


def _first_fault(error: RequestValidationError) -> str:
    fault = error.errors()[0]
    return f"{fault['loc'][-1]}: {fault['msg']}."
