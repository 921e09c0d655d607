"""Ways to pay, each through its own provider, for the one suite that all of them pass."""

import itertools
import uuid
from typing import Literal, Protocol

import httpx
from tests.standin import StandInProcess

from rowlock.payments import Charge, MockProvider, PaymentAsk, PaymentProvider
from rowlock.payments.providers.careful import CarefulProvider
from rowlock.payments.providers.razorpay import RazorpayProvider
from rowlock.payments.providers.stripe import StripeProvider
from rowlock.platform.postgres import Database
from rowlock.standin import RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET, STRIPE_SECRET_KEY

Habit = Literal["pays", "declined", "poor", "asks"]
"""What the bank does: it pays, it declines, there is too little money, or it asks the buyer first."""
PUBLIC_URL = "http://localhost:8080"
CALL_SECONDS_MAX = 0.5
SECONDS_MAX = 5.0
_amounts = itertools.count(4950, 100)

_METHODS: dict[Habit, str] = {
    "pays": "pm_card_visa",
    "declined": "pm_card_visa_chargeDeclined",
    "poor": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "asks": "pm_card_authenticationRequired",
}
_NUMBERS: dict[Habit, str] = {
    "pays": "4242",
    "declined": "0002",
    "poor": "9995",
    "asks": "3184",
}
_TOKENS: dict[Habit, str] = {"pays": "tok_ok", "declined": "tok_declined", "poor": "tok_declined", "asks": "tok_3ds"}


class Till(Protocol):
    """One way to pay."""

    on_a_page: bool
    """The card is chosen on the provider's page, where another one can be tried."""

    @property
    def provider(self) -> PaymentProvider:
        """Who is asked."""

    def ask(self, habit: Habit = "pays", /, *, amount: int | None = None, currency: str = "EUR") -> PaymentAsk:
        """A payment that nobody has heard of, of an amount that no other has, for a card of this habit."""

    async def pay(self, ask: PaymentAsk, habit: Habit = "pays", /) -> Charge:
        """All that a buyer does but for the answer to their bank. The habit counts where a page lets them choose."""

    async def answer_bank(self, ask: PaymentAsk, *, approve: bool) -> Charge:
        """The buyer's answer to the bank, and what has come of it."""

    async def close(self) -> None:
        """Let go of connections."""


def _ask(token: str, amount: int | None, currency: str) -> PaymentAsk:
    return PaymentAsk(str(uuid.uuid4()), token, next(_amounts) if amount is None else amount, currency)


async def state_of(provider: PaymentProvider, ask: PaymentAsk) -> Charge:
    """What the provider says of a payment that it knows."""
    charge = await provider.lookup(ask)
    assert charge is not None
    return charge


class MockTill:
    """The built-in provider."""

    on_a_page = False

    def __init__(self, database: Database) -> None:
        self.provider = MockProvider(database)

    def ask(self, habit: Habit = "pays", *, amount: int | None = None, currency: str = "EUR") -> PaymentAsk:
        return _ask(_TOKENS[habit], amount, currency)

    async def pay(self, ask: PaymentAsk, _habit: Habit = "pays", /) -> Charge:
        return await self.provider.authorise(ask)

    async def answer_bank(self, ask: PaymentAsk, *, approve: bool) -> Charge:
        await self.provider.answer_challenge(ask.key, approved=approve)
        return await state_of(self.provider, ask)

    async def close(self) -> None:
        return


class _StandInTill:
    """What all ways through the stand-in have: a browser without scripts."""

    def __init__(self, standin: StandInProcess, inner: StripeProvider | RazorpayProvider) -> None:
        self._inner = inner
        self.provider = CarefulProvider(inner, call_seconds_max=CALL_SECONDS_MAX)
        self.browser = httpx.AsyncClient(base_url=standin.url)
        self._bank = ""

    async def answer_bank(self, ask: PaymentAsk, *, approve: bool) -> Charge:
        answered = await self.browser.post(self._bank, data={"answer": "approve" if approve else "decline"})
        if answered.has_redirect_location and "/done/" in answered.headers["location"]:
            await self.browser.get(answered.headers["location"])
        return await state_of(self.provider, ask)

    async def close(self) -> None:
        await self._inner.close()
        await self.browser.aclose()

    async def _choose_card(self, page: str, habit: Habit) -> None:
        answered = await self.browser.post(page, data={"card": _NUMBERS[habit]})
        if answered.has_redirect_location:
            self._bank = answered.headers["location"]


class StripeFieldTill(_StandInTill):
    """Stripe with the method that its fields in the browser give."""

    on_a_page = False

    def __init__(self, standin: StandInProcess) -> None:
        super().__init__(standin, _stripe(standin))

    def ask(self, habit: Habit = "pays", *, amount: int | None = None, currency: str = "EUR") -> PaymentAsk:
        return _ask(_METHODS[habit], amount, currency)

    async def pay(self, ask: PaymentAsk, _habit: Habit = "pays", /) -> Charge:
        charge = await self.provider.authorise(ask)
        self._bank = charge.action_url or ""
        return charge


class StripePageTill(_StandInTill):
    """Stripe's Checkout."""

    on_a_page = True

    def __init__(self, standin: StandInProcess) -> None:
        super().__init__(standin, _stripe(standin))

    def ask(self, _habit: Habit = "pays", /, *, amount: int | None = None, currency: str = "EUR") -> PaymentAsk:
        return _ask("redirect", amount, currency)

    async def pay(self, ask: PaymentAsk, habit: Habit = "pays") -> Charge:
        charge = await self.provider.authorise(ask)
        if charge.action_url is None:
            return charge
        await self._choose_card(charge.action_url, habit)
        return await state_of(self.provider, ask)


class RazorpayTill(_StandInTill):
    """Razorpay's hosted checkout."""

    on_a_page = True

    def __init__(self, standin: StandInProcess) -> None:
        api = f"{standin.url}/razorpay"
        self._razorpay = RazorpayProvider(RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET, api=api, seconds_max=SECONDS_MAX)
        super().__init__(standin, self._razorpay)

    def ask(self, _habit: Habit = "pays", /, *, amount: int | None = None, currency: str = "EUR") -> PaymentAsk:
        return _ask("redirect", amount, currency)

    async def pay(self, ask: PaymentAsk, habit: Habit = "pays") -> Charge:
        charge = await self.provider.authorise(ask)
        if charge.state != "challenge":
            return charge
        form = {
            "key_id": RAZORPAY_KEY_ID,
            "order_id": await self._razorpay.order_to_pay(ask.key) or "",
            "notes[rowlock_key]": ask.key,
            "callback_url": f"{PUBLIC_URL}/back",
        }
        arrived = await self.browser.post(self._razorpay.checkout_url, data=form)
        await self._choose_card(arrived.headers["location"], habit)
        return await state_of(self.provider, ask)


def _stripe(standin: StandInProcess) -> StripeProvider:
    return StripeProvider(STRIPE_SECRET_KEY, PUBLIC_URL, api=f"{standin.url}/stripe", seconds_max=SECONDS_MAX)
