"""The slice put together, once the database is open."""

from typing import NamedTuple

from rowlock.bookings import BookingViews
from rowlock.identity.accounts.parts import AccountParts
from rowlock.platform.postgres import Database
from rowlock.seating.store import PlanShelf
from rowlock.tickets.commands import TicketDesk
from rowlock.tickets.notices import Notices
from rowlock.tickets.transfers import Transfers


class TicketParts(NamedTuple):
    """What tells buyers, and passes tickets on."""

    desk: TicketDesk
    notices: Notices
    transfers: Transfers


def ticket_parts(database: Database, views: BookingViews, plans: PlanShelf, accounts: AccountParts) -> TicketParts:
    """Wire it; mails and their links go out as those of accounts do."""
    notices = Notices(database, plans, accounts.postbox, accounts.public_url)
    transfers = Transfers(database, views, plans, accounts.postbox, notices)
    return TicketParts(TicketDesk(database, accounts.accounts), notices, transfers)
