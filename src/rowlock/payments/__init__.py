"""Money: taking payments for holds, safely through every failure in between."""

from rowlock.payments.commands import Cashier
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk, PaymentProvider, Providers, StatementLine
from rowlock.payments.providers.mock import MockProvider
from rowlock.payments.refund_runs import RefundRun, begin_run, run_of
from rowlock.payments.returns import Refund, RefundBody, Returns
from rowlock.payments.way_back import PaymentForm

__all__ = [
    "Cashier",
    "Charge",
    "MockProvider",
    "OutcomeUnknown",
    "PaymentAsk",
    "PaymentForm",
    "PaymentProvider",
    "Providers",
    "Refund",
    "RefundBody",
    "RefundRun",
    "Returns",
    "StatementLine",
    "begin_run",
    "run_of",
]
