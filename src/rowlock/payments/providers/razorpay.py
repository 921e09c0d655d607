"""Payments by Razorpay: an order with our key as its receipt, paid on Razorpay's own page, captured by hand.

Razorpay has no keys for orders and no call that lets an authorised payment go. So an order is looked for before it is
made (two orders for one key would do no harm: an order moves no money), and a payment that is given up is noted on its
order: we never capture it then, and Razorpay gives the money back by itself.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Literal

import razorpay
import requests
from razorpay.errors import BadRequestError, SignatureVerificationError
from requests.adapters import HTTPAdapter

from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk, RefundAnswer, RefundAsk, StatementLine
from rowlock.payments.providers.decimals import RAZORPAY, AmountNotTaken

CHECKOUT_PATH = "/pay/razorpay/"
"""Our page that takes the buyer to Razorpay's: its checkout is reached by a form only."""
REDIRECT = "redirect"
KEY, GIVEN_UP = "rowlock_key", "rowlock_given_up"
THREADS_MAX = 16
"""The SDK waits for its answers: so many calls may be under way at once, the next ones wait."""
PAGE_LINES = 100

Thing = dict[str, Any]


class RazorpayProvider:
    """Implements `PaymentProvider` with orders and the hosted checkout."""

    name = "razorpay"

    def __init__(self, key_id: str, key_secret: str, *, api: str, seconds_max: float) -> None:
        """`api`: Razorpay's address. One call takes `seconds_max` at most, once a thread is free for it."""
        self.key_id = key_id
        self.checkout_url = f"{api}/v1/checkout/embedded"
        self._session = _Connections(seconds_max)
        self._sdk = razorpay.Client(session=self._session, auth=(key_id, key_secret), base_url=api)
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="razorpay")

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """Make the order and send the buyer to pay it, or say where that stands."""
        if ask.token != REDIRECT:
            return Charge("declined", reason="Razorpay payments are made on its own page.")
        orders = await self._orders(ask)
        try:
            return await self._charge(ask, orders or [await self._make_order(ask)])
        except (AmountNotTaken, BadRequestError) as refused:
            return Charge("declined", reason=str(refused))

    async def lookup(self, ask: PaymentAsk) -> Charge | None:
        """What was paid on the order."""
        orders = await self._orders(ask)
        return await self._charge(ask, orders) if orders else None

    async def capture(self, ask: PaymentAsk) -> Charge:
        """Take what is authorised, unless it was given up."""
        orders = await self._orders(ask)
        charge = await self._charge(ask, orders) if orders else Charge("voided", reason="Nothing was authorised.")
        if charge.state == "authorised":
            terms = {"currency": ask.currency}
            amount = RAZORPAY.theirs(ask.amount, ask.currency)
            try:
                await self._call(self._sdk.payment.capture, charge.ref, amount, terms)
            except BadRequestError as refused:  # most likely taken meanwhile; else the next round asks again
                charge = await self._charge(ask, orders)
                if charge.state == "authorised":
                    raise OutcomeUnknown(f"Razorpay does not capture {charge.ref}: {refused}") from refused
                return charge
            return await self._charge(ask, orders)
        return charge

    async def void(self, ask: PaymentAsk) -> Charge | None:
        """Note on the order that it is given up."""
        orders = await self._orders(ask)
        for order in orders:
            await self._call(self._sdk.order.edit, order["id"], {"notes": {KEY: ask.key, GIVEN_UP: "1"}})
        return await self._charge(ask, await self._orders(ask)) if orders else None

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Make the refund under its key, or say what has become of it."""
        paid = await self.lookup(ask.payment)
        if paid is None or paid.ref is None or paid.state != "captured":
            return RefundAnswer("failed", reason="Razorpay has not taken this payment.")
        made = await self._refund_made(ask, paid.ref)
        if made is None:
            try:
                made = await self._make_refund(ask, paid.ref)
            except (AmountNotTaken, BadRequestError) as refused:
                return RefundAnswer("failed", reason=str(refused))
        match made["status"]:
            case "processed":
                return RefundAnswer("paid", ref=made["id"])
            case "failed":
                return RefundAnswer("failed", ref=made["id"], reason="The bank did not take the money back.")
        return RefundAnswer("pending", ref=made["id"])

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """All by the time they were made: Razorpay does not say when a payment was captured."""
        window = {"from": int(since.timestamp()), "to": int(until.timestamp()) - 1}
        async for payment in self._pages(self._sdk.payment.all, window):
            if payment["captured"]:
                yield _line("charge", payment, payment["notes"])
        async for refund in self._pages(self._sdk.refund.all, window):
            if refund["status"] != "failed":
                yield _line("refund", refund, refund["notes"])
        async for dispute in self._pages(self._sdk.dispute.all, window):
            payment = await self._call(self._sdk.payment.fetch, dispute["payment_id"])
            yield _line("dispute", dispute, payment["notes"])

    async def order_to_pay(self, key: str) -> str | None:
        """The order of a payment that still waits for its buyer."""
        ask = PaymentAsk(key, REDIRECT, 0, "")
        orders = await self._orders(ask)
        waits = bool(orders) and (await self._charge(ask, orders)).state == "challenge"
        return orders[0]["id"] if waits else None

    def vouches(self, order_id: str, payment_id: str, signature: str) -> bool:
        """Whether Razorpay signed that this payment was made for this order."""
        told = {"razorpay_order_id": order_id, "razorpay_payment_id": payment_id, "razorpay_signature": signature}
        try:
            return bool(self._sdk.utility.verify_payment_signature(told))
        except (SignatureVerificationError, TypeError):  # TypeError: a signature that is not ASCII
            return False

    async def reach(self) -> None:
        """Ask something harmless; OutcomeUnknown when Razorpay does not answer or does not know the key."""
        try:
            await self._call(self._sdk.order.all, {"count": 1})
        except BadRequestError as error:
            raise OutcomeUnknown(f"Razorpay: {error}") from error

    async def close(self) -> None:
        """Let go of the threads and the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    async def _call(self, call: Callable[..., Any], *args: object, **options: object) -> Any:  # noqa: ANN401  the SDK has no types
        work = functools.partial(call, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _orders(self, ask: PaymentAsk) -> list[Thing]:
        """The orders of a payment, oldest first: one, unless two calls made theirs at the same moment."""
        found = await self._call(self._sdk.order.all, {"receipt": ask.key})
        return sorted(found["items"], key=lambda order: (order["created_at"], order["id"]))

    async def _make_order(self, ask: PaymentAsk) -> Thing:
        terms = {
            "amount": RAZORPAY.theirs(ask.amount, ask.currency),
            "currency": ask.currency,
            "receipt": ask.key,
            "notes": {KEY: ask.key},
            "payment": {"capture": "manual"},
        }
        made: Thing = await self._call(self._sdk.order.create, terms)
        return made

    async def _charge(self, ask: PaymentAsk, orders: list[Thing]) -> Charge:
        """What the payments of the orders come to: one that is taken, else one that can be, else the buyer may pay."""
        payments: list[Thing] = []
        for order in orders:
            found = await self._call(self._sdk.order.payments, order["id"])
            payments += sorted(found["items"], key=lambda payment: payment["created_at"])
        given_up = any(GIVEN_UP in (order["notes"] or {}) for order in orders)
        taken = next((payment for payment in payments if payment["captured"]), None)
        held = next((payment for payment in payments if payment["status"] == "authorized"), None)
        money = taken or held or orders[0]
        known = {"ref": money["id"], "amount": RAZORPAY.ours(money["amount"], money["currency"])}
        if taken is not None:
            return Charge("captured", currency=money["currency"], **known)
        if given_up:
            return Charge("voided", currency=money["currency"], **known)
        if held is not None:
            return Charge("authorised", currency=money["currency"], **known)
        return Charge("challenge", action_url=CHECKOUT_PATH + ask.key, currency=money["currency"], **known)

    async def _refund_made(self, ask: RefundAsk, payment_id: str) -> Thing | None:
        """The refund of this key, if it was made."""
        found = await self._call(self._sdk.payment.fetch_multiple_refund, payment_id, {"count": PAGE_LINES})
        return next((refund for refund in found["items"] if (refund["notes"] or {}).get(KEY) == ask.key), None)

    async def _make_refund(self, ask: RefundAsk, payment_id: str) -> Thing:
        terms = {"amount": RAZORPAY.theirs(ask.amount, ask.payment.currency), "notes": {KEY: ask.key}}
        key = {"X-Refund-Idempotency": ask.key}
        made: Thing = await self._call(self._sdk.payment.refund, payment_id, terms, headers=key)
        return made

    async def _pages(self, list_all: Callable[[Thing], Thing], window: Thing) -> AsyncIterator[Thing]:
        skip = 0
        while True:
            query = {**window, "count": PAGE_LINES, "skip": skip}
            items = (await self._call(list_all, query))["items"]
            for item in items:
                yield item
            if len(items) < PAGE_LINES:
                return
            skip += PAGE_LINES


class _Connections(requests.Session):
    """Connections that stay open. No answer in time, or an error of Razorpay's own, is an unknown outcome at once:
    the SDK would print it."""

    def __init__(self, seconds_max: float) -> None:
        super().__init__()
        self._seconds_max = seconds_max
        adapter = HTTPAdapter(pool_maxsize=THREADS_MAX)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401  whatever requests takes
        """One request; OutcomeUnknown."""
        try:
            answer = super().request(*args, **{"timeout": self._seconds_max} | options)
            answer.json()
        except requests.RequestException as error:
            raise OutcomeUnknown(f"Razorpay: {type(error).__name__}") from error
        if answer.status_code >= 500 or answer.status_code in {401, 409, 429}:
            raise OutcomeUnknown(f"Razorpay: {answer.status_code}")
        return answer


def _line(kind: Literal["charge", "refund", "dispute"], thing: Thing, notes: Thing | None) -> StatementLine:
    at, currency = datetime.fromtimestamp(thing["created_at"], UTC), thing["currency"]
    return StatementLine(
        kind, (notes or {}).get(KEY), thing["id"], RAZORPAY.ours(thing["amount"], currency), currency, at
    )
