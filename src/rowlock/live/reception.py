"""A connection from its first byte until it streams: the request's head, and who may pass."""

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

from rowlock.kernel import limits
from rowlock.kernel.ids import new_request_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import Answer, answer_bytes, problem_reply

if TYPE_CHECKING:
    from rowlock.live.gateway import Gateway


class StreamRequest:
    """The head of a request: `target` as it was sent, names of headers in lower case."""

    __slots__ = ("headers", "method", "target")

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []


class Reception(asyncio.Protocol):
    """Reads one request and hands it to the gateway, which takes the connection over or has it answered."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._read = 0
        self._complete = False
        self.request = StreamRequest()
        self.early = b""
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody comes in."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one, though not by inheritance
        self._gateway.arrives(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """He left before anything came of it."""
        self.transport = None
        self._gateway.departs(self)
        if self.task is not None:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        """More of the request; what comes after it is kept for the stream."""
        self._read += len(data)
        if self._read > limits.STREAM_HEAD_BYTES_MAX:
            self.refuse(Problem("malformed_request", "The request's head is too long."))
        elif self._complete:
            self.early += data
        else:
            self._parse(data)

    def hand_on(self) -> None:
        """Somebody else has the connection now; let go of all, so that nothing waits for the garbage collector."""
        self.transport = self._parser = self.task = None

    def abort(self) -> None:
        """The request did not become whole in time."""
        if self.transport is not None:
            self.transport.abort()

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem document and close."""
        request_id = new_request_id()
        self.answer(problem_reply(problem, request_id), request_id)

    def answer(self, answer: Answer, request_id: str | None = None) -> None:
        """Answer and close."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(answer_bytes(answer, (), request_id or new_request_id(), keep_alive=False))
            self.transport.close()

    def _parse(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.early = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self.refuse(Problem("malformed_request", "This is no HTTP request."))
            return
        if self._complete:
            self.request.method = self._parser.get_method().decode("latin-1")
            self._gateway.asked(self)

    def on_url(self, url: bytes) -> None:
        """The parser's word: a piece of the target."""
        self.request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser's word: a header line."""
        self.request.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The parser's word: that was the head. No request here has a body that matters."""
        self._complete = True
