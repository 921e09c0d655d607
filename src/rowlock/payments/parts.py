"""The slice put together, once the database is open."""

from collections.abc import Callable
from typing import NamedTuple

from rowlock.bookings import BookingDesk, BookingViews, TicketCap
from rowlock.inventory import InventoryEngine
from rowlock.payments.commands import Cashier
from rowlock.payments.notices import NoticeDesk
from rowlock.payments.provider import Providers
from rowlock.payments.providers.mock import MockProvider
from rowlock.payments.providers.setup import ProviderSet, open_providers
from rowlock.payments.returns import Returns
from rowlock.platform.postgres import Database
from rowlock.settings import Settings


class PaymentParts(NamedTuple):
    """What takes money and gives it back."""

    provider: MockProvider
    providers: Providers
    cashier: Cashier
    returns: Returns
    notice_desk: NoticeDesk
    provider_set: ProviderSet


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
    opened = open_providers(settings, database)
    cashier = Cashier(
        database,
        engine,
        desk,
        views,
        opened.providers,
        cap=cap,
        public_url=settings.public_url,
        on_change=on_change,
    )
    returns = Returns(database, desk, views, window_hours=settings.refund_window_hours, on_change=on_change)
    desk_of_notices = NoticeDesk(database, cashier)
    return PaymentParts(opened.mock, opened.providers, cashier, returns, desk_of_notices, opened)
