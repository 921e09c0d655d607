"""The sale lane's calls on the code of a hold."""

import msgspec

from rowlock.bookings.codes import CodeDesk
from rowlock.bookings.gate import SaleGate
from rowlock.bookings.model import Booking, CodeBody
from rowlock.platform.http.calls import Answer, Call, LaneRoute, json_reply
from rowlock.platform.http.openapi import Operation

PATH = "/api/v1/bookings/{booking_id}/code"
_code_body = msgspec.json.Decoder(CodeBody)


def code_lane(gate: SaleGate, codes: CodeDesk) -> list[LaneRoute]:
    """Putting a code on a hold, and taking it off."""

    async def put(call: Call) -> Answer:
        person = await gate.person(call)
        body = call.read(_code_body)
        tries = await gate.tries_code(call, person)
        booking = await codes.apply(person, call.params[0], body.code)
        await gate.code_was_good(tries)
        return json_reply(booking)

    async def take_off(call: Call) -> Answer:
        person = await gate.person(call)
        return json_reply(await codes.remove(person, call.params[0]))

    return [LaneRoute("POST", PATH, put), LaneRoute("DELETE", PATH, take_off)]


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/code", tag="Bookings", summary="Put a code on a hold",
        description="The hold costs less from now on. 422 `code_not_valid`: it costs what it did; of a good code "
        "`reason` says why.",
        body=CodeBody, example={"code": "SPRING"},
        answers={200: ("The hold at its lower price.", Booking)}, problems=(401, 404, 409, 410, 422, 429),
    ),
    Operation(
        method="delete", path="/api/v1/bookings/{bookingId}/code", tag="Bookings", summary="Take the code off a hold",
        answers={200: ("The hold at the price of its list.", Booking)}, problems=(401, 404, 409, 410, 422, 429),
    ),
)  # fmt: skip
