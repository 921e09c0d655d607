"""The reference of the API: the OpenAPI document as a page that needs no script and nobody else's server."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

Node = Mapping[str, Any]
"""A part of the OpenAPI document."""


class Described(NamedTuple):
    """One operation. `parameters` and `answers` are (name, words); `schema` names the body's."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: tuple[tuple[str, str], ...]
    schema: str
    answers: tuple[tuple[str, str, str], ...]
    """Status, words, and the name of the answer's schema."""


def operations_by_tag(document: Node) -> dict[str, list[Described]]:
    """The document's operations under their tags, in its order."""
    tagged: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method, node in methods.items():
            tagged.setdefault((node.get("tags") or ["Other"])[0], []).append(_described(method, path, node))
    return dict(sorted(tagged.items()))


def schemas(document: Node) -> dict[str, str]:
    """Every schema by its name, as JSON to read."""
    found: Node = document.get("components", {}).get("schemas", {})
    return {name: msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() for name, schema in found.items()}


def _described(method: str, path: str, node: Node) -> Described:
    return Described(
        method.upper(),
        path,
        node.get("operationId", f"{method}-{path}"),
        node.get("summary", ""),
        node.get("description", ""),
        tuple(_parameters(node)),
        _schema_name(node.get("requestBody", {})),
        tuple(
            (str(status), answer.get("description", ""), _schema_name(answer))
            for status, answer in sorted(node.get("responses", {}).items())
        ),
    )


def _parameters(node: Node) -> Iterator[tuple[str, str]]:
    for parameter in node.get("parameters", ()):
        needed = "" if parameter.get("required") else "?"
        yield f"{parameter['name']}{needed}", parameter.get("description", "") or parameter.get("in", "")


def _schema_name(node: Node) -> str:
    """The name of the schema of the JSON that a body or an answer is made of; empty when it has none of its own."""
    for content in node.get("content", {}).values():
        schema = content.get("schema", {})
        reference: str = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        return reference.rpartition("/")[2]
    return ""
