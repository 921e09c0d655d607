"""What offers are made of."""

from typing import NamedTuple

from rowlock.catalog import SaleFactsShelf
from rowlock.inventory import ChartShelf, InventoryEngine, SeatReplica


class Seats(NamedTuple):
    """Where seats are held, seen, and found on their plan."""

    engine: InventoryEngine
    replica: SeatReplica
    facts: SaleFactsShelf
    charts: ChartShelf
