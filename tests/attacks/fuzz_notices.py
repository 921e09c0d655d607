"""Webhooks, signed as their provider would sign them: a notice, or refused, whatever stands in them."""

import hashlib
import hmac

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.payments.notices"]):
    import msgspec

    from rowlock.payments.notices.model import Forged, Unreadable
    from rowlock.payments.notices.readers import RazorpayNotices, StripeNotices

SECRET, NOW = "secret", 1_800_000_000
STRIPE, RAZORPAY = StripeNotices([SECRET]), RazorpayNotices([SECRET])
SEEDS = (
    b'{"id":"e","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","amount":1,"currency":"eur"}}}',
    b'{"id":"e","type":"refund.updated","data":{"object":{"id":"re_1","metadata":{"rowlock_key":"k"}}}}',
    b'{"id":"e","type":"charge.dispute.closed","data":{"object":{"id":"du_1","status":"won","payment_intent":"pi_1"}}}',
    b'{"event":"payment.captured","payload":{"payment":{"entity":{"id":"p","amount":1,"currency":"INR","notes":[]}}}}',
    b"t=1800000000,v1=00,v1=", b"[" * 600, b'{"id":"\\u0000"}',
)  # fmt: skip


def attempt(data: bytes) -> None:
    """The same bytes as a signed body, and as the header of one."""
    digest = hmac.new(SECRET.encode(), f"{NOW}.".encode() + data, hashlib.sha256).hexdigest()
    plain = hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest()
    text = data.decode("latin-1")
    for read, headers, body in (
        (STRIPE, {"stripe-signature": f"t={NOW},v1={digest}"}, data),
        (RAZORPAY, {"x-razorpay-signature": plain}, data),
        (STRIPE, {"stripe-signature": text}, b"{}"),
        (RAZORPAY, {"x-razorpay-signature": text}, b"{}"),
    ):
        try:
            notice = read(headers, body, NOW)
        except (Forged, Unreadable):
            continue
        assert body is data
        assert b"\\u0000" not in msgspec.json.encode(notice)


if __name__ == "__main__":
    fuzz(attempt, SEEDS)
