"""Payments by Stripe: its fields in the buyer's browser give a payment method, or its Checkout page takes the card.

The key of a payment makes a payment intent (or a Checkout session) once; making one moves no money, so that a lookup
may repeat it to find out its id. Everything after that is done to the id, and Stripe refuses what was done before. Keys
of Stripe end after a day: what is older is found by the key in its metadata.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import stripe
from stripe import Dispute, PaymentIntent, Refund, StripeClient
from stripe.checkout import Session
from stripe.params.checkout import SessionCreateParams

from rowlock.payments.provider import (
    Charge,
    ChargeState,
    OutcomeUnknown,
    PaymentAsk,
    RefundAnswer,
    RefundAsk,
    RefundState,
    StatementLine,
)
from rowlock.payments.providers.decimals import STRIPE, AmountNotTaken
from rowlock.payments.providers.stripe_connections import StripeConnections

REDIRECT = "redirect"
"""The token of a payment on Stripe's own page."""
KEY = "rowlock_key"
PAGE_LINES = 100
CAPTURE_DAYS_MAX = 7
"""After so many days an authorisation has lapsed at Stripe: no capture belongs to an older intent."""
_CARD = "latest_charge"
_REFUND_STATES: dict[str, RefundState] = {"succeeded": "paid", "failed": "failed", "canceled": "failed"}


class StripeProvider:
    """Implements `PaymentProvider` with payment intents that are captured by hand."""

    name = "stripe"

    def __init__(self, secret_key: str, public_url: str, *, api: str, seconds_max: float) -> None:
        """`public_url`: where buyers come back to us. `api`: Stripe's address. One call takes `seconds_max` at most."""
        self._connections = StripeConnections(seconds_max)
        self._client = StripeClient(secret_key, base_addresses={"api": api}, http_client=self._connections)
        self._intents = self._client.v1.payment_intents
        self._sessions = self._client.v1.checkout.sessions
        self._public_url = public_url.rstrip("/")

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """Make the intent and have the bank asked, or make a session and send the buyer there."""
        with _answered():
            try:
                if ask.token == REDIRECT:
                    session = await self._make_session(ask)
                    return await self._charge_of_session(
                        await self._session(session.id) if _replayed(session) else session
                    )
                intent = await self._make_intent(ask)
                if _replayed(intent):
                    intent = await self._intent(intent.id)
                return _charge(await self._confirm(ask, intent) if intent.status == "requires_confirmation" else intent)
            except AmountNotTaken as refused:
                return Charge("declined", reason=str(refused))
            except stripe.InvalidRequestError as error:
                return Charge("declined", reason=error.user_message)

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """By its id, else by the key that made it."""
        with _answered():
            found = await self._find(ask)
            if isinstance(found, Session):
                return await self._charge_of_session(found)
            if found is None or found.status == "requires_confirmation":  # nobody has asked the bank yet
                return None
            return _charge(found)

    async def capture(self, ask: PaymentAsk) -> Charge:
        """Take what is authorised."""
        with _answered():
            intent_id = _intent_id(await self._find(ask))
            if intent_id is None:
                return Charge("voided", reason="Nothing was authorised.")
            try:
                return _charge(await self._intents.capture_async(intent_id, {"expand": [_CARD]}))
            except stripe.InvalidRequestError:  # it is not authorised, or taken already
                return _charge(await self._intent(intent_id))

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """Close the session, or let the amount go. Stripe refuses both once the money is taken."""
        with _answered():
            found = await self._find(ask)
            if isinstance(found, Session) and found.status == "open":
                try:
                    await self._sessions.expire_async(found.id)
                except stripe.InvalidRequestError:  # paid or expired meanwhile
                    found = await self._session(found.id)
            intent_id = _intent_id(found)
            if intent_id is None:
                return None if found is None else Charge("voided", ref=found.id)
            try:
                return _charge(await self._intents.cancel_async(intent_id, {"expand": [_CARD]}))
            except stripe.InvalidRequestError:
                return _charge(await self._intent(intent_id))

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Make the refund under its key, or say what has become of it."""
        with _answered():
            intent_id = _intent_id(await self._find(ask.payment))
            if intent_id is None:
                return RefundAnswer("failed", reason="Stripe has no such payment.")
            try:
                made = await self._refund_made(ask, intent_id) or await self._make_refund(ask, intent_id)
            except (AmountNotTaken, stripe.InvalidRequestError) as refused:
                return RefundAnswer("failed", reason=str(refused))
            state = _REFUND_STATES.get(made.status or "", "pending")
            return RefundAnswer(state, ref=made.id, reason=made.failure_reason)

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """Captures by the time of their balance transaction; refunds and disputes by the time they were made."""
        window: Any = {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}, "limit": PAGE_LINES}
        earlier = since - timedelta(days=CAPTURE_DAYS_MAX)
        opened: Any = window | {"created": {**window["created"], "gte": int(earlier.timestamp())}}
        with _answered():
            expanded: Any = ["data.latest_charge.balance_transaction"]
            intents = await self._intents.list_async(opened | {"expand": expanded})
            async for intent in intents.auto_paging_iter():
                at = _taken_at(intent)
                if at is not None and since <= at < until:
                    yield _line("charge", intent, intent.amount_received, at, _key_of(intent.metadata))
            refunds = await self._client.v1.refunds.list_async(window)
            async for refund in refunds.auto_paging_iter():
                if _REFUND_STATES.get(refund.status or "") != "failed":
                    yield _line("refund", refund, refund.amount, _time(refund.created), _key_of(refund.metadata))
            disputes = await self._client.v1.disputes.list_async(window | {"expand": ["data.payment_intent"]})
            async for dispute in disputes.auto_paging_iter():
                paid: Any = dispute.payment_intent
                key = _key_of(paid.metadata) if paid else None
                yield _line("dispute", dispute, dispute.amount, _time(dispute.created), key)

    async def reach(self) -> None:
        """Ask something harmless; OutcomeUnknown when Stripe does not answer or does not know the key."""
        with _answered():
            await self._client.v1.balance.retrieve_async()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close_async()

    async def _make_intent(self, ask: PaymentAsk) -> PaymentIntent:
        return await self._intents.create_async(
            {
                "amount": STRIPE.theirs(ask.amount, ask.currency),
                "currency": ask.currency.lower(),
                "payment_method": ask.token,
                "allowed_payment_method_types": ["card"],
                "capture_method": "manual",
                "metadata": {KEY: ask.key},
            },
            {"idempotency_key": f"{ask.key}:create"},
        )

    async def _make_session(self, ask: PaymentAsk) -> Session:
        amount, back = STRIPE.theirs(ask.amount, ask.currency), f"{self._public_url}/pay/back/{ask.key}"
        terms: SessionCreateParams = {
            "mode": "payment",
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": ask.currency.lower(),
                        "unit_amount": amount,
                        "product_data": {"name": "Tickets"},
                    },
                }
            ],
            "success_url": back,
            "cancel_url": f"{back}?cancelled=1",
            "client_reference_id": ask.key,
            "metadata": {KEY: ask.key},
            "payment_intent_data": {"capture_method": "manual", "metadata": {KEY: ask.key}},
        }
        return await self._sessions.create_async(terms, {"idempotency_key": f"{ask.key}:session"})

    async def _confirm(self, ask: PaymentAsk, intent: PaymentIntent) -> PaymentIntent:
        """Have the bank asked. A decline is no error here, but the state of the intent."""
        try:
            return await self._intents.confirm_async(
                intent.id,
                {"return_url": f"{self._public_url}/pay/back/{ask.key}", "expand": [_CARD]},
                {"idempotency_key": f"{ask.key}:confirm"},
            )
        except stripe.CardError:
            return await self._intent(intent.id)
        except stripe.InvalidRequestError:
            intent = await self._intent(intent.id)
            if intent.status == "requires_confirmation":
                raise
            return intent

    async def _find(self, ask: PaymentAsk) -> PaymentIntent | Session | None:
        if ask.ref is None:
            return await self._find_by_key(ask)
        return await (self._session(ask.ref) if ask.ref.startswith("cs_") else self._intent(ask.ref))

    async def _find_by_key(self, ask: PaymentAsk) -> PaymentIntent | Session | None:
        """Repeat what makes it: the answer names what there is. What is made only now is closed again at once."""
        try:
            made = await (self._make_session(ask) if ask.token == REDIRECT else self._make_intent(ask))
        except (AmountNotTaken, stripe.InvalidRequestError):
            return None
        except stripe.APIError as error:
            if (error.headers or {}).get("idempotent-replayed") != "true":
                raise
            return None  # the first try failed at Stripe: nobody was told an id that could be paid
        if _replayed(made):
            return await (self._session(made.id) if isinstance(made, Session) else self._intent(made.id))
        if isinstance(made, Session):
            await self._sessions.expire_async(made.id)
        else:
            await self._intents.cancel_async(made.id)
        query = f"metadata['{KEY}']:'{ask.key}'"
        found = await self._intents.search_async({"query": query, "expand": [f"data.{_CARD}"]})
        return next((intent for intent in found.data if intent.id != made.id), None)

    async def _intent(self, intent_id: str) -> PaymentIntent:
        return await self._intents.retrieve_async(intent_id, {"expand": [_CARD]})

    async def _session(self, session_id: str) -> Session:
        return await self._sessions.retrieve_async(session_id, {"expand": [f"payment_intent.{_CARD}"]})

    async def _charge_of_session(self, session: Session) -> Charge:
        """The session's page is where the buyer pays; what has come of it is the state of its intent."""
        if session.status == "open":
            assert session.amount_total is not None
            assert session.currency is not None
            amount, currency = session.amount_total, session.currency.upper()
            ours = STRIPE.ours(amount, currency)
            return Charge("challenge", action_url=session.url, ref=session.id, amount=ours, currency=currency)
        intent_id = _intent_id(session)
        if session.status == "expired" or intent_id is None:
            return Charge("voided", reason="The payment was not made in time.", ref=session.id)
        paid = session.payment_intent
        return _charge(paid if isinstance(paid, PaymentIntent) else await self._intent(intent_id))

    async def _refund_made(self, ask: RefundAsk, intent_id: str) -> Refund | None:
        """The refund of this key, if it was made. Looked for by its key, too: a key of Stripe's ends after a day."""
        if ask.ref is not None:
            return await self._client.v1.refunds.retrieve_async(ask.ref)
        refunds = await self._client.v1.refunds.list_async({"payment_intent": intent_id, "limit": PAGE_LINES})
        async for refund in refunds.auto_paging_iter():
            if _key_of(refund.metadata) == ask.key:
                return refund
        return None

    async def _make_refund(self, ask: RefundAsk, intent_id: str) -> Refund:
        amount = STRIPE.theirs(ask.amount, ask.payment.currency)
        return await self._client.v1.refunds.create_async(
            {"payment_intent": intent_id, "amount": amount, "metadata": {KEY: ask.key}},
            {"idempotency_key": f"{ask.key}:refund"},
        )


def _charge(intent: PaymentIntent) -> Charge:
    """What an intent's status means to us; OutcomeUnknown while Stripe itself waits."""
    reason = url = None
    state: ChargeState
    match intent.status:
        case "requires_capture":
            state = "authorised"
        case "succeeded":
            state = "captured"
        case "canceled":
            state = "voided"
        case "requires_action":
            state, step = "challenge", intent.next_action
            url = step.redirect_to_url.url if step and step.redirect_to_url else None
        case "requires_payment_method":
            state, error = "declined", intent.last_payment_error
            reason = error.message if error else None
        case _:
            raise OutcomeUnknown(f"Stripe says {intent.status} of {intent.id}")
    used: Any = intent.latest_charge
    details = used.payment_method_details if isinstance(used, stripe.Charge) else None
    card = details.card if details else None
    currency = intent.currency.upper()
    return Charge(
        state,
        action_url=url,
        reason=reason,
        card=card.fingerprint if card else None,
        ref=intent.id,
        amount=STRIPE.ours(intent.amount_received or intent.amount, currency),
        currency=currency,
    )


def _intent_id(found: PaymentIntent | Session | None) -> str | None:
    """The intent that the money hangs on, None while a session has none."""
    intent = found.payment_intent if isinstance(found, Session) else found
    return intent.id if isinstance(intent, PaymentIntent) else intent


def _taken_at(intent: PaymentIntent) -> datetime | None:
    """When the money was taken, None when it was not."""
    used: Any = intent.latest_charge
    moved = used.balance_transaction if intent.status == "succeeded" and used is not None else None
    return None if moved is None else _time(moved.created)


def _line(
    kind: Literal["charge", "refund", "dispute"],
    thing: PaymentIntent | Refund | Dispute,
    minor: int,
    at: datetime,
    key: str | None,
) -> StatementLine:
    currency = thing.currency.upper()
    return StatementLine(kind, key, thing.id, STRIPE.ours(minor, currency), currency, at)


def _key_of(metadata: Any) -> str | None:  # noqa: ANN401  the SDK's own type hides what it is
    return str(metadata[KEY]) if metadata is not None and KEY in metadata else None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _replayed(made: PaymentIntent | Session) -> bool:
    """Whether this is the kept answer to an earlier call with the same key, and may be out of date."""
    answer = made.last_response
    return answer is not None and answer.headers.get("idempotent-replayed") == "true"


@contextmanager
def _answered() -> Iterator[None]:
    """Whatever Stripe's SDK raises in here leaves us without an answer."""
    try:
        yield
    except stripe.StripeError as error:
        raise OutcomeUnknown(
            f"Stripe: {type(error).__name__} {error.http_status or ''} {error.user_message}"
        ) from error
