"""Idempotency-Key on every POST: the first answer is kept and given again for 24 hours.

A key belongs to one person. Same key and same request: the same answer. Same key, another request: 422. Still running:
409. Answers that invite a retry (401, 429 and 5xx) are not kept. A claim whose process died is open to the next try
after `IDEMPOTENCY_CLAIM_SECONDS`; that is safe because every command derives its ids from the key.
"""

import hashlib
import json
from collections.abc import Callable

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import problem_answer, read_bytes
from rowlock.platform.http.edge import problem_of
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.platform.http")

KEY_HEADERS = ("idempotency-key", "x-idempotency-key")
REPLAYED_HEADER = "Idempotent-Replayed"
_KEPT_HEADERS = frozenset({"content-type", "location"})
_NOT_KEPT = frozenset({401, 429})

OwnerOf = Callable[[Request], str | None]


class Claim(msgspec.Struct, frozen=True):
    """A key in the hands of the request that carries it out."""

    owner: str
    key: str


class IdempotentPosts:
    """ASGI layer below the edge. `owner_of` names the person whose key it is; without one the key is not used."""

    def __init__(self, app: ASGIApp, database: Database, owner_of: OwnerOf) -> None:
        self._app = app
        self._database = database
        self._owner_of = owner_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a keyed POST once."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        key = given_key(Headers(scope=scope))
        request = Request(scope, receive)
        owner = self._owner_of(request) if key is not None else None
        if key is None or owner is None:
            await self._app(scope, receive, send)
            return
        body = await read_bytes(request, limits.DOCUMENT_BODY_BYTES_MAX)
        claim = Claim(owner, key)
        kept = await self._claim(claim, _request_hash(scope, body))
        if kept is not None:
            await kept(scope, receive, send)
            return
        scope["state"]["idempotency_key"] = key
        await self._carry_out(claim, scope, body, send)

    async def _claim(self, claim: Claim, request_hash: bytes) -> Response | None:
        """None when the claim is ours, else the kept answer; Problem when the key is in use or was used otherwise."""
        arguments = (limits.IDEMPOTENCY_CLAIM_SECONDS, limits.IDEMPOTENCY_HOURS)
        claimed = await rerun(
            lambda: self._database.cold.fetchval(SQL["claim_key"], claim.owner, claim.key, request_hash, *arguments)
        )
        if claimed:
            return None
        row = await self._database.fetchrow(SQL["find_key"], claim.owner, claim.key)
        if row is not None and row["request_hash"] != request_hash:
            raise Problem("key_reused", "This Idempotency-Key came with a different request before. Use a new key.")
        if row is None or not row["answered"]:
            raise Problem("key_in_use", "The first request with this key has not been answered yet.", retryAfter=1)
        headers = json.loads(row["headers"]) | {REPLAYED_HEADER: "true"}
        return Response(bytes(row["body"]), row["status"], headers=headers)

    async def _carry_out(self, claim: Claim, scope: Scope, body: bytes, send: Send) -> None:
        answer = _Recorder()
        try:
            await self._app(scope, _body_again(body), answer.record)
        except Exception as error:  # noqa: BLE001  a problem is an answer too, and is kept like any other
            await problem_answer(problem_of(error), scope["state"]["request_id"])(
                scope, _body_again(b""), answer.record
            )
        if answer.status >= 500 or answer.status in _NOT_KEPT:
            await self._database.cold.execute(SQL["forget_key"], claim.owner, claim.key)
        else:
            await self._database.cold.execute(
                SQL["keep_answer"], claim.owner, claim.key, answer.status, answer.kept_headers(), answer.body
            )
        await answer.replay(send)


class _Recorder:
    """Takes an answer down instead of sending it, so that it is kept before the caller sees it."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self._headers: list[tuple[bytes, bytes]] = []

    async def record(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def kept_headers(self) -> str:
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)
        return json.dumps({name: value for name, value in pairs if name.lower() in _KEPT_HEADERS})

    async def replay(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self.body})


def given_key(headers: Headers) -> str | None:
    """The idempotency key of a request, None without one; Problem `invalid_request` for one that cannot be kept."""
    for name in KEY_HEADERS:
        key = headers.get(name)
        if key is not None:
            if not 0 < len(key) <= limits.IDEMPOTENCY_KEY_CHARS_MAX or not key.isprintable():
                raise Problem(
                    "invalid_request", f"An Idempotency-Key has 1 to {limits.IDEMPOTENCY_KEY_CHARS_MAX} characters."
                )
            return key
    return None


def key_of(request: Request) -> str | None:
    """The key under which this request is being carried out, for commands that derive their ids from it."""
    key = request.scope["state"].get("idempotency_key")
    return key if isinstance(key, str) else None


def _request_hash(scope: Scope, body: bytes) -> bytes:
    head = f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(head.encode() + body).digest()


def _body_again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
