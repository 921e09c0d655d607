"""The short way of a sale call: from the parsed request to its handler and back, without ASGI in between.

A connection is uvicorn's in all but this: a request for a route of the sale lane that has no surprises (its length is
declared and small, no Expect, nothing under way before it on this connection) is answered here.
Everything else takes uvicorn's own way to the ASGI application, which knows the same routes. ADR 0011 has the figures.

Where the sale's turnstile is shut, a request that came in one piece is refused before it is even parsed: in a crowd the
refusals are most of the work. ADR 0013 has those figures.
"""

import re
import time
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rowlock.kernel import limits
from rowlock.kernel.ids import new_request_id
from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Overloaded
from rowlock.platform.http.calls import Answer, Call, LaneRoute, SaleLane, answer_bytes, problem_reply
from rowlock.platform.http.edge import note_answer, problem_of, request_id_of
from rowlock.platform.http.handover import HandoverDoor
from rowlock.platform.http.idempotency import KeyedCalls

_SURPRISES = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,5})[ \t]*(?=\r\n)", re.IGNORECASE)
_OTHERWISE_FRAMED = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade|connection)[ \t]*:", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


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
            peer = self._protocol.client
            call = Call(self._route.method, self._headers, self._params, self.body, peer=peer[0] if peer else "")
            answer = await self._protocol.keyed.answer(self._route.answer, call, self._path, request_id)
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
        protocol.transport.write(answer_bytes(answer, always, request_id, keep_alive=self.keep_alive))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class LeavingCycle:
    """In the place of a request's cycle while its connection is passed on: nothing more of it is wanted here."""

    message_event = _NobodyWaits()
    response_complete = True
    disconnected = False

    def __init__(self, door: HandoverDoor) -> None:
        self.door = door


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a short way for the sale lane and a way out for what another process serves."""

    lane: SaleLane
    keyed: KeyedCalls
    door: HandoverDoor | None
    passed_on: Callable[[bytes], bool]
    """Whether another process answers requests for this target; only asked where there is a door to it."""
    _within_a_request = False

    def data_received(self, data: bytes) -> None:
        """Turn away, or parse; a request that is another process's affair leaves with its connection when its head is
        whole."""
        shut = None if self._within_a_request else self.lane.turns_away(data)
        if shut is not None and not self._busy and _is_one_request(data):
            shut.refused()
            self._turn_away()
            return
        super().data_received(data)
        cycle: object = self.cycle
        if isinstance(cycle, LeavingCycle) and not self.transport.is_closing():
            self._pass_on(cycle.door)

    def on_message_begin(self) -> None:
        """The first bytes of a request."""
        self._within_a_request = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take the request onto the short way, or out of the house, when it may go there."""
        cycle = None if self._busy else self._way_out() or self._short_way()
        if cycle is None:
            super().on_headers_complete()
        else:
            self.cycle = cycle  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The body is whole: begin."""
        self._within_a_request = False
        super().on_message_complete()
        cycle: object = self.cycle
        if isinstance(cycle, LaneCycle) and not cycle.response_complete:
            task = self.loop.create_task(cycle.run())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def send_400_response(self, msg: str) -> None:
        """What the parser cannot read gets a problem document, and the connection ends."""
        self._refuse(Problem("malformed_request", msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to warn of: the connection leaves, or the request is answered as if it had not asked."""

    @property
    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _turn_away(self) -> None:
        """Refuse what has just come. No log line and one metric: a crowd makes tens of thousands a second."""
        self._unset_keepalive_if_required()
        before, between, after = _TURNED_AWAY
        request_id = new_request_id().encode()
        self.transport.write(b"".join((before, request_id, between, request_id, after)))
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _way_out(self) -> LeavingCycle | None:
        return LeavingCycle(self.door) if self.door is not None and self.passed_on(self.url) else None

    def _pass_on(self, door: HandoverDoor) -> None:
        self.transport.pause_reading()
        lines = [b"%b: %b\r\n" % header for header in self.headers]
        head = b"%b %b HTTP/1.1\r\n%b\r\n" % (self.parser.get_method(), self.url, b"".join(lines))
        all_written = self.transport.get_write_buffer_size() == 0  # answers to earlier requests on this connection
        if all_written and door.give(self.transport.get_extra_info("socket").fileno(), head):
            self.transport.abort()  # ends our copy; the connection goes on
        else:
            self._refuse(Problem("unavailable", "Seat streams are not served right now.", retryAfter=2))

    def _refuse(self, problem: Problem) -> None:
        request_id = request_id_of(self.headers or ())
        answer = problem_reply(problem, request_id)
        self.transport.write(answer_bytes(answer, self.server_state.default_headers, request_id, keep_alive=False))
        self.transport.close()

    def _short_way(self) -> LaneCycle | None:
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


def _is_one_request(data: bytes) -> bool:
    """Whether these bytes are a request from its first to its last, framed by its length alone."""
    head_end = data.find(_HEAD_END)
    lengths = _LENGTH.findall(data, 0, head_end + 2) if head_end > 0 else []
    if len(lengths) != 1 or head_end + len(_HEAD_END) + int(lengths[0]) != len(data):
        return False
    return _OTHERWISE_FRAMED.search(data, 0, head_end) is None


def _turned_away() -> tuple[bytes, bytes, bytes]:
    """The answer to those who are turned away, without the request id that stands in it twice."""
    mark = "-" * 32
    answer = problem_reply(problem_of(Overloaded()), mark)
    before, between, after = answer_bytes(answer, (), mark, keep_alive=True).split(mark.encode())
    return before, between, after


_TURNED_AWAY = _turned_away()


def protocol_for(
    lane: SaleLane, keyed: KeyedCalls, door: HandoverDoor | None, passed_on: Callable[[bytes], bool]
) -> type[LaneProtocol]:
    """The protocol class to give to uvicorn (`http=`): serves the lane, passes on what `passed_on` says of a target."""
    served = {"lane": lane, "keyed": keyed, "door": door, "passed_on": staticmethod(passed_on)}
    return type("LaneProtocol", (LaneProtocol,), served)
