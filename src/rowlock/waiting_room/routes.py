"""The line as people meet it: join, ask, leave. And the board that is the same for everybody."""

from rowlock.bots.traces import Traces
from rowlock.identity import TokenSigner, caller, person_behind
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import Answer, Call, LaneRoute, RawHeaders, json_reply
from rowlock.platform.http.openapi import Operation
from rowlock.platform.valkey.limiter import Limit, Limiter
from rowlock.waiting_room.desk import TICKET_COOKIE, QueueDesk
from rowlock.waiting_room.doorman import ADMISSION_COOKIE
from rowlock.waiting_room.model import QueueAnswer, QueueBoard, QueueBucket

PATH = "/api/v1/events/{event_id}/queue"
TICKET_SECONDS = 24 * 3600
CALLS_PER_MINUTE = 120
"""Of one person at one process: somebody whose page asks every two seconds, four times over."""
DEVICE_SECONDS = 3_600
BUCKET_MAX = 400
"""Of whoever has more people ahead than live on earth."""
_PRIVATE = (b"cache-control", b"private, no-store")
_SHARED = (b"cache-control", b"public, max-age=1")


class JoinLimits:
    """How many places those may take who share a device or a network, as one process counts; 0 turns the second off.

    Whoever brings a ticket takes none.
    """

    def __init__(self, traces: Traces, per_minute_prefix: int) -> None:
        self._traces = traces
        self._per_minute_prefix = per_minute_prefix

    def of(self, peer: str, headers: RawHeaders, event_id: int) -> list[Limit]:
        """What a call that joins takes from; its connection ends at `peer`."""
        found = self.of_network(peer, headers)
        device = self._traces.device(headers) if found else ""
        if device:
            found.append(Limit(f"places:{event_id}:{device}", limits.PLACES_PER_DEVICE_MAX, seconds=DEVICE_SECONDS))
        return found

    def of_network(self, peer: str, headers: RawHeaders) -> list[Limit]:
        """What it takes from as one of all in its network; nothing where it comes from our own machines."""
        prefix = self._traces.prefix(peer, headers)
        return [Limit(f"places:{prefix}", self._per_minute_prefix)] if prefix and self._per_minute_prefix else []


def queue_lane(
    desk: QueueDesk, signer: TokenSigner, limiter: Limiter, joins: JoinLimits, *, secure_cookies: bool
) -> list[LaneRoute]:
    """The calls of people who wait."""
    secure = b"; Secure" if secure_cookies else b""

    async def join(call: Call) -> Answer:
        person = caller(call.method, call.headers, signer, "bookings")
        limiter.require_here(Limit(f"queue:{person.subject}", CALLS_PER_MINUTE, "queue calls"))
        event_id = _number(call)
        if call.body.strip() not in {b"", b"{}"}:
            raise Problem("invalid_request", "Joining needs no body; who you are is in the token.")
        if not desk.has_ticket(event_id, call.headers):
            limiter.require_here(*joins.of(call.peer, call.headers, event_id))
        return reply(event_id, await desk.join(event_id, person, call.headers))

    async def status(call: Call) -> Answer:
        person = person_behind(call.method, call.headers, signer)
        event_id = _number(call)
        return reply(event_id, await desk.status(event_id, person, call.headers))

    async def leave(call: Call) -> Answer:
        person = caller(call.method, call.headers, signer, "bookings")
        await desk.leave(_number(call), person)
        return Answer(204, b"")

    async def board(call: Call) -> Answer:
        return json_reply(desk.board(_number(call)), 200, _SHARED)

    async def bucket(call: Call) -> Answer:
        number = parse_number_id(call.params[1])
        if number is None and call.params[1] != "0":
            raise Problem("not_found", f"There is no bucket {call.params[1][:40]}.")
        found = desk.bucket(_number(call), min(number or 0, BUCKET_MAX))
        kept = b"public, max-age=%d" % min(found.refresh_interval_seconds, 10)
        return json_reply(found, 200, (b"cache-control", kept))

    def reply(event_id: int, answer: QueueAnswer) -> Answer:
        cookies = []
        for name, value, seconds in (
            (TICKET_COOKIE, answer.queue_ticket, TICKET_SECONDS),
            (ADMISSION_COOKIE, answer.admission_token, TICKET_SECONDS),
        ):
            if value is not None:
                line = f"{name}{event_id}={value}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=lax".encode()
                cookies.append((b"set-cookie", line + secure))
        return json_reply(answer, 200, _PRIVATE, *cookies)

    return [
        LaneRoute("POST", PATH, join),
        LaneRoute("GET", PATH, status),
        LaneRoute("DELETE", PATH, leave),
        LaneRoute("GET", f"{PATH}/board", board),
        LaneRoute("GET", f"{PATH}/board/{{bucket}}", bucket),
    ]


def _number(call: Call) -> int:
    number = parse_number_id(call.params[0])
    if number is None:
        raise Problem("event_not_found", f"There is no event {call.params[0]}.")
    return number


_STANDS = {200: ("Where you stand.", QueueAnswer)}
OPERATIONS = (
    Operation(
        method="post", path="/api/v1/events/{eventId}/queue", tag="Waiting room", summary="Join the line",
        description="A repeat keeps the place, on every device of an account; so does the ticket, which comes as "
        "`queueTicket` and as a cookie and goes back in X-Queue-Ticket. Where no room is on, `admitted` is true.",
        answers=_STANDS, problems=(401, 403, 404, 422, 429, 503),
    ),
    Operation(
        method="get", path="/api/v1/events/{eventId}/queue", tag="Waiting room", summary="Where one stands",
        description="With the ticket, or by who asks. Ask again after `refreshIntervalSeconds`. Once `admitted`, "
        "`admissionToken` goes in X-Admission of the calls that take seats; it is made anew by every answer.",
        answers=_STANDS, problems=(401, 403, 404, 422), public=True,
    ),
    Operation(
        method="delete", path="/api/v1/events/{eventId}/queue", tag="Waiting room", summary="Be done shopping",
        description="Lets the next in. What you hold stays yours until its time ends.",
        answers={204: ("Done.", None)}, problems=(401, 403, 404),
    ),
    Operation(
        method="get", path="/api/v1/events/{eventId}/queue/board", tag="Waiting room", public=True,
        summary="The line as everybody may see it", description="Good for a second in any cache.",
        answers={200: ("The line.", QueueBoard)}, problems=(404,),
    ),
    Operation(
        method="get", path="/api/v1/events/{eventId}/queue/board/{bucket}", tag="Waiting room", public=True,
        summary="The wait with so many ahead",
        description="The same for all whose number of people ahead falls into one bucket: below 16 the number itself, "
        "then eight buckets for every doubling. With the board and one's own rank a page needs nothing else.",
        answers={200: ("The wait.", QueueBucket)}, problems=(404,),
    ),
)  # fmt: skip
