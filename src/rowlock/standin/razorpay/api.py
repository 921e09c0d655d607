"""The addresses of Razorpay's API: who may call, keys of refunds, and what goes wrong."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.credentials import RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET
from rowlock.standin.faults import Broken, Faults, suffer
from rowlock.standin.postman import Postman
from rowlock.standin.razorpay.ledger import DISPUTE, ORDER, PAYMENT, REFUND, Ledger, Refusal, collection

Work = Callable[[str, Thing], Thing]
"""From the id in the address and the body (or the query) to the answer."""
EVENT, KEY = "razorpay.event", "razorpay.key"
BODY_BYTES_MAX = 64 * 1024
KEY_CHARACTERS_MIN = 10
_SERVER_ERROR = {
    "error": {"code": "SERVER_ERROR", "description": "We are facing some trouble completing your request."}
}
_AUTHORIZATION = "Basic " + base64.b64encode(f"{RAZORPAY_KEY_ID}:{RAZORPAY_KEY_SECRET}".encode()).decode()


class RazorpayFace:
    """What Razorpay would be, to its SDK."""

    def __init__(self, books: Books, faults: Faults, postman: Postman) -> None:
        self._books = books
        self._faults = faults
        self._postman = postman
        self.ledger = Ledger(books, self.tell)

    def tell(self, kind: str, things: dict[str, Thing]) -> None:
        """Make an event and send it."""
        body = {
            "entity": "event", "account_id": "acc_standin", "event": kind, "contains": list(things),
            "payload": {name: {"entity": thing} for name, thing in things.items()}, "created_at": now(),
        }  # fmt: skip
        event = self._books.make(EVENT, "evt", **msgspec.json.decode(msgspec.json.encode(body)))
        self._postman.send("razorpay", event["id"], body)

    def routes(self) -> list[Route]:
        """Every address, below this face's own."""
        ledger = self.ledger
        table: list[tuple[str, str, Work]] = [
            ("POST", "/orders", lambda _, body: ledger.open_order(body)),
            ("GET", "/orders", lambda _, query: collection(ledger.list(ORDER, query))),
            ("GET", "/orders/{id}", lambda thing_id, _: ledger.find(ORDER, thing_id)),
            ("PATCH", "/orders/{id}", ledger.note),
            ("GET", "/orders/{id}/payments", lambda order_id, _: collection(ledger.payments_of(order_id))),
            ("GET", "/payments", lambda _, query: collection(ledger.list(PAYMENT, query))),
            ("GET", "/payments/{id}", lambda thing_id, _: ledger.find(PAYMENT, thing_id)),
            ("POST", "/payments/{id}/capture", ledger.capture),
            ("POST", "/payments/{id}/refund", ledger.refund),
            ("GET", "/payments/{id}/refunds", lambda payment_id, _: collection(ledger.refunds_of(payment_id))),
            ("GET", "/refunds", lambda _, query: collection(ledger.list(REFUND, query))),
            ("GET", "/refunds/{id}", lambda thing_id, _: ledger.find(REFUND, thing_id)),
            ("GET", "/disputes", lambda _, query: collection(ledger.list(DISPUTE, query))),
        ]
        return [Route(f"/v1{path}", self._endpoint(work), methods=[method]) for method, path, work in table]

    def _endpoint(self, work: Work) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                return await self._answer(request, work)
            except Refusal as refusal:
                return _json(refusal.status, {"error": refusal.error})
            except Broken:
                return _json(500, _SERVER_ERROR)

        return endpoint

    async def _answer(self, request: Request, work: Work) -> Response:
        if request.headers.get("authorization") != _AUTHORIZATION:
            raise Refusal("Authentication failed", status=401)
        await suffer(self._faults.due(request, "before"), request)
        key, body = request.headers.get("x-refund-idempotency"), await _body(request)
        asked = hashlib.sha256(msgspec.json.encode([request.url.path, body], order="sorted")).hexdigest()
        if key is not None and (told := self._told_before(key, asked)) is not None:
            return _json(200, told)
        try:
            answer = work(request.path_params.get("id", ""), body)
            if key is not None:
                self._books.keep(KEY, {"id": f"refund key:{key}", "asked": asked, "body": dict(answer)})
        finally:
            self._books.commit()
        shown = msgspec.json.encode(answer)
        await suffer(self._faults.due(request, "after"), request)
        return Response(shown, media_type="application/json")

    def _told_before(self, key: str, asked: str) -> Thing | None:
        """The refund that the key stands for, as it is by now."""
        if len(key) < KEY_CHARACTERS_MIN:
            raise Refusal("The idempotency key must be at least 10 characters long.")
        kept = self._books.find(KEY, f"refund key:{key}")
        if kept is not None and kept["asked"] != asked:
            raise Refusal("Different request body sent for the same Idempotency Header")
        return None if kept is None else self.ledger.find(REFUND, kept["body"]["id"])


async def _body(request: Request) -> Thing:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        body = msgspec.json.decode((await request.body())[:BODY_BYTES_MAX] or b"{}")
    except msgspec.DecodeError:
        raise Refusal("The request body is no JSON.") from None
    if not isinstance(body, dict):
        raise Refusal("The request body must be an object.")
    return body


def _json(status: int, body: Thing) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
