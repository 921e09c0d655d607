"""The payment providers that an installation is set up for, and what speaks to them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rowlock.payments.notices.readers import RazorpayNotices, ReadNotice, StripeNotices
from rowlock.payments.provider import PaymentProvider, Providers
from rowlock.payments.providers.careful import CarefulProvider
from rowlock.payments.providers.mock import MockProvider
from rowlock.platform.postgres import Database
from rowlock.settings import Settings

if TYPE_CHECKING:  # their SDKs take a third of a second to load: only who is set up for them waits for it
    from rowlock.payments.providers.razorpay import RazorpayProvider
    from rowlock.payments.providers.stripe import StripeProvider

_PAGES = {"stripe": "Stripe", "razorpay": "Razorpay"}
REQUEST_SECONDS_MAX = 7.0
"""One request to a provider; a call of the port may be several."""


class OutsideProvider(PaymentProvider, Protocol):
    """A provider that is somebody else's."""

    async def reach(self) -> None:
        """Ask something harmless; OutcomeUnknown when it does not answer or does not know our keys."""

    async def close(self) -> None:
        """Close the connections."""


class ProviderSet(NamedTuple):
    """Who takes payments, and who took those of the time before."""

    mock: MockProvider
    providers: Providers
    outside: tuple[OutsideProvider, ...]
    """As they are, to be checked and closed; `providers` asks them with care."""
    razorpay: "RazorpayProvider | None"
    """Its page is reached by a form of ours."""
    page_of: str
    """Whose page new payments are made on, for people; empty for the built-in provider, which has none."""
    readers: Mapping[str, ReadNotice]
    """What reads the webhooks of each provider."""

    async def close(self) -> None:
        """Close the connections."""
        for provider in self.outside:
            await provider.close()


def open_providers(settings: Settings, database: Database) -> ProviderSet:
    """Every provider whose keys are set: what was paid before a change of provider can still be asked about."""
    mock = MockProvider(database)
    stripe = _stripe(settings) if settings.stripe_secret_key else None
    razorpay = _razorpay(settings) if settings.razorpay_key_secret else None
    outside: list[OutsideProvider] = [provider for provider in (stripe, razorpay) if provider is not None]
    careful = {provider.name: CarefulProvider(provider) for provider in outside}
    chosen = careful.pop(settings.payment_provider, None)
    if chosen is None:
        providers = Providers(mock, *careful.values())
    else:
        providers = Providers(chosen, mock, *careful.values(), seconds_shut=chosen.seconds_shut)
    return ProviderSet(
        mock, providers, tuple(outside), razorpay, _PAGES.get(settings.payment_provider, ""), _readers(settings)
    )


def _stripe(settings: Settings) -> "StripeProvider":
    from rowlock.payments.providers.stripe import StripeProvider  # noqa: PLC0415  see above

    return StripeProvider(
        settings.stripe_secret_key, settings.public_url, api=settings.stripe_api, seconds_max=REQUEST_SECONDS_MAX
    )


def _razorpay(settings: Settings) -> "RazorpayProvider":
    from rowlock.payments.providers.razorpay import RazorpayProvider  # noqa: PLC0415  see above

    return RazorpayProvider(
        settings.razorpay_key_id,
        settings.razorpay_key_secret,
        api=settings.razorpay_api,
        seconds_max=REQUEST_SECONDS_MAX,
    )


def _readers(settings: Settings) -> dict[str, ReadNotice]:
    found: dict[str, ReadNotice] = {}
    if settings.stripe_webhook_secret:
        found["stripe"] = StripeNotices(_each(settings.stripe_webhook_secret))
    if settings.razorpay_webhook_secret:
        found["razorpay"] = RazorpayNotices(_each(settings.razorpay_webhook_secret))
    return found


def _each(secrets: str) -> list[str]:
    return [secret.strip() for secret in secrets.split(",") if secret.strip()]
