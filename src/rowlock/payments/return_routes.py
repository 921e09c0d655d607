"""The calls that give paid seats back."""

import msgspec

from rowlock.bookings import SaleGate
from rowlock.payments.returns import Exchange, ExchangeBody, Refund, RefundBody, RefundList, Returns
from rowlock.platform.http.calls import Answer, Call, LaneRoute, json_reply
from rowlock.platform.http.openapi import Operation

_refund_body = msgspec.json.Decoder(RefundBody)
_exchange_body = msgspec.json.Decoder(ExchangeBody)
_PRIVATE = (b"cache-control", b"private, no-store")


def return_lane(gate: SaleGate, returns: Returns) -> list[LaneRoute]:
    """Refunds and exchanges, as buyers ask for them."""

    async def refund(call: Call) -> Answer:
        person = await gate.person(call)
        body = call.read(_refund_body) if call.body else RefundBody()
        refund = await returns.give_back(person, call.params[0], body)
        return json_reply(refund, 200 if refund.state == "paid" else 202)

    async def refunds(call: Call) -> Answer:
        person = await gate.person(call)
        return json_reply(await returns.list(person, call.params[0]), 200, _PRIVATE)

    async def exchange(call: Call) -> Answer:
        person = await gate.person(call)
        hold = await returns.own(person, call.params[0])
        return json_reply(await returns.exchange(person, hold, call.read(_exchange_body)))

    base = "/api/v1/bookings/{booking_id}"
    return [
        LaneRoute("POST", f"{base}/refund", refund),
        LaneRoute("GET", f"{base}/refunds", refunds),
        LaneRoute("POST", f"{base}/exchange", exchange),
    ]


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/refund", tag="Bookings", summary="Give paid tickets back",
        description="All that are left, or those of `seatIds`. The seats are free at once, the money is on its way: "
        "202, and 200 once the provider has paid it. A repeat finds the same refund.",
        body=RefundBody, example={"seatIds": ["102-F-14"]},
        answers={200: ("The money is back.", Refund), 202: ("The money is on its way.", Refund)},
        problems=(401, 403, 404, 409, 422, 429),
    ),
    Operation(
        method="get", path="/api/v1/bookings/{bookingId}/refunds", tag="Bookings", summary="What went back",
        answers={200: ("Oldest first.", RefundList)}, problems=(401, 404, 429),
    ),
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/exchange", tag="Bookings", summary="Exchange tickets",
        description="`bookingId` is a hold of the same event. What the tickets cost counts towards it; they go back on "
        "sale in the moment in which the hold is confirmed. `due` is charged then, `back` is paid back.",
        body=ExchangeBody, example={"fromBookingId": "0190a5b4-0000-7000-8000-000000000000", "seatIds": ["102-F-14"]},
        answers={200: ("What it comes to.", Exchange)}, problems=(401, 403, 404, 409, 410, 422, 429),
    ),
)  # fmt: skip
