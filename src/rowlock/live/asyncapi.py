"""The AsyncAPI 3 document of the streams, of seats and of lines, made from the messages themselves."""

import functools
from typing import Any, get_args

import msgspec

from rowlock import __version__
from rowlock.live.model import GOING_AWAY, SUBPROTOCOL, TOO_SLOW, LineMessage, ServerMessage, ViewerMessage

Document = dict[str, Any]
_SCHEMA_REF = "#/components/schemas/{name}"


@functools.cache
def build_document() -> Document:
    """The document as it is served."""
    told, said, waited = get_args(ServerMessage), get_args(ViewerMessage), get_args(LineMessage)
    messages = list(dict.fromkeys([*told, *said, *waited]))
    _, schemas = msgspec.json.schema_components(messages, ref_template=_SCHEMA_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rowlock streams",
            "version": __version__,
            "description": "Every change of an event's seats, and of the line before its sale, as it happens. The same "
            f"messages come over WebSocket and server-sent events. Close code {TOO_SLOW}: you were too slow; "
            f"{GOING_AWAY}: the gateway stops, or the seats are for others now. Connect again after a random pause.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "seatStream": _channel("stream", [*told, *said], _SEAT_QUERY),
            "queueStream": _channel("queue/stream", list(waited), _QUEUE_QUERY),
        },
        "operations": {
            "tell": _operation("seatStream", "send", told, "What the gateway tells viewers."),
            "say": _operation("seatStream", "receive", said, "What viewers with a WebSocket may say."),
            "call": _operation("queueStream", "send", waited, "What the gateway tells those who wait in a line."),
        },
        "components": {
            "messages": {message.__name__: _message(message) for message in messages},
            "schemas": schemas,
        },
    }


_SEAT_QUERY = {
    "since": {"type": "integer", "description": "The seq of the map the viewer has."},
    "epoch": {"type": "integer", "description": "Its epoch."},
    "ticket": {"type": "string", "description": "From POST /api/v1/stream-tickets: whose holds to tell of."},
    "admission": {"type": "string", "description": "Your turn, while a waiting room is on; else its cookie."},
}
_QUEUE_QUERY = {"queueTicket": {"type": "string", "description": "Your place in the line; else its cookie."}}


def _channel(stream: str, messages: list[type], query: Document) -> Document:
    return {
        "address": f"/api/v1/events/{{eventId}}/{stream}",
        "description": f"WebSocket with the subprotocol {SUBPROTOCOL}, or server-sent events for "
        "`Accept: text/event-stream`, whose ids (`epoch-seq`, of seats alone) resume as `Last-Event-ID`.",
        "parameters": {"eventId": {"description": "The id of the event."}},
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"} for message in messages},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}}},
    }


def _operation(channel: str, action: str, messages: tuple[type, ...], summary: str) -> Document:
    refs = [{"$ref": f"#/channels/{channel}/messages/{message.__name__}"} for message in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary, "messages": refs}


def _message(message: type) -> Document:
    config: str = message.__struct_config__.tag  # type: ignore[attr-defined]
    return {
        "name": config,
        "summary": (message.__doc__ or "").strip(),
        "payload": {"$ref": _SCHEMA_REF.format(name=message.__name__)},
    }
