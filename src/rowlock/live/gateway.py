"""The gateway: connections in, streams out. It knows every part and leaves to each what it is for."""

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from uvicorn.middleware.proxy_headers import _TrustedHosts as TrustedProxies

from rowlock.identity import InvalidToken, Person, TokenSigner
from rowlock.identity.revocations import unnamed
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.live import handshake
from rowlock.live.admission import Admission
from rowlock.live.audience import Watched
from rowlock.live.choosing import ChoosingBoard
from rowlock.live.entrance import Entrance
from rowlock.live.follower import LedgerFollower, WatchedEvent
from rowlock.live.frames import WireMessage
from rowlock.live.handshake import StreamWish
from rowlock.live.heartbeat import Heartbeat
from rowlock.live.holds import HoldAlarms
from rowlock.live.lines import LineTeller, WatchedLine
from rowlock.live.model import GOING_AWAY
from rowlock.live.reception import Reception
from rowlock.live.viewers import EventReader, SocketViewer, StreamViewer
from rowlock.platform.http.calls import RawHeaders, header, json_reply
from rowlock.platform.http.edge import problem_of
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS
from rowlock.platform.telemetry import metrics

TCP_USER_TIMEOUT_MS = 30_000
"""The kernel gives up a viewer whose machine acknowledges nothing for so long."""
FAREWELL_STEPS = 30
FAREWELLS_PER_SECOND = 1_000
LAST_WORDS_SECONDS = 1.0
"""For the close frames to be answered before the process ends."""

log = structlog.get_logger(__name__)


class Visitor(NamedTuple):
    """Somebody whose request is in order: what they wish, how the answer begins, where and who they are."""

    wish: StreamWish
    head: bytes
    address: str
    person: Person | None

    @property
    def subject(self) -> str | None:
        """Whose stream it is."""
        return None if self.person is None else self.person.subject


class Gateway:
    """All connections of one process."""

    def __init__(
        self,
        follower: LedgerFollower,
        admission: Admission,
        signer: TokenSigner,
        *,
        holds: HoldAlarms,
        board: ChoosingBoard,
        lines: LineTeller,
        entrance: Entrance,
    ) -> None:
        self._follower = follower
        self._admission = admission
        self._signer = signer
        self._holds = holds
        self._board = board
        self._lines = lines
        self._entrance = entrance
        self._proxies = TrustedProxies(os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1"))
        self._viewers: set[StreamViewer] = set()
        self._sessions: dict[StreamViewer, str] = {}
        self._deserted = asyncio.Event()
        self.heartbeat = Heartbeat()

    @property
    def viewers(self) -> frozenset[StreamViewer]:
        """All who stream now."""
        return frozenset(self._viewers)

    def reception(self) -> Reception:
        """What listens to a new connection."""
        return Reception(self)

    async def take_over(self, connection: socket.socket, head: bytes) -> None:
        """Go on with a connection that another process accepted, from the request it has read."""
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        _, reception = await loop.connect_accepted_socket(self.reception, connection)
        reception.data_received(head)

    def arrives(self, reception: Reception) -> None:
        """A connection was opened; its request must come soon."""
        self.heartbeat.give(reception)

    def departs(self, reception: Reception) -> None:
        """A connection ended before it streamed."""
        self.heartbeat.spare(reception)

    def asked(self, reception: Reception) -> None:
        """A request is whole: answer it or let it in."""
        self.heartbeat.spare(reception)
        path = reception.request.target.partition(b"?")[0]
        if path == b"/healthz":
            reception.answer(json_reply({"status": "ok"}))
        elif path == b"/metrics":
            reception.answer(handshake.metrics_answer(metrics.exposition()))
        elif path == b"/readyz":
            reception.task = asyncio.create_task(self._tell_ready(reception))
        else:
            self._let_in(reception)

    def leaves(self, viewer: StreamViewer) -> None:
        """A viewer was sent away; what is still to be written to him may take a while, not for ever."""
        self._take_leave(viewer)
        self.heartbeat.give(viewer)

    def chooses(self, viewer: StreamViewer, seats: Sequence[int]) -> None:
        """A viewer says what he has selected; who waits in a line sees no seats to select."""
        if isinstance(viewer.event, WatchedLine):
            return
        self._board.chooses(viewer, seats)

    def lost(self, viewer: StreamViewer) -> None:
        """A viewer's connection is gone."""
        self._take_leave(viewer)
        self.heartbeat.spare(viewer)
        self._viewers.discard(viewer)
        self._sessions.pop(viewer, None)
        self._admission.leave(viewer.address, viewer.person)
        metrics.STREAMS.dec()
        if not self._viewers:
            self._deserted.set()

    def ended(self, kind: str, thing: str) -> None:
        """A session, or all tokens of a person, ended: their streams must prove anew who they are."""
        for viewer in list(self._viewers):
            whose = self._sessions.get(viewer) if kind == "session" else viewer.person and unnamed(viewer.person)
            if whose == thing:
                viewer.dismiss(GOING_AWAY, "session ended")

    def close_seats(self, event_id: int) -> None:
        """From now on the event's seats are shown to those whose turn it is: whoever watches must come in anew."""
        event = self._follower.known(event_id)
        if event is not None:
            for viewer in [*event.audience.sockets, *event.audience.readers]:
                if isinstance(viewer, StreamViewer):
                    viewer.dismiss(GOING_AWAY, "waiting room")

    def clock_turned(self, event: WatchedEvent) -> None:
        """The event's sale was paused, or goes on: whoever holds seats of it hears how much time that leaves."""
        viewers = (*event.audience.sockets, *event.audience.readers)
        self._holds.hint([viewer.person for viewer in viewers if isinstance(viewer, StreamViewer) and viewer.person])

    async def send_away(self) -> None:
        """Tell all viewers to go elsewhere, many of them not at once, so that they do not arrive there together."""
        viewers = list(self._viewers)
        random.shuffle(viewers)
        seconds = min(limits.STREAM_FAREWELL_SECONDS, len(viewers) / FAREWELLS_PER_SECOND)
        for step in range(FAREWELL_STEPS):
            for viewer in viewers[step::FAREWELL_STEPS]:
                viewer.dismiss(GOING_AWAY, "going away")
            await asyncio.sleep(seconds / FAREWELL_STEPS)
        if self._viewers:
            self._deserted.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._deserted.wait(), LAST_WORDS_SECONDS)

    def _let_in(self, reception: Reception) -> None:
        request = reception.request
        assert reception.transport is not None
        try:
            target = request.target.decode("latin-1")
            wish = handshake.read_wish(request.method, target, request.headers)
            self._admission.check_origin(header(request.headers, b"origin"), header(request.headers, b"host"))
            person = self._person(wish, request.headers)
            address = self._address(reception.transport, request.headers)
            head = handshake.socket_head(target, request.headers) if wish.by_socket else handshake.events_head()
            visitor = Visitor(wish, head, address, person)
            if wish.line:
                self._admission.admit(address, visitor.subject)
                self._begin_waiting(reception, visitor)
                return
            self._entrance.check(wish, person, request.headers)
            event = self._follower.known(wish.event_id)
            greeting = event.feed.greeting(wish.since, wish.epoch) if event is not None else None
            if event is None or greeting is None:
                reception.task = asyncio.create_task(self._fetch_and_begin(reception, visitor))
                return
            self._admission.admit(address, visitor.subject)
        except Problem as problem:
            reception.refuse(problem)
        else:
            self._begin(reception, visitor, event, greeting)

    async def _fetch_and_begin(self, reception: Reception, visitor: Visitor) -> None:
        """The longer way in: the event, or what happened since the viewer left, must be read first."""
        wish, begun = visitor.wish, False
        try:
            self._admission.admit(visitor.address, visitor.subject)
        except Problem as problem:
            reception.refuse(problem)
            return
        try:
            event = await self._follower.open(wish.event_id)
            greeting = await self._follower.greeting(event, wish.since, wish.epoch)
            if reception.transport is not None and not reception.transport.is_closing():
                self._begin(reception, visitor, event, greeting)
                begun = True
        except Exception as error:  # noqa: BLE001  as at the edge: whatever it is, the caller gets a problem document
            reception.refuse(problem_of(error))
        finally:
            if not begun:
                self._admission.leave(visitor.address, visitor.subject)

    def _begin(self, reception: Reception, visitor: Visitor, event: WatchedEvent, greeting: WireMessage) -> None:
        """From here on the connection is the viewer's, and the viewer stands where its event does."""
        early = reception.early
        viewer = self._stream(reception, visitor, event)
        viewer.send(visitor.head + (greeting.frame if viewer.is_socket else greeting.event))
        self._holds.connect(viewer)
        self._board.connect(viewer)
        if early and viewer.is_socket:
            viewer.data_received(early)

    def _begin_waiting(self, reception: Reception, visitor: Visitor) -> None:
        """The same for somebody who waits in a line, or looks on without a place in it."""
        headers = reception.request.headers
        early, line = reception.early, self._lines.line(visitor.wish.event_id)
        viewer = self._stream(reception, visitor, line)
        viewer.send(visitor.head)
        self._lines.join(line, viewer, self._entrance.place(visitor.wish, headers))
        if early and viewer.is_socket:
            viewer.data_received(early)

    def _stream(self, reception: Reception, visitor: Visitor, watched: Watched) -> StreamViewer:
        transport = reception.transport
        assert transport is not None
        kind = SocketViewer if visitor.wish.by_socket else EventReader
        viewer = kind(self, transport, watched, visitor.address, visitor.subject)
        _bound(transport)
        transport.set_protocol(viewer)
        reception.hand_on()
        self._viewers.add(viewer)
        if visitor.person is not None and visitor.person.session_id is not None:
            self._sessions[viewer] = visitor.person.session_id
        metrics.STREAMS.inc()
        watched.audience.join(viewer)
        self.heartbeat.add(viewer)
        return viewer

    def _take_leave(self, viewer: StreamViewer) -> None:
        self.heartbeat.remove(viewer)
        if isinstance(viewer.event, WatchedLine):
            self._lines.leave(viewer.event, viewer)
            return
        viewer.event.audience.leave(viewer)
        self._holds.disconnect(viewer)
        self._board.disconnect(viewer)

    async def _tell_ready(self, reception: Reception) -> None:
        try:
            await self._follower.ping()
        except TRANSIENT_ERRORS:
            reception.refuse(Problem("unavailable", "PostgreSQL does not answer.", retryAfter=1))
        else:
            reception.answer(json_reply({"status": "ready", "hints": self._follower.hears}))

    def _person(self, wish: StreamWish, headers: RawHeaders) -> Person | None:
        """Whom a ticket or an access token names; None for anonymous viewers."""
        scheme, _, token = (header(headers, b"authorization") or "").partition(" ")
        try:
            if wish.ticket is not None:
                return self._signer.verify_ticket(wish.ticket)
            if scheme.lower() == "bearer":
                return self._signer.verify(token.strip())
        except InvalidToken as error:
            raise Problem("unauthenticated", str(error)) from error
        return None

    def _address(self, transport: asyncio.Transport, headers: RawHeaders) -> str:
        """Where the viewer is; what proxies say counts only from those that uvicorn trusts in the api as well."""
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if peer else "unknown"
        forwarded = b", ".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        if forwarded and host in self._proxies:
            return self._proxies.get_trusted_client_address(forwarded)[0] or host
        return host


def _bound(transport: asyncio.Transport) -> None:
    """What may wait for one viewer, here and in the kernel."""
    transport.set_write_buffer_limits(high=limits.STREAM_BUFFER_BYTES_MAX)
    connection = transport.get_extra_info("socket")
    if connection is None:
        return
    with contextlib.suppress(OSError):  # of a connection that has just ended
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.STREAM_SOCKET_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
