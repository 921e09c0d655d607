"""Structured logs: one JSON object a line on standard output."""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

FLUSH_SECONDS = 0.1
"""How long a line about a request may lie in memory: one write then carries many."""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(level: str, role: str) -> None:
    """Log from `level` up, every line naming this process's role."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    request_log.role, request_log.enabled = role, _LEVELS[level] <= logging.INFO
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stdout, format='{"level":"%(levelname)s","event":"%(message)s"}'
    )


def _encode(entry: Any, **_options: Any) -> bytes:  # noqa: ANN401  structlog's own signature
    return msgspec.json.encode(entry, enc_hook=str)


class RequestLine(msgspec.Struct, frozen=True, gc=False):
    """The log line of one answered request."""

    event: str
    method: str
    path: str
    status: int
    ms: float
    requestId: str  # noqa: N815  the contract's spelling
    role: str
    level: str
    at: datetime


class RequestLog:
    """Writes a line a request, many at a time: a system call for each would cost as much as reading its headers."""

    def __init__(self) -> None:
        self.enabled = False
        self.role = ""
        self._encode = msgspec.json.Encoder().encode
        self._lines: list[bytes] = []

    def write(self, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
        """Note an answered request; the line is written within `FLUSH_SECONDS`."""
        if not self.enabled:
            return
        ms, now = round(seconds * 1000, 2), datetime.now(UTC)
        line = RequestLine("request", method, path, status, ms, request_id, self.role, "info", now)
        self._lines.append(self._encode(line))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        if self._lines:
            self._lines.append(b"")
            sys.stdout.buffer.write(b"\n".join(self._lines))
            sys.stdout.buffer.flush()
            self._lines.clear()


request_log = RequestLog()
"""This process's; silent until `configure_logs` has been called."""
