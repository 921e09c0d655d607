"""The AsyncAPI 3 document of the seat stream, made from the messages themselves."""

import functools
from typing import Any, get_args

import msgspec

from rowlock import __version__
from rowlock.live.model import GOING_AWAY, SUBPROTOCOL, TOO_SLOW, ServerMessage, ViewerMessage

Document = dict[str, Any]
_SCHEMA_REF = "#/components/schemas/{name}"
_CHANNEL = {"$ref": "#/channels/seatStream"}


@functools.cache
def build_document() -> Document:
    """The document as it is served."""
    told, said = get_args(ServerMessage), get_args(ViewerMessage)
    _, schemas = msgspec.json.schema_components([*told, *said], ref_template=_SCHEMA_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rowlock seat stream",
            "version": __version__,
            "description": "Every change of an event's seats, as it happens. The same messages come over WebSocket and "
            f"server-sent events. Close code {TOO_SLOW}: you were too slow; {GOING_AWAY}: the gateway stops. Connect "
            "again after a random pause.",
        },
        "defaultContentType": "application/json",
        "channels": {"seatStream": _channel([*told, *said])},
        "operations": {
            "tell": _operation("send", told, "What the gateway tells viewers."),
            "say": _operation("receive", said, "What viewers with a WebSocket may say."),
        },
        "components": {
            "messages": {message.__name__: _message(message) for message in (*told, *said)},
            "schemas": schemas,
        },
    }


def _channel(messages: list[type]) -> Document:
    query = {
        "since": {"type": "integer", "description": "The seq of the map the viewer has."},
        "epoch": {"type": "integer", "description": "Its epoch."},
        "ticket": {"type": "string", "description": "From POST /api/v1/stream-tickets: whose holds to tell of."},
    }
    return {
        "address": "/api/v1/events/{eventId}/stream",
        "description": f"WebSocket with the subprotocol {SUBPROTOCOL}, or server-sent events for "
        "`Accept: text/event-stream`, whose ids (`epoch-seq`) resume as `Last-Event-ID`.",
        "parameters": {"eventId": {"description": "The id of the event."}},
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"} for message in messages},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}}},
    }


def _operation(action: str, messages: tuple[type, ...], summary: str) -> Document:
    refs = [{"$ref": f"#/channels/seatStream/messages/{message.__name__}"} for message in messages]
    return {"action": action, "channel": _CHANNEL, "summary": summary, "messages": refs}


def _message(message: type) -> Document:
    config: str = message.__struct_config__.tag  # type: ignore[attr-defined]
    return {
        "name": config,
        "summary": (message.__doc__ or "").strip(),
        "payload": {"$ref": _SCHEMA_REF.format(name=message.__name__)},
    }
