"""The AsyncAPI document: whole, and true of every message there is. Live tests hold what they hear against it too."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rowlock.live.asyncapi import build_document
from rowlock.live.model import (
    Board,
    Choosing,
    ChoosingNow,
    Hello,
    HoldClock,
    HoldExpired,
    HoldExpiring,
    LineMessage,
    Ping,
    Place,
    Pong,
    Reset,
    Sale,
    Seats,
    ServerMessage,
    ViewerMessage,
    YourTurn,
)
from rowlock.waiting_room.model import QueueBoard

EXAMPLES = (
    Hello(1, 2), Seats(since=1, seq=2, changes=[(3, 1)]), Reset(1, 2), Ping(), HoldExpiring("b", 30), HoldExpired("b"),
    HoldClock("b", 30, True), Sale(True), Choosing([(4, 2)]), Pong(), ChoosingNow([1]), Place(3), YourTurn(),
    Board(QueueBoard(event_id="1", phase="active", mode="fifo")),
)  # fmt: skip


def references(value: Any) -> Iterator[str]:  # noqa: ANN401  any JSON
    """All references within."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolve(document: Any, reference: str) -> Any:  # noqa: ANN401
    """What a reference within the document points at."""
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def validator_of(name: str) -> Draft202012Validator:
    """The schema of the message with that `type`."""
    document = build_document()
    found = [message for message in document["components"]["messages"].values() if message["name"] == name]
    return Draft202012Validator({"anyOf": [message["payload"] for message in found], **document})


def test_every_reference_leads_somewhere() -> None:
    document = build_document()
    found = list(references(document))
    assert len(found) > 2 * len(EXAMPLES)
    assert all(resolve(document, reference) for reference in found)


def test_every_message_is_described_and_fits() -> None:
    assert {type(message) for message in EXAMPLES} == {
        *get_args(ServerMessage), *get_args(ViewerMessage), *get_args(LineMessage),
    }  # fmt: skip
    for message in EXAMPLES:
        said = msgspec.json.decode(msgspec.json.encode(message))
        validator_of(said["type"]).validate(said)


def test_what_is_no_such_message_does_not_fit() -> None:
    with pytest.raises(ValidationError):
        validator_of("seats").validate({"type": "seats", "from": 1, "seq": 2, "changes": [[1]]})
    with pytest.raises(ValidationError):
        validator_of("hello").validate({"type": "hello", "epoch": 1})
