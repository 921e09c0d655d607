"""Money: taking payments for holds, safely through every failure in between."""

from rowlock.payments.commands import Cashier
from rowlock.payments.mock_provider import MockProvider
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk, PaymentProvider, Providers

__all__ = ["Cashier", "Charge", "MockProvider", "OutcomeUnknown", "PaymentAsk", "PaymentProvider", "Providers"]
