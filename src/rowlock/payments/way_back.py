"""The way to a payment provider's page, and back. What buyers bring from there is a reason to ask, not an answer."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.kernel.ids import parse_booking_id
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Cashier
from rowlock.payments.provider import OutcomeUnknown
from rowlock.platform.http.bodies import read_bytes

if TYPE_CHECKING:
    from rowlock.payments.providers.razorpay import RazorpayProvider

KEY = "rowlock_key"
"""What our payments are known by in a provider's notes."""
FORM_BYTES_MAX = 16 * 1024

log = structlog.get_logger(__name__)


class PaymentForm(NamedTuple):
    """A form for a payment provider's page, and the page of the booking that is paid."""

    address: str
    fields: Mapping[str, str]
    booking: str


async def hand_over_form(
    cashier: Cashier, razorpay: "RazorpayProvider | None", payment_id: str, public_url: str
) -> PaymentForm | str | None:
    """The form that leads to Razorpay's page; the page of the booking when nothing waits; None: no such payment."""
    number = parse_booking_id(payment_id)
    booking_id = await cashier.booking_of_payment(number) if number is not None else None
    if number is None or booking_id is None or razorpay is None:
        return None
    booking = f"/bookings/{booking_id}"
    try:
        order_id = await razorpay.order_to_pay(str(number))
    except OutcomeUnknown:
        order_id = None
    if order_id is None:
        return booking
    site = public_url.rstrip("/")
    fields = {
        "key_id": razorpay.key_id,
        "order_id": order_id,
        f"notes[{KEY}]": str(number),
        "callback_url": f"{site}/pay/razorpay/{number}/back",
        "cancel_url": f"{site}/pay/back/{number}?cancelled=1",
    }
    return PaymentForm(razorpay.checkout_url, fields, booking)


def way_back_routes(cashier: Cashier, razorpay: "RazorpayProvider | None") -> list[Route]:
    """Back from the provider: the payment is asked about, and the buyer goes to the page of the booking."""

    async def back(request: Request) -> Response:
        payment_id, booking_id = await _payment(request)
        await _settle(payment_id, given_up="cancelled" in request.query_params)
        return RedirectResponse(f"/bookings/{booking_id}", 303)

    async def signed_back(request: Request) -> Response:
        """Razorpay's form brings a signature. Without a good one nothing is believed, and the payment asked about."""
        payment_id, booking_id = await _payment(request)
        fields = {
            name: values[0] for name, values in parse_qs((await read_bytes(request, FORM_BYTES_MAX)).decode()).items()
        }
        told = [fields.get(f"razorpay_{name}", "") for name in ("order_id", "payment_id", "signature")]
        if razorpay is None or (all(told) and not razorpay.vouches(*told)):
            log.warning("return_not_signed", paymentId=str(payment_id))
            raise Problem("signature_refused", "This is not signed by the payment provider.")
        await _settle(payment_id, given_up=False)
        return RedirectResponse(f"/bookings/{booking_id}", 303)

    async def _settle(payment_id: uuid.UUID, *, given_up: bool) -> None:
        try:
            await (cashier.give_up(payment_id) if given_up else cashier.learn(payment_id))
        except Problem as problem:
            if problem.kind.status >= 500:
                raise
        except OutcomeUnknown as error:  # the page of the booking says that it is pending, and the reconciler asks on
            log.warning("return_unknown", paymentId=str(payment_id), error=str(error))

    async def _payment(request: Request) -> tuple[uuid.UUID, uuid.UUID]:
        payment_id = parse_booking_id(request.path_params["payment_id"])
        booking_id = await cashier.booking_of_payment(payment_id) if payment_id is not None else None
        if payment_id is None or booking_id is None:
            raise Problem("not_found", "There is no such payment.")
        return payment_id, booking_id

    return [
        Route("/pay/back/{payment_id}", back, methods=["GET"]),
        Route("/pay/razorpay/{payment_id}/back", signed_back, methods=["POST"]),
    ]
