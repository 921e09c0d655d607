"""Price lists in PostgreSQL, and those of the bookings told last in memory: a version never changes."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import msgspec

from rowlock.kernel.money import minor_units
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.pricing.model import FeesBody, Parts, TaxBody
from rowlock.pricing.terms import ListedTerms, checked_terms

SQL = load_queries("rowlock.pricing")

LISTS_KEPT_MAX = 10_000


class PriceList(msgspec.Struct, frozen=True):
    """One version: the parts of each tier's price by tier number, and those of the order fee.

    `tax_rate` in percent, empty when there is no tax.
    """

    tiers: tuple[Parts, ...]
    order_fee: Parts
    tax_name: str
    tax_rate: str

    def parts(self, tier_nos: Sequence[int]) -> Parts:
        """The parts of an order of tickets of these tiers, its order fee with them."""
        bought = [self.order_fee, *(self.tiers[tier_no] for tier_no in tier_nos)]
        return Parts(*(sum(amounts) for amounts in zip(*bought, strict=True)))


class PriceListShelf:
    """The price lists that this process met last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[tuple[int, int], PriceList] = OrderedDict()

    async def price_list(self, event_id: int, version: int) -> PriceList:
        """A version of an event's price list; LookupError when there is none."""
        key = event_id, version
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        rows = await self._database.fetch(SQL["price_list"], *key)
        if not rows:
            raise LookupError(f"event {event_id} has no price list {version}")
        first = rows[0]
        order_fee = Parts(first["order_fee"], first["order_fee"] - first["order_fee_tax"], first["order_fee_tax"])
        tiers = tuple(Parts(row["price"], row["fee"], row["tax"]) for row in rows)
        found = PriceList(tiers, order_fee, first["tax_name"], first["tax_rate"])
        self._kept[key] = found
        if len(self._kept) > LISTS_KEPT_MAX:
            self._kept.popitem(last=False)
        return found


async def write_price_list(
    connection: Connection, event_id: int, bases: Sequence[int], terms: ListedTerms, currency: str
) -> None:
    """Sell at these prices from now on; `bases[tier_no]` is what the organiser typed, in minor units."""
    compiled = terms.compiled(currency)
    parts = [compiled.ticket(base) for base in bases]
    order_fee = compiled.order_fee
    await connection.execute(
        SQL["write_price_list"],
        event_id,
        bases,
        *([getattr(one, part) for one in parts] for part in Parts._fields),
        order_fee.price,
        order_fee.tax,
        terms.fees.to,
        *(("", "") if terms.tax is None else (terms.tax.name, str(terms.tax.rate))),
        terms.encode(),
    )


async def change_price_list(
    connection: Connection,
    event_id: int,
    *,
    prices: Mapping[str, int | str] | None,
    fees: FeesBody | msgspec.UnsetType | None,
    tax: TaxBody | msgspec.UnsetType | None,
) -> None:
    """Sell at changed prices, by tier name, or with other fees or another tax; None takes fees or tax away.

    Problem `invalid_request`.
    """
    standing = await connection.fetchrow(SQL["standing_prices"], event_id)
    assert standing is not None
    bases, names = list(standing["bases"]), list(standing["names"])
    for name, amount in (prices or {}).items():
        if name not in names:
            raise Problem("invalid_request", f"prices: the event has no tier {name!r}.")
        bases[names.index(name)] = price_of(name, amount, standing["currency"])
    was = ListedTerms.decode(standing["terms"])
    terms = checked_terms(
        was.fees if fees is msgspec.UNSET else fees or FeesBody(),
        was.tax if tax is msgspec.UNSET else tax,
        standing["currency"],
        standing["country"],
    )
    await write_price_list(connection, event_id, bases, terms, standing["currency"])


def price_of(tier: str, amount: int | str, currency: str) -> int:
    """What the organiser typed for a tier, in minor units. Problem `invalid_request`."""
    try:
        return minor_units(str(amount), currency)
    except ValueError as error:
        raise Problem("invalid_request", f"prices: {tier}: {error}.") from error
