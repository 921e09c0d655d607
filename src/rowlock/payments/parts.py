"""The slice put together, once the database is open."""

from collections.abc import Callable
from typing import NamedTuple

from rowlock.bookings import BookingDesk, BookingViews, TicketCap
from rowlock.inventory import InventoryEngine
from rowlock.payments.commands import Cashier
from rowlock.payments.mock_provider import MockProvider
from rowlock.payments.provider import Providers
from rowlock.payments.returns import Returns
from rowlock.platform.postgres import Database
from rowlock.settings import Settings


class PaymentParts(NamedTuple):
    """What takes money and gives it back."""

    provider: MockProvider
    providers: Providers
    cashier: Cashier
    returns: Returns


def payment_parts(
    settings: Settings,
    database: Database,
    engine: InventoryEngine,
    desk: BookingDesk,
    views: BookingViews,
    *,
    cap: TicketCap,
    on_change: Callable[[int], None],
) -> PaymentParts:
    """Wire it; `on_change` hears of events whose seats changed beside the engine."""
    provider = MockProvider(database)
    providers = Providers(provider)
    cashier = Cashier(
        database, engine, desk, views, providers, cap=cap, public_url=settings.public_url, on_change=on_change
    )
    returns = Returns(database, desk, views, window_hours=settings.refund_window_hours, on_change=on_change)
    return PaymentParts(provider, providers, cashier, returns)
