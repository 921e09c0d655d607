"""What the api role answers about streams: tickets for them, and that they are not served where no gateway is."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity import TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.live.asyncapi import build_document
from rowlock.live.handshake import is_stream
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import Operation
from rowlock.platform.valkey.limiter import Limit, Limiter


class StreamTicket(msgspec.Struct, frozen=True, rename="camel"):
    """Names its person in the address of a stream, for `expiresIn` seconds."""

    ticket: str
    expires_in: int


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/stream-tickets", tag="Events", summary="A ticket for a seat stream",
        description="Goes as `?ticket=` into the address of a stream, which cannot carry an access token in a header. "
        "The stream then also tells of the person's holds.",
        answers={201: ("The ticket.", StreamTicket)}, problems=(401, 429),
    ),
    Operation(
        method="get", path="/api/v1/events/{eventId}/stream", tag="Events", public=True,
        summary="Every seat change as it happens",
        description="A WebSocket (subprotocol `rowlock.v1`), or server-sent events with `Accept: text/event-stream`. "
        "The messages are described in `/api/v1/asyncapi.json`.",
        query={
            "since": "the seq of the map the viewer has", "epoch": "its epoch",
            "ticket": "from `POST /api/v1/stream-tickets`",
            "admission": "your turn, while a waiting room is on and the cookie cannot be sent",
        },
        answers={101: ("The stream begins.", None), 200: ("Server-sent events.", None)},
        problems=(401, 403, 404, 422, 426, 429, 503),
    ),
    Operation(
        method="get", path="/api/v1/events/{eventId}/queue/stream", tag="Waiting room", public=True,
        summary="The line as it moves, and your turn",
        description="A WebSocket (subprotocol `rowlock.v1`), or server-sent events with `Accept: text/event-stream`. "
        "Who has a queue ticket is told when it is their turn. The messages are described in `/api/v1/asyncapi.json`.",
        query={"queueTicket": "from `POST .../queue`, where the cookie cannot be sent"},
        answers={101: ("The stream begins.", None), 200: ("Server-sent events.", None)},
        problems=(403, 404, 422, 426, 429, 503),
    ),
)  # fmt: skip


def is_stream_target(target: bytes) -> bool:
    """Whether a request for this target is the gateway's to answer."""
    return is_stream(target.partition(b"?")[0].decode("latin-1"))


def stream_routes(signer: TokenSigner, limiter: Limiter, *, per_minute: int) -> list[Route]:
    """The routes of the api role; streams themselves are served by the live role."""

    async def issue_ticket(request: Request) -> Response:
        person = require_person(request, signer, scope="bookings")
        await limiter.require(Limit(f"requests:{person.subject}", per_minute))
        ticket = StreamTicket(signer.issue_ticket(person), limits.STREAM_TICKET_SECONDS)
        return json_answer(ticket, 201, headers={"Cache-Control": "no-store"})

    async def no_gateway(_request: Request) -> Response:
        raise Problem("unavailable", "Streams are not served here right now.", retryAfter=2)

    async def asyncapi(_request: Request) -> Response:
        return json_answer(build_document(), headers={"Cache-Control": "public, max-age=300"})

    return [
        Route("/api/v1/asyncapi.json", asyncapi, methods=["GET"]),
        Route("/api/v1/stream-tickets", issue_ticket, methods=["POST"]),
        Route("/api/v1/events/{event_id}/stream", no_gateway, methods=["GET"]),
        Route("/api/v1/events/{event_id}/queue/stream", no_gateway, methods=["GET"]),
    ]
