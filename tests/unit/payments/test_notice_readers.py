"""Webhooks are believed when their provider signed these very bytes, lately; and never break what reads them."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import WebhookSignature

from rowlock.payments.notices import Notice, RazorpayNotices, StripeNotices
from rowlock.payments.notices.model import Forged, Unreadable
from rowlock.payments.notices.readers import TOLERANCE_SECONDS

NOW = 1_800_000_000
SECRETS = ["whsec_new", "whsec_old"]
STRIPE, RAZORPAY = StripeNotices(SECRETS), RazorpayNotices(SECRETS)


def stripe_event(kind: str, thing: dict[str, Any]) -> bytes:
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}).encode()


INTENT = {"id": "pi_1", "amount": 4950, "currency": "eur", "metadata": {"rowlock_key": "k"}, "status": "succeeded"}
BODY = stripe_event("payment_intent.succeeded", INTENT)


def by_stripe(body: bytes, secret: str = "whsec_new", at: int = NOW) -> dict[str, str]:
    """Signed by Stripe's own SDK."""
    header: str = WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return {"stripe-signature": header}


def by_razorpay(body: bytes, secret: str = "whsec_new") -> dict[str, str]:
    return {"x-razorpay-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("secret", SECRETS)
def test_what_stripes_sdk_signs_is_believed(secret: str) -> None:
    assert STRIPE(by_stripe(BODY, secret), BODY, NOW) == Notice(
        provider="stripe", event_id="evt_1", kind="payment", key="k", ref="pi_1", payment_ref="pi_1", amount=4950,
        currency="EUR",
    )  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": f"t={NOW}"},
        {"stripe-signature": f"t=x,v1={'0' * 64}"},
        {"stripe-signature": f"t={NOW},v1={'0' * 64}"},
        {"stripe-signature": f"t={NOW},v0=" + by_stripe(BODY)["stripe-signature"].rpartition("=")[2]},
        by_stripe(BODY, "whsec_other"),
        by_stripe(BODY + b" "),
        by_stripe(BODY, at=NOW - TOLERANCE_SECONDS - 1),
        by_stripe(BODY, at=NOW + TOLERANCE_SECONDS + 1),
        {"stripe-signature": f"t={NOW},v1=" + by_stripe(BODY, at=NOW - 1)["stripe-signature"].rpartition("=")[2]},
    ],
)
def test_everything_else_is_forged(headers: dict[str, str]) -> None:
    """No signature, another scheme, secret, body or moment, and one that is too old or not yet."""
    with pytest.raises(Forged):
        STRIPE(headers, BODY, NOW)


@pytest.mark.parametrize(
    ("kind", "thing", "expected"),
    [
        ("checkout.session.completed", {"id": "cs_1", "amount_total": 99, "currency": "jpy"}, ("payment", "cs_1", 99)),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": "pi_1", "amount": 5, "currency": "eur"},
         ("dispute", "pi_1", 5)),
        ("charge.dispute.closed", {"id": "du_1", "payment_intent": "pi_1", "status": "won"},
         ("dispute_won", "pi_1", None)),
        ("charge.dispute.closed", {"id": "du_1", "payment_intent": "pi_1", "status": "lost"}, ("other", "pi_1", None)),
        ("refund.updated", {"id": "re_1", "payment_intent": "pi_1", "amount": 5, "currency": "isk"},
         ("refund", "pi_1", 1)),
        ("customer.created", {"id": "cus_1"}, ("other", None, None)),
    ],
)  # fmt: skip
def test_what_stripe_speaks_of(kind: str, thing: dict[str, Any], expected: tuple[object, ...]) -> None:
    body = stripe_event(kind, thing)
    notice = STRIPE(by_stripe(body), body, NOW)
    assert (notice.kind, notice.payment_ref, notice.amount) == expected


def test_razorpays_event_is_known_by_its_body() -> None:
    """Its id stands in a header that is not signed: one could be made to look like another."""
    paid = {"id": "pay_1", "amount": 500, "currency": "INR", "notes": {"rowlock_key": "k"}}
    body = json.dumps({"event": "payment.captured", "payload": {"payment": {"entity": paid}}}).encode()
    headers = by_razorpay(body, "whsec_old")
    notice = RAZORPAY({**headers, "x-razorpay-event-id": "one"}, body, NOW)
    assert (notice.kind, notice.key, notice.payment_ref, notice.amount) == ("payment", "k", "pay_1", 500)
    assert notice == RAZORPAY({**headers, "x-razorpay-event-id": "two"}, body, NOW)
    with pytest.raises(Forged):
        RAZORPAY(headers, body + b" ", NOW)


NAMES = (
    "id",
    "type",
    "data",
    "object",
    "event",
    "payload",
    "payment",
    "entity",
    "metadata",
    "notes",
    "amount",
    "currency",
)
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_no_json_breaks_the_readers(content: object) -> None:
    """Signed nonsense is a notice about nothing, or refused; it never fails otherwise."""
    body = json.dumps(content).encode()
    for read, headers in ((STRIPE, by_stripe(body)), (RAZORPAY, by_razorpay(body))):
        try:
            assert isinstance(read(headers, body, NOW), Notice)
        except Unreadable:
            continue
