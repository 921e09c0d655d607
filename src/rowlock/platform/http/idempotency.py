"""Idempotency-Key on every POST: the first answer is kept and given again for 24 hours.

A key belongs to one person. Same key and same request: the same answer. Same key, another request: 422. Still running:
409. Answers that invite a retry (401, 429 and 5xx) are not kept. A claim dies with the process that made it and is open
to the next try at once; that is safe because every command derives its ids from the key. A process that only stalled
loses its claim after `IDEMPOTENCY_CLAIM_SECONDS`, and then gives the answer of whoever took it over.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Gatherer
from rowlock.platform.http.bodies import problem_answer, read_bytes
from rowlock.platform.http.edge import problem_of
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.instance import LOCK_CLASS, Instance
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.platform.http")

KEY_HEADERS = ("idempotency-key", "x-idempotency-key")
REPLAYED_HEADER = "Idempotent-Replayed"
_KEPT_HEADERS = frozenset({"content-type", "location"})
_NOT_KEPT = frozenset({401, 429})

OwnerOf = Callable[[Request], str | None]


class Claim(NamedTuple):
    """A key in the hands of a request."""

    owner: str
    key: str
    request_hash: bytes


class Answered(NamedTuple):
    """What a key's request was answered, by the instance that had claimed it; `headers` as a JSON object."""

    owner: str
    key: str
    claimed_by: int
    status: int
    headers: str
    body: bytes


class IdempotentPosts:
    """ASGI layer below the edge. `owner_of` names the person whose key it is; without one the key is not used."""

    def __init__(self, app: ASGIApp, database: Database, instance: Instance, owner_of: OwnerOf) -> None:
        self._app = app
        self._database = database
        self._instance = instance
        self._owner_of = owner_of
        self._claims = Gatherer("claim_keys", self._claim_all, lambda claim: claim[:2])
        self._answers = Gatherer("keep_answers", self._keep_all, lambda answered: answered[:2])
        self._running: dict[tuple[str, str], bytes] = {}
        """What this process is at: the request's hash by owner and key."""

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
        request_hash = _request_hash(scope, body)
        if (owner, key) in self._running:
            raise _taken(same_request=self._running[owner, key] == request_hash)
        self._running[owner, key] = request_hash
        try:
            claim = Claim(owner, key, request_hash)
            claimed_by = await self._claims.ask(claim)
            if claimed_by is None:
                answer = await self._kept(claim)
            else:
                scope["state"]["idempotency_key"] = key
                answer = await self._carry_out(claim, claimed_by, scope, body)
        finally:
            del self._running[owner, key]
        await answer(scope, receive, send)

    async def _claim_all(self, claims: Sequence[Claim]) -> list[int | None]:
        """The number of this instance for each key that is ours to carry out now."""
        number = await self._instance.number()
        terms = (limits.IDEMPOTENCY_CLAIM_SECONDS, limits.IDEMPOTENCY_HOURS, number, LOCK_CLASS)
        claimed = await self._keys("claim_keys", claims, *terms)
        return [number if claim[:2] in claimed else None for claim in claims]

    async def _keep_all(self, answers: Sequence[Answered]) -> list[bool]:
        """Which of the answers stand under their keys now."""
        kept = await self._keys("keep_answers", answers)
        return [answered[:2] in kept for answered in answers]

    async def _keys(
        self, query: str, rows: Sequence[Claim] | Sequence[Answered], *terms: object
    ) -> set[tuple[str, str]]:
        """Carry out a statement for many keys, in the order that keeps two processes from waiting crosswise."""
        columns = list(zip(*sorted(rows), strict=True))
        found = await rerun(lambda: self._database.hot.fetch(SQL[query], *columns, *terms))
        return {(row["owner"], row["key"]) for row in found}

    async def _kept(self, claim: Claim) -> ASGIApp:
        row = await self._database.fetchrow(SQL["find_key"], claim.owner, claim.key)
        if row is None or not row["answered"] or row["request_hash"] != claim.request_hash:
            raise _taken(same_request=row is None or row["request_hash"] == claim.request_hash)
        headers = json.loads(row["headers"]) | {REPLAYED_HEADER: "true"}
        return Response(bytes(row["body"]), row["status"], headers=headers)

    async def _carry_out(self, claim: Claim, claimed_by: int, scope: Scope, body: bytes) -> ASGIApp:
        answer = _Recorder()
        try:
            await self._app(scope, _body_again(body), answer.record)
        except Exception as error:  # noqa: BLE001  a problem is an answer too, and is kept like any other
            await problem_answer(problem_of(error), scope["state"]["request_id"])(
                scope, _body_again(b""), answer.record
            )
        if answer.status >= 500 or answer.status in _NOT_KEPT:
            whose = (claim.owner, claim.key, claimed_by)
            await rerun(lambda: self._database.cold.execute(SQL["forget_key"], *whose))
            return answer
        said = Answered(claim.owner, claim.key, claimed_by, answer.status, answer.kept_headers(), answer.body)
        return answer if await self._answers.ask(said) else await self._kept(claim)


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

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Say it."""
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


def _taken(*, same_request: bool) -> Problem:
    if same_request:
        return Problem("key_in_use", "The first request with this key has not been answered yet.", retryAfter=1)
    return Problem("key_reused", "This Idempotency-Key came with a different request before. Use a new key.")


def _request_hash(scope: Scope, body: bytes) -> bytes:
    head = f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(head.encode() + body).digest()


def _body_again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
