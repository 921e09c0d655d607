"""What the versions of an event's price list say that a booking costs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import asyncpg

from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Connection


class Version(NamedTuple):
    """A price list: since when (microseconds since 1970), its prices by tier number, and what comes once an order."""

    since_us: int
    prices: Sequence[int]
    order_fee: int


class ListedPrices:
    """All versions of one event's price list."""

    def __init__(self, versions: Mapping[int, Version]) -> None:
        self._versions = versions

    @classmethod
    async def read(cls, connection: Connection, event_id: int) -> Self:
        """The price lists of an event as they are stored."""
        rows = await connection.fetch(SQL["verify_price_lists"], event_id)
        return cls({row["version"]: Version(row["since_us"], row["prices"], row["order_fee"]) for row in rows})

    def contradicts(self, row: asyncpg.Record) -> str:
        """What a booking's row says otherwise than its price list and its code, in words; empty when they agree.

        A booking may be older than the lists, where they came with an upgrade.
        """
        version = self._versions.get(row["price_list"])
        if version is None or row["held_at"] < version.since_us:
            return "" if version is not None else f"there is no price list {row['price_list']}"
        lowered = row["list_prices"] is not None
        before, fee = (row["list_prices"], row["list_order_fee"]) if lowered else (row["prices"], row["order_fee"])
        if before != [version.prices[tier_no] for tier_no in row["tier_nos"]] or fee != version.order_fee:
            return f"it does not cost what price list {row['price_list']} says"
        if lowered and not _sound(row):
            return "what its code made of its prices does not hold together"
        return ""


def _sound(row: asyncpg.Record) -> bool:
    """Whether a code raised no price, and fee and tax fit into each."""
    seats = zip(row["list_prices"], row["prices"], row["fees"], row["taxes"], strict=True)
    return row["order_fee"] in (0, row["list_order_fee"]) and all(
        fee >= 0 and tax >= 0 and fee + tax <= price <= before for before, price, fee, tax in seats
    )
