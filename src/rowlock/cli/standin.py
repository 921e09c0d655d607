"""Settings of an installation whose payments go to the stand-in on this machine."""

import socket

import msgspec

from rowlock.settings import Settings, setting_name
from rowlock.standin import credentials

_FIELDS = (
    "payment_provider", "public_url", "stripe_secret_key", "stripe_webhook_secret", "stripe_api",
    "razorpay_key_id", "razorpay_key_secret", "razorpay_webhook_secret", "razorpay_api",
)  # fmt: skip


def standin_address(listener: socket.socket) -> str:
    """Where the stand-in behind a listening socket is found, by browsers of this machine, too."""
    return f"http://localhost:{listener.getsockname()[1]}"


def with_standin(settings: Settings, provider: str, address: str, *, public_url: str) -> Settings:
    """The settings with one provider: the stand-in at `address`, spoken to as `provider`."""
    return msgspec.structs.replace(
        settings,
        payment_provider=provider,
        public_url=public_url,
        stripe_secret_key=credentials.STRIPE_SECRET_KEY,
        stripe_webhook_secret=credentials.STRIPE_WEBHOOK_SECRET,
        stripe_api=f"{address}/stripe",
        razorpay_key_id=credentials.RAZORPAY_KEY_ID,
        razorpay_key_secret=credentials.RAZORPAY_KEY_SECRET,
        razorpay_webhook_secret=credentials.RAZORPAY_WEBHOOK_SECRET,
        razorpay_api=f"{address}/razorpay",
    )


def payment_environment(settings: Settings) -> dict[str, str]:
    """The same for the processes of an installation."""
    return {setting_name(field): getattr(settings, field) for field in _FIELDS}
