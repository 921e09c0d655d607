"""Idempotency-Key on every POST: the first answer is kept and given again for 24 hours.

A key belongs to one person. Same key and same request: the same answer. Same key, another request: 422. Still running:
409. Answers that invite a retry (401, 428, 429 and 5xx) are not kept. A claim dies with the process that made it and
is open to the next try at once; that is safe because every command derives its ids from the key. A process that only
stalled loses its claim after `IDEMPOTENCY_CLAIM_SECONDS`, and then gives the answer of whoever took it over.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Gatherer
from rowlock.platform.http.bodies import read_bytes
from rowlock.platform.http.calls import Answer, Call, Handler, RawHeaders, header, problem_reply
from rowlock.platform.http.edge import problem_of
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.instance import LOCK_CLASS, Instance
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.platform.http")

KEY_HEADERS = (b"idempotency-key", b"x-idempotency-key")
_REPLAYED = (b"idempotent-replayed", b"true")
_KEPT_HEADERS = frozenset({b"content-type", b"location"})
_NOT_KEPT = frozenset({401, 428, 429})

OwnerOf = Callable[[str, RawHeaders], str | None]
"""The person behind a request, by its method and header lines."""


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


class KeyBook:
    """Which keys were used for what, and what was answered. Many requests share a statement."""

    def __init__(self, database: Database, instance: Instance) -> None:
        self._database = database
        self._instance = instance
        self._claims = Gatherer("claim_keys", self._claim_all, lambda claim: claim[:2])
        self._answers = Gatherer("keep_answers", self._keep_all, lambda answered: answered[:2])
        self._running: dict[tuple[str, str], bytes] = {}
        """What this process is at: the request's hash by owner and key."""

    async def once(self, claim: Claim, request_id: str, carry_out: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `carry_out` or the kept one; Problems `key_in_use` and `key_reused`."""
        whose = (claim.owner, claim.key)
        if whose in self._running:
            raise _taken(same_request=self._running[whose] == claim.request_hash)
        self._running[whose] = claim.request_hash
        try:
            claimed_by = await self._claims.ask(claim)
            if claimed_by is None:
                return await self._kept(claim)
            return await self._keep(claim, claimed_by, await _answer_of(carry_out, request_id))
        finally:
            del self._running[whose]

    async def _keep(self, claim: Claim, claimed_by: int, answer: Answer) -> Answer:
        whose = (claim.owner, claim.key, claimed_by)
        if answer.status >= 500 or answer.status in _NOT_KEPT:
            await rerun(lambda: self._database.cold.execute(SQL["forget_key"], *whose))
            return answer
        said = Answered(*whose, answer.status, _kept_headers(answer), answer.body)
        return answer if await self._answers.ask(said) else await self._kept(claim)

    async def _kept(self, claim: Claim) -> Answer:
        row = await self._database.fetchrow(SQL["find_key"], claim.owner, claim.key)
        if row is None or not row["answered"] or row["request_hash"] != claim.request_hash:
            raise _taken(same_request=row is None or row["request_hash"] == claim.request_hash)
        headers = ((name.encode(), value.encode("latin-1")) for name, value in json.loads(row["headers"]).items())
        return Answer(row["status"], bytes(row["body"]), (*headers, _REPLAYED))

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


class KeyedCalls:
    """Carries keyed POSTs out once. Without a person the key is not used, nor below the addresses of `unkept`: their
    answers hold secrets that are shown once and stored nowhere."""

    def __init__(self, book: KeyBook, owner_of: OwnerOf, unkept: tuple[str, ...] = ()) -> None:
        self._book = book
        self._owner_of = owner_of
        self._unkept = unkept

    def owner_and_key(self, method: str, headers: RawHeaders) -> tuple[str, str] | None:
        """Whose key a request came with, None when it is to be carried out without one; Problem `invalid_request`."""
        key = given_key(headers) if method == "POST" else None
        owner = self._owner_of(method, headers) if key is not None else None
        return None if key is None or owner is None else (owner, key)

    async def answer(self, handle: Handler, call: Call, path: str, request_id: str) -> Answer:
        """The answer to a sale call."""
        keyed = self.owner_and_key(call.method, call.headers)
        if keyed is None:
            return await handle(call)
        call.key = keyed[1]
        return await self._book.once(
            Claim(*keyed, _request_hash(path, b"", call.body)), request_id, lambda: handle(call)
        )

    def layer(self, app: ASGIApp) -> ASGIApp:
        """The same for what comes through ASGI; it goes below the edge."""

        async def keyed_app(scope: Scope, receive: Receive, send: Send) -> None:
            kept = scope["type"] == "http" and not scope["path"].startswith(self._unkept)
            keyed = self.owner_and_key(scope["method"], scope["headers"]) if kept else None
            if keyed is None:
                await app(scope, receive, send)
                return
            scope["state"]["idempotency_key"] = keyed[1]
            body = await read_bytes(Request(scope, receive), limits.DOCUMENT_BODY_BYTES_MAX)
            claim = Claim(*keyed, _request_hash(scope["path"], scope["query_string"], body))
            answer = await self._book.once(claim, scope["state"]["request_id"], lambda: _recorded(app, scope, body))
            await _say(answer, send)

        return keyed_app


async def _answer_of(carry_out: Callable[[], Awaitable[Answer]], request_id: str) -> Answer:
    try:
        return await carry_out()
    except Exception as error:  # noqa: BLE001  a problem is an answer too, and is kept like any other
        return problem_reply(problem_of(error), request_id)


async def _recorded(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """An application's answer, taken down instead of sent, so that it is kept before the caller sees it."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    whole = b"".join(message.get("body", b"") for message in said[1:])
    lines = tuple((name, value) for name, value in said[0]["headers"] if name != b"content-length")
    return Answer(said[0]["status"], whole, lines)


async def _say(answer: Answer, send: Send) -> None:
    length = (b"content-length", b"%d" % len(answer.body))
    headers = [*answer.headers] if answer.status == 204 else [*answer.headers, length]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _kept_headers(answer: Answer) -> str:
    kept = {name.decode(): value.decode("latin-1") for name, value in answer.headers if name in _KEPT_HEADERS}
    return json.dumps(kept)


def given_key(headers: RawHeaders) -> str | None:
    """The idempotency key of a request, None without one; Problem `invalid_request` for one that cannot be kept."""
    for name in KEY_HEADERS:
        key = header(headers, name)
        if key is not None:
            if not 0 < len(key) <= limits.IDEMPOTENCY_KEY_CHARS_MAX or not key.isprintable():
                raise Problem(
                    "invalid_request", f"An Idempotency-Key has 1 to {limits.IDEMPOTENCY_KEY_CHARS_MAX} characters."
                )
            return key
    return None


def _taken(*, same_request: bool) -> Problem:
    if same_request:
        return Problem("key_in_use", "The first request with this key has not been answered yet.", retryAfter=1)
    return Problem("key_reused", "This Idempotency-Key came with a different request before. Use a new key.")


def _request_hash(path: str, query: bytes, body: bytes) -> bytes:
    return hashlib.sha256(b"%b?%b\n%b" % (path.encode(), query, body)).digest()
