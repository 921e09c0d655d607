"""A payment provider for this machine: it speaks what Rowlock uses of Stripe and Razorpay, and goes wrong on demand."""

from rowlock.standin.app import StandIn, Webhooks
from rowlock.standin.credentials import (
    RAZORPAY_KEY_ID,
    RAZORPAY_KEY_SECRET,
    RAZORPAY_WEBHOOK_SECRET,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET,
)

__all__ = [
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "StandIn",
    "Webhooks",
]
