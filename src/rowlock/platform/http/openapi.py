"""The OpenAPI 3.1 document: FastAPI's routes and the sale lane's in one, with schemas made from our structs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI

from rowlock.kernel.problems import PROBLEMS

Schema = dict[str, Any]

_COMPONENTS: dict[str, type] = {}
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_REF_TEMPLATE = "#/components/schemas/{name}"


FORM = "application/x-www-form-urlencoded"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A sale-lane route as the document tells of it. `answers` maps a status to (words, struct or None)."""

    method: str
    path: str
    summary: str
    description: str = ""
    tag: str
    body: type | None = None
    example: object = None
    answers: Mapping[int, tuple[str, type | None]]
    problems: Sequence[int] = ()
    query: Mapping[str, str] = {}
    public: bool = False
    media_type: str = "application/json"


def answers(struct: type | None, *problem_statuses: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a FastAPI route that answers `struct` and may end in problems."""
    return {status: _answer("The answer.", struct), **{code: _problem(code) for code in problem_statuses}}


def build_document(app: FastAPI, operations: Sequence[Operation], unkept: tuple[str, ...] = ()) -> Schema:
    """FastAPI's document with the sale lane's operations and all schemas merged in.

    Addresses that begin like one of `unkept` keep no answer for an Idempotency-Key.
    """
    document = FastAPI.openapi(app)
    for operation in operations:
        document["paths"].setdefault(operation.path, {})[operation.method] = _operation(
            operation, keyed=operation.method == "post" and not operation.path.startswith(unkept)
        )
    for path in document["paths"].values():
        for described in path.values():
            _without_fastapi_errors(described)
            _with_what_may_always_come(described)
    _, schemas = msgspec.json.schema_components(_COMPONENTS.values(), ref_template=_REF_TEMPLATE)
    components = document.setdefault("components", {})
    components["schemas"] = dict(sorted(({**schemas, "Problem": _problem_schema()}).items()))
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return document


def documented_methods(document: Schema, path: str) -> set[str]:
    """The methods of an address, for the Allow line of a 405; a fixed part of a path goes before a variable one."""
    paths = document["paths"]
    fitting = [told for told in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", told), path)]
    fewest = min((told.count("{") for told in fitting), default=0)
    return {method.upper() for told in fitting if told.count("{") == fewest for method in paths[told]}


def _operation(operation: Operation, *, keyed: bool) -> Schema:
    described: Schema = {
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "operationId": f"{operation.method}{operation.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in (part[1:-1] for part in operation.path.split("/") if part.startswith("{"))
        ]
        + [
            {"name": name, "in": "query", "required": False, "description": words, "schema": {"type": "string"}}
            for name, words in operation.query.items()
        ],
        "responses": {
            **{str(status): _answer(words, struct) for status, (words, struct) in operation.answers.items()},
            **{str(status): _problem(status) for status in operation.problems},
        },
    }
    if keyed:
        described["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Same key and body: the same answer for 24 hours.",
                "schema": {"type": "string", "maxLength": 255},
            }
        )
    if operation.body is not None:
        content: Schema = {"schema": _reference(operation.body)}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {"required": True, "content": {operation.media_type: content}}
    if not operation.public:
        described["security"] = [{"token": []}]
    return described


def _answer(words: str, struct: type | None) -> Schema:
    if struct is None:
        return {"description": words}
    return {"description": words, "content": {"application/json": {"schema": _reference(struct)}}}


def _reference(struct: type) -> Schema:
    _COMPONENTS[struct.__name__] = struct
    return {"$ref": _REF_TEMPLATE.format(name=struct.__name__)}


def _problem(status: int) -> Schema:
    codes = sorted(code for code, kind in PROBLEMS.items() if kind.status == status)
    words = f"{PROBLEMS[codes[0]].title}." if len(codes) == 1 else f"One of {', '.join(f'`{code}`' for code in codes)}."
    return {"description": words, "content": {"application/problem+json": {"schema": _PROBLEM_REF}}}


def _problem_schema() -> Schema:
    text = {"type": "string"}
    return {
        "title": "Problem",
        "description": "RFC 9457. Members beyond these help to act on it: conflicts, retryAfter, onSaleAt, ...",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "requestId"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": {"type": "string", "enum": sorted(PROBLEMS)},
            "requestId": text,
        },
        "example": {
            "type": "/problems/seat_unavailable",
            "title": PROBLEMS["seat_unavailable"].title,
            "status": 409,
            "detail": "1 of the 2 seats is taken.",
            "code": "seat_unavailable",
            "requestId": "4bf92f3577b34da6a3ce929d0e0e4736",
            "conflicts": ["102-F-14"],
        },
    }


def _without_fastapi_errors(described: Schema) -> None:
    """FastAPI documents its own validation errors; ours are problems."""
    answer = described.get("responses", {}).get("422")
    if answer and "application/problem+json" not in answer.get("content", {}):
        described["responses"]["422"] = _problem(422)


def body_of(struct: type, example: object = None) -> Schema:
    """The `openapi_extra=` of a FastAPI route that reads its body into `struct` itself."""
    content: Schema = {"schema": _reference(struct)}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": True, "content": {"application/json": content}}, "security": [{"token": []}]}


def _with_what_may_always_come(described: Schema) -> None:
    """Problems that belong to what an operation takes rather than to what it does."""
    statuses = {400, 422, 429, 503}
    if "requestBody" in described:
        statuses |= {413, 415}
    if any(parameter["name"] == "Idempotency-Key" for parameter in described.get("parameters", ())):
        statuses.add(409)
    if described.get("security"):
        statuses |= {401, 403}
    for status in sorted(statuses):
        described["responses"].setdefault(str(status), _problem(status))
