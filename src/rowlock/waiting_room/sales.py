"""What the waiting room sees of a sale: its seats by price tier and state."""

from collections import Counter
from collections.abc import Mapping

from rowlock.catalog import SaleFactsShelf
from rowlock.inventory import SeatReplica


class SaleSights:
    """Looks at sales through this process's pictures of them."""

    def __init__(self, replica: SeatReplica, facts: SaleFactsShelf) -> None:
        self._replica = replica
        self._facts = facts

    async def seats(self, event_id: int) -> tuple[Counter[tuple[int, int]], Mapping[int, str]]:
        """How many seats are in each (tier number, state), and the tiers' names."""
        picture, facts = await self._replica.picture(event_id), await self._facts.facts(event_id)
        if picture is None or facts is None:
            return Counter(), {}
        return picture.by_tier(), dict(enumerate(facts.tiers))
