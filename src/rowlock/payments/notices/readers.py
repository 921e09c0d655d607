"""Reading webhooks: is it really the provider who writes, and of what? Bytes in, a notice out."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rowlock.payments.notices.model import Forged, Notice, NoticeKind, Unreadable
from rowlock.payments.providers.decimals import RAZORPAY, STRIPE, Decimals

TOLERANCE_SECONDS = 300
"""A signature is good for so long before and after the moment it names."""
SIGNATURES_MAX = 20
SUM_MAX = 10**13
KEY = "rowlock_key"
_CURRENCY = re.compile("[A-Z]{3}")

ReadNotice = Callable[[Mapping[str, str], bytes, float], Notice]
"""From headers, body and the time (seconds since 1970) to what they say; Forged, Unreadable."""

_STRIPE_KINDS: dict[str, NoticeKind] = {
    "charge.dispute.created": "dispute",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
}
_RAZORPAY_KINDS: dict[str, NoticeKind] = {
    "payment.dispute.created": "dispute",
    "payment.dispute.won": "dispute_won",
    "refund.created": "refund",
    "refund.processed": "refund",
    "refund.failed": "refund",
}


class _StripeEvent(msgspec.Struct):
    id: str
    type: str
    data: dict[str, Any]


class _RazorpayEvent(msgspec.Struct):
    event: str
    payload: dict[str, dict[str, Any]]


class StripeNotices:
    """Reads Stripe's. While secrets are exchanged there are two."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, headers: Mapping[str, str], body: bytes, now: float) -> Notice:
        """The header names the second of the signature, and one digest for each of Stripe's secrets."""
        parts = [part.partition("=")[::2] for part in headers.get("stripe-signature", "").split(",")[:SIGNATURES_MAX]]
        signed_at = next((value for name, value in parts if name.strip() == "t"), "")
        if not re.fullmatch("[0-9]{1,12}", signed_at):
            raise Forged("the signature names no time")
        digests = [value for name, value in parts if name.strip() == "v1"]
        if not _signed(self._secrets, signed_at.encode() + b"." + body, digests):
            raise Forged("no signature fits")
        if abs(now - int(signed_at)) > TOLERANCE_SECONDS:
            raise Forged("the signature is too old")
        return _stripe_notice(_decode(body, _StripeEvent))


class RazorpayNotices:
    """Reads Razorpay's. Its event id stands in a header that nobody signs, so an event is known by its body."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, headers: Mapping[str, str], body: bytes, now: float) -> Notice:  # noqa: ARG002  it names no time
        """One digest of the whole body."""
        if not _signed(self._secrets, body, [headers.get("x-razorpay-signature", "")]):
            raise Forged("no signature fits")
        return _razorpay_notice(_decode(body, _RazorpayEvent), hashlib.sha256(body).hexdigest())


def _signed(secrets: Sequence[str], text: bytes, digests: Sequence[str]) -> bool:
    """Whether one of the digests is made with one of the secrets; every pair is compared, in constant time."""
    made = [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode() for secret in secrets]
    fits = [hmac.compare_digest(digest.encode(), ours) for digest in digests for ours in made]
    return any(fits)


def _decode(body: bytes, kind: type[Any]) -> Any:  # noqa: ANN401  of the type that is asked for
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def _stripe_notice(event: _StripeEvent) -> Notice:
    thing = event.data.get("object")
    event_id = _text(event.id)
    if not isinstance(thing, dict) or not event_id:
        raise Unreadable("the event has no object, or no id")
    kind = _STRIPE_KINDS.get(event.type, "other")
    if event.type.startswith(("payment_intent.", "checkout.session.")):
        kind = "payment"
    if event.type == "charge.dispute.closed" and thing.get("status") == "won":
        kind = "dispute_won"
    own = thing.get("id")
    sum_name = "amount_total" if event.type.startswith("checkout.session.") else "amount"
    amount, currency = _sum(STRIPE, thing.get(sum_name), thing.get("currency"))
    return Notice(
        provider="stripe",
        event_id=event_id,
        kind=kind,
        key=_text(_mapping(thing.get("metadata")).get(KEY)),
        ref=_text(own),
        payment_ref=_text(own if kind == "payment" else thing.get("payment_intent")),
        amount=amount,
        currency=currency,
    )


def _razorpay_notice(event: _RazorpayEvent, event_id: str) -> Notice:
    kind = _RAZORPAY_KINDS.get(event.event, "other")
    if event.event in {"payment.authorized", "payment.captured", "payment.failed", "order.paid"}:
        kind = "payment"
    name = {"refund": "refund", "dispute": "dispute", "dispute_won": "dispute"}.get(kind, "payment")
    thing = _mapping(event.payload.get(name, {}).get("entity"))
    amount, currency = _sum(RAZORPAY, thing.get("amount"), thing.get("currency"))
    return Notice(
        provider="razorpay",
        event_id=event_id,
        kind=kind,
        key=_text(_mapping(thing.get("notes")).get(KEY)),
        ref=_text(thing.get("id")),
        payment_ref=_text(thing.get("id") if name == "payment" else thing.get("payment_id")),
        amount=amount,
        currency=currency,
    )


def _sum(decimals: Decimals, amount: object, currency: object) -> tuple[int | None, str | None]:
    """An amount in our minor units with its currency; neither when the event names no such thing."""
    if type(amount) is not int or not 0 <= amount <= SUM_MAX or not isinstance(currency, str):
        return None, None
    code = currency.upper()
    return (decimals.ours(amount, code), code) if _CURRENCY.fullmatch(code) else (None, None)


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and "\0" not in value else None
