"""Money: taking payments for holds, safely through every failure in between."""

from rowlock.payments.commands import Cashier
from rowlock.payments.mock_provider import MockProvider
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentProvider

__all__ = ["Cashier", "Charge", "MockProvider", "OutcomeUnknown", "PaymentProvider"]
