"""What a request for a stream asks for, and the heads of the answers that begin one. Pure."""

import random
import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.live.model import SUBPROTOCOL
from rowlock.platform.http.calls import Answer, RawHeaders, header

_PATH = re.compile(r"/api/v1/events/([^/]+)(/queue)?/stream")
_POSITION = re.compile(r"(\d{1,18})-(\d{1,18})")
_SPEAKS_OURS = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)])
_SPEAKS_ANY = ServerProtocol()
"""Only to judge handshakes: what they remember of the last one is of no interest, and one for each would be heavy."""

RETRY_MS_MIN, RETRY_MS_MAX = 1_000, 4_000


class StreamWish(NamedTuple):
    """Which stream, from where, and for whom. No `since`: the viewer has no map yet.

    `line`: the event's waiting line, not its seats; `place` is then a queue ticket, if it does not come as a cookie.
    """

    event_id: int
    since: int | None
    epoch: int | None
    ticket: str | None
    by_socket: bool
    line: bool = False
    place: str | None = None
    admission: str | None = None


def is_stream(path: str) -> bool:
    """Whether the path is that of a stream: of seats, or of a line."""
    return _PATH.fullmatch(path) is not None


def read_wish(method: str, target: str, headers: RawHeaders) -> StreamWish:
    """The wish in a request's head.

    Problems: `not_found`, `method_not_allowed`, `event_not_found`, `invalid_request`, `upgrade_required`.
    """
    path, _, query_string = target.partition("?")
    found = _PATH.fullmatch(path)
    if found is None:
        raise Problem("not_found", "There is nothing at this address.")
    if method != "GET":
        raise Problem("method_not_allowed", "This address does not answer that method.")
    event_id = parse_number_id(found[1])
    if event_id is None:
        raise Problem("event_not_found", f"There is no event {found[1]}.")
    by_socket = "websocket" in (header(headers, b"upgrade") or "").lower()
    if not by_socket and "text/event-stream" not in (header(headers, b"accept") or "").lower():
        raise Problem("upgrade_required", "Open a WebSocket, or send Accept: text/event-stream.")
    query = dict(parse_qsl(query_string))
    since, epoch = _number(query, "since"), _number(query, "epoch")
    last = _POSITION.fullmatch(header(headers, b"last-event-id") or "")
    if last is not None and not by_socket:
        epoch, since = int(last[1]), int(last[2])
    return StreamWish(
        event_id, since, epoch, query.get("ticket"), by_socket,
        line=bool(found[2]), place=query.get("queueTicket"), admission=query.get("admission"),
    )  # fmt: skip


def socket_head(target: str, headers: RawHeaders) -> bytes:
    """The answer that makes the connection a WebSocket; Problem `malformed_request` when the request is not whole."""
    wanted = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    judge = _SPEAKS_OURS if "sec-websocket-protocol" in wanted else _SPEAKS_ANY
    try:
        accept, _, protocol = judge.process_request(Request(target, wanted))
    except InvalidHandshake as error:
        raise Problem("malformed_request", f"This is no WebSocket handshake: {error}.") from error
    chosen = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n{chosen}\r\n"
    ).encode()


def events_head() -> bytes:
    """The head of an event stream; readers come back at moments of their own, not all at once."""
    retry = random.randint(RETRY_MS_MIN, RETRY_MS_MAX)
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
        b"Connection: close\r\n\r\nretry: %d\n\n" % retry
    )


def _number(query: "dict[str, str]", name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    number = parse_number_id(text)
    if number is None:
        raise Problem("invalid_request", f"{name}: {text[:40]!r} is not a number of ours.")
    return number


PLAIN_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


def metrics_answer(exposition: bytes) -> Answer:
    """The metrics page."""
    return Answer(200, exposition, (PLAIN_TEXT,))
