"""The short way of a sale call: from the parsed request to its handler and back, without ASGI in between.

A connection is uvicorn's in all but this: a request for a route of the sale lane that has no surprises (its length is
declared and small, no Idempotency-Key, no Expect, nothing under way before it on this connection) is answered here.
Everything else takes uvicorn's own way to the ASGI application, which knows the same routes. ADR 0011 has the figures.
"""

import time
from collections.abc import Sequence
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rowlock.kernel import limits
from rowlock.kernel.ids import new_request_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import Answer, Call, LaneRoute, SaleLane, problem_reply
from rowlock.platform.http.edge import note_answer, problem_of, request_id_of

_SURPRISES = frozenset({b"idempotency-key", b"x-idempotency-key", b"expect", b"transfer-encoding", b"upgrade"})
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus if status >= 200
}


class _NobodyWaits:
    """In the place of the event that uvicorn sets for an ASGI application that waits for a body."""

    def set(self) -> None:
        """Nothing waits here: a lane call is begun when its body is whole."""


class LaneCycle:
    """One request and its answer; to uvicorn's protocol it looks like the cycle of an ASGI request."""

    message_event = _NobodyWaits()

    def __init__(self, protocol: "LaneProtocol", route: LaneRoute, params: tuple[str, ...], path: str) -> None:
        self.body = b""
        self.more_body = True
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = protocol.parser.should_keep_alive()
        self._protocol = protocol
        self._route = route
        self._path = path
        self._params = params
        self._headers = protocol.headers
        self._started = time.perf_counter()

    async def run(self) -> None:
        """Carry out the call and write its answer."""
        request_id = request_id_of(self._headers)
        try:
            answer = await self._route.handle(Call(self._route.method, self._headers, self._params, self.body))
        except Exception as error:  # noqa: BLE001  as at the edge: whatever it is, the caller gets a problem document
            answer = problem_reply(problem_of(error), request_id)
        self._write(answer, request_id)
        route = self._route
        note_answer(route.method, route.path, self._path, answer.status, started=self._started, request_id=request_id)

    def _write(self, answer: Answer, request_id: str) -> None:
        self.response_complete = True
        if self.disconnected:
            return
        protocol = self._protocol
        always = protocol.server_state.default_headers
        protocol.transport.write(_bytes_of(answer, always, request_id, keep_alive=self.keep_alive))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


def _bytes_of(
    answer: Answer, default_headers: Sequence[tuple[bytes, bytes]], request_id: str, *, keep_alive: bool
) -> bytes:
    """The answer as it goes onto the wire, in one piece."""
    lines = [_STATUS_LINES[answer.status]]
    for name, value in (*default_headers, *answer.headers):
        lines += (name, b": ", value, b"\r\n")
    length = b"" if answer.status == HTTPStatus.NO_CONTENT else b"content-length: %d\r\n" % len(answer.body)
    closing = b"" if keep_alive else b"connection: close\r\n"
    lines.append(b"x-request-id: %b\r\n%b%b\r\n" % (request_id.encode(), length, closing))
    lines.append(answer.body)
    return b"".join(lines)


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a short way for the sale lane."""

    lane: SaleLane

    def on_headers_complete(self) -> None:
        """Take the request onto the short way when it may go there."""
        cycle = self._short_way()
        if cycle is None:
            super().on_headers_complete()
        else:
            self.cycle = cycle  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The body is whole: begin."""
        super().on_message_complete()
        cycle: object = self.cycle
        if isinstance(cycle, LaneCycle) and not cycle.response_complete:
            task = self.loop.create_task(cycle.run())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def send_400_response(self, msg: str) -> None:
        """What the parser cannot read gets a problem document, and the connection ends."""
        request_id = new_request_id()
        answer = problem_reply(Problem("malformed_request", msg), request_id)
        self.transport.write(_bytes_of(answer, self.server_state.default_headers, request_id, keep_alive=False))
        self.transport.close()

    def _short_way(self) -> LaneCycle | None:
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        if self.parser.get_http_version() != "1.1" or b"?" in self.url or b"%" in self.url:
            return None
        path = self.url.decode("ascii", "replace")
        found = self.lane.find(self.parser.get_method().decode("ascii"), path)
        return None if found is None or not _plain(self.headers) else LaneCycle(self, *found, path)


def _plain(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether nothing about the request needs the long way."""
    for name, value in headers:
        if name in _SURPRISES:
            return False
        if name == b"content-length" and (not value.isdigit() or int(value) > limits.REQUEST_BODY_BYTES_MAX):
            return False
    return True


def protocol_for(lane: SaleLane) -> type[LaneProtocol]:
    """The protocol class to give to uvicorn (`http=`) so that it serves this lane."""
    return type("LaneProtocol", (LaneProtocol,), {"lane": lane})
