"""How the holds of a flush are decided. The field argues about three ways; PostgreSQL has the last word in each.

A strategy changes what a hold costs and whom it waits for, never who may have a seat: the same tests run on all three.
"""

import uuid
from collections.abc import Sequence
from typing import Protocol

from valkey.asyncio import Valkey

from rowlock.inventory.model import Hold, HoldOutcome
from rowlock.inventory.strategies.lease import Lease
from rowlock.inventory.strategies.optimistic import Optimistic
from rowlock.inventory.strategies.row_lock import RowLock
from rowlock.platform.postgres import Database
from rowlock.settings import HoldStrategyName


class HoldStrategy(Protocol):
    """One way to decide holds."""

    async def hold(self, commands: Sequence[Hold]) -> Sequence[HoldOutcome]:
        """Carry out holds of distinct buyers in order of arrival."""

    async def follow(self, bookings: Sequence[uuid.UUID]) -> None:
        """Take note that these bookings may have been extended, given back or paid."""


def choose_strategy(
    name: HoldStrategyName, database: Database, valkey: "Valkey | None", holds_max: int
) -> HoldStrategy:
    """The strategy of that name; `holds_max` standing holds a buyer may have, 0 for any number."""
    match name:
        case "row-lock":
            return RowLock(database, holds_max)
        case "optimistic":
            return Optimistic(database, holds_max)
        case "lease":
            return Lease(database, valkey, holds_max)
