"""Bodies in and out: JSON through msgspec, problems as application/problem+json."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from rowlock.kernel import limits
from rowlock.kernel.problems import Problem, problem_body
from rowlock.platform.telemetry import metrics

Body = TypeVar("Body")

log = structlog.get_logger(__name__)

encode = msgspec.json.Encoder().encode
_WATCHED = frozenset(
    {
        "unauthenticated",
        "forbidden",
        "scope_missing",
        "cross_site_request",
        "origin_not_allowed",
        "second_factor_needed",
        "sign_in_failed",
        "other_browser",
        "checkout_blocked",
    }
)
"""Who is turned away for what they may not do stands in the log with the reason; the request's line has the path."""
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON can spell U+0000, PostgreSQL's text cannot hold it; a backslash before it makes it six ordinary letters."""


def json_answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of JSON; structs, dicts and lists are encoded, bytes are taken as they are."""
    body = content if isinstance(content, bytes) else encode(content)
    return Response(body, status, headers=dict(headers or {}), media_type="application/json")


def problem_answer(problem: Problem, request_id: str) -> Response:
    """The problem document of `problem`, with Retry-After and WWW-Authenticate where they belong."""
    body, headers = problem_parts(problem, request_id)
    return Response(body, problem.kind.status, headers=headers)


def problem_parts(problem: Problem, request_id: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a problem document; the problem is counted."""
    metrics.PROBLEMS.labels(problem.code).inc()
    if problem.code in _WATCHED:
        log.info("refused", code=problem.code, requestId=request_id)
    headers = {"Content-Type": "application/problem+json"}
    if "retryAfter" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retryAfter"])
    if problem.kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="rowlock"'
    headers.update((name.decode(), value.decode("latin-1")) for name, value in problem.headers)
    return encode(problem_body(problem, request_id)), headers


async def read_bytes(request: Request, bytes_max: int = limits.REQUEST_BODY_BYTES_MAX) -> bytes:
    """The whole body; Problem `body_too_large` as soon as it passes `bytes_max`."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > bytes_max:
        raise Problem("body_too_large", f"The body may have {bytes_max} bytes, this one has {declared}.")
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > bytes_max:
            raise Problem("body_too_large", f"The body may have {bytes_max} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_body(request: Request, decoder: "msgspec.json.Decoder[Body]") -> Body:
    """The JSON body as `decoder` types it; Problems as of `decode_body`."""
    return decode_body(request.headers.get("content-type"), await read_bytes(request), decoder)


def decode_body(content_type: str | None, body: bytes, decoder: "msgspec.json.Decoder[Body]") -> Body:
    """The JSON body as `decoder` types it.

    Problem `malformed_request` when it is no JSON, `invalid_request` when it is JSON of another shape.
    """
    if content_type is not None and content_type != "application/json":
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise Problem("unsupported_media_type", f"Send application/json, not {media_type}.")
    if rb"\u0000" in body and _ESCAPED_NUL.search(body):
        raise Problem("invalid_request", "The body holds the character U+0000, which no text here may have.")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Problem("invalid_request", f"The body does not have the expected shape: {error}.") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem("malformed_request", f"The body is not JSON: {error}.") from error
