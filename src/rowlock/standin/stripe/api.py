"""The addresses of Stripe's API: who may call, keys that were used before, and what goes wrong."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.faults import Broken, Faults, suffer
from rowlock.standin.postman import Postman
from rowlock.standin.stripe.call import Call, Refusal, expand, no_such, page, read_form
from rowlock.standin.stripe.intents import Intents
from rowlock.standin.stripe.refunds import Refunds
from rowlock.standin.stripe.sessions import Sessions

Work = Callable[[Call], Thing]
EVENT, KEY = "stripe.event", "stripe.key"
BODY_BYTES_MAX = 64 * 1024
_ERROR = {"error": {"type": "api_error", "message": "An unknown error occurred"}}


class StripeFace:
    """What Stripe would be, to its SDK."""

    def __init__(self, books: Books, faults: Faults, postman: Postman, public: str) -> None:
        """`public`: the address of this face as browsers reach it."""
        self._books = books
        self._faults = faults
        self._postman = postman
        self._busy: set[str] = set()
        self.intents = Intents(books, self.tell, public)
        self.sessions = Sessions(books, self.tell, self.intents, public)
        self.refunds = Refunds(books, self.tell)

    def tell(self, kind: str, thing: Thing) -> None:
        """Make an event and send it."""
        event = self._books.make(
            EVENT, "evt", object="event", api_version="2026-10-28.endive", created=now(), livemode=False,
            data={"object": msgspec.json.decode(msgspec.json.encode(thing))}, pending_webhooks=1,
            request={"id": None, "idempotency_key": None}, type=kind,
        )  # fmt: skip
        self._postman.send("stripe", event["id"], event)

    def routes(self) -> list[Route]:
        """Every address, below this face's own."""
        intents, sessions, refunds = self.intents, self.sessions, self.refunds
        table: list[tuple[str, str, Work]] = [
            ("POST", "/payment_intents", intents.create),
            ("GET", "/payment_intents", intents.list),
            ("GET", "/payment_intents/search", intents.search),
            ("GET", "/payment_intents/{id}", intents.retrieve),
            ("POST", "/payment_intents/{id}/confirm", intents.confirm),
            ("POST", "/payment_intents/{id}/capture", intents.capture),
            ("POST", "/payment_intents/{id}/cancel", intents.cancel),
            ("POST", "/checkout/sessions", sessions.create),
            ("GET", "/checkout/sessions", sessions.list),
            ("GET", "/checkout/sessions/{id}", sessions.retrieve),
            ("POST", "/checkout/sessions/{id}/expire", sessions.expire),
            ("POST", "/refunds", refunds.create),
            ("GET", "/refunds", refunds.list),
            ("GET", "/refunds/{id}", refunds.retrieve),
            ("GET", "/disputes", intents.disputes),
            ("GET", "/events", self._events),
            ("GET", "/events/{id}", self._event),
            ("GET", "/balance", _balance),
        ]
        return [Route(f"/v1{path}", self._endpoint(work), methods=[method]) for method, path, work in table]

    def _events(self, call: Call) -> Thing:
        return page(call, self._books.all(EVENT), "/v1/events")

    def _event(self, call: Call) -> Thing:
        event = self._books.find(EVENT, call.thing_id)
        if event is None:
            raise no_such("event", call.thing_id)
        return event

    def _endpoint(self, work: Work) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                return await self._answer(request, work)
            except Refusal as refusal:
                return _json(refusal.status, {"error": refusal.error})
            except Broken:
                return _json(500, _ERROR)

        return endpoint

    async def _answer(self, request: Request, work: Work) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer sk_test_"):
            raise Refusal(401, "invalid_request_error", "Invalid API Key provided.")
        await suffer(self._faults.due(request, "before"), request)
        text = (await request.body())[:BODY_BYTES_MAX].decode() if request.method == "POST" else request.url.query
        form = read_form(text)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        call = Call(form, request.path_params.get("id", ""), key)
        if key is None:
            status, body = self._done(work, call)
        else:
            asked = hashlib.sha256(f"{request.url.path}?{text}".encode()).hexdigest()
            if (told := self._told_before(key, asked)) is not None:
                return told
            self._busy.add(key)
            try:
                return await self._first_time(request, work, call, asked)
            finally:
                self._busy.discard(key)
        await suffer(self._faults.due(request, "after"), request)
        return _json(status, body)

    async def _first_time(self, request: Request, work: Work, call: Call, asked: str) -> Response:
        """Do the work and keep its answer under the key, an error of ours as much as any other."""
        status, body = self._done(work, call)
        trouble = call.trouble or self._faults.due(request, "after")
        if trouble == "error":
            status, body = 500, _ERROR
        if status not in {400, 404}:  # such a call was refused before it began
            self._books.keep(KEY, {"id": f"key:{call.key}", "asked": asked, "status": status, "body": body})
        self._books.commit()
        await suffer(trouble if trouble != "error" else None, request)
        return _json(status, body)

    def _done(self, work: Work, call: Call) -> tuple[int, Thing]:
        try:
            status, body = 200, expand(self._books, work(call), call.form.get("expand"))
        except Refusal as refusal:
            status, body = refusal.status, {"error": refusal.error}
        self._books.commit()
        return status, msgspec.json.decode(msgspec.json.encode(body))

    def _told_before(self, key: str, asked: str) -> Response | None:
        """The answer that the key has had, with a Refusal when it was used for something else or is at work."""
        if key in self._busy:
            message = f"There is currently another in-progress request using this Idempotent Key: {key}."
            raise Refusal(409, "idempotency_error", message, code="idempotency_key_in_use")
        kept = self._books.find(KEY, f"key:{key}")
        if kept is None:
            return None
        if kept["asked"] != asked:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            raise Refusal(400, "idempotency_error", message)
        return _json(kept["status"], kept["body"], replayed=True)


def _balance(_call: Call) -> Thing:
    return {"object": "balance", "available": [], "pending": [], "livemode": False}


def _json(status: int, body: Thing, *, replayed: bool = False) -> Response:
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
