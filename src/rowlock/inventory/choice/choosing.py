"""Seats for a wish, or why there are none. Pure."""

from collections.abc import Sequence

from rowlock.inventory.choice.accessible import AccessiblePlaces
from rowlock.inventory.choice.free import FreeSeats, Pool
from rowlock.inventory.choice.party import best_block, split_party
from rowlock.inventory.choice.wishes import Lack, NothingFits, PartyWish


def seats_for_party(free: FreeSeats, prices: Sequence[int], wish: PartyWish) -> tuple[int, ...] | NothingFits:
    """The best seats for a party; `prices[tier_no]` are minor units. A price cap is the same for each of its seats."""
    tiers = [tier_no for tier_no in range(len(prices)) if wish.tier_no in (None, tier_no)]
    payable = [tier_no for tier_no in tiers if wish.total_max is None or prices[tier_no] * wish.size <= wish.total_max]
    blocks = _blocks(free, payable, wish)
    if blocks is not None:
        return tuple(seat_no for block in blocks for seat_no in block)
    return _why_nothing(free, prices, wish, tiers, payable)


def _blocks(free: FreeSeats, tiers: Sequence[int], wish: PartyWish) -> list[range] | None:
    if wish.accessible:
        return _blocks_with_accessible(free, tiers, wish)
    return _blocks_for_all(free, tiers, wish.section_no, wish.size, together=wish.together)


def _blocks_for_all(
    free: FreeSeats, tiers: Sequence[int], section_no: int | None, size: int, *, together: bool
) -> list[range] | None:
    block = best_block(free, _pools(free, tiers, section_no), size)
    if block is not None:
        return [block]
    return None if together else split_party(free, tiers, section_no, size)


def _blocks_with_accessible(free: FreeSeats, tiers: Sequence[int], wish: PartyWish) -> list[range] | None:
    places = AccessiblePlaces(free, frozenset(tiers), wish.section_no)
    group = places.group(wish.size, wish.accessible)
    if group is not None:
        return [group]
    parts = None if wish.together else places.split(wish.size, wish.accessible)
    if parts is None:
        return None
    groups, left = parts
    rest = _blocks_for_all(free, tiers, wish.section_no, left, together=False) if left else []
    for taken in groups:
        free.give(taken)
    return None if rest is None else [*groups, *rest]


def _why_nothing(
    free: FreeSeats, prices: Sequence[int], wish: PartyWish, tiers: Sequence[int], payable: Sequence[int]
) -> NothingFits:
    pools = _pools(free, tiers, wish.section_no)
    if wish.accessible:
        places = AccessiblePlaces(free, frozenset(tiers), wish.section_no)
        exist, left, needed = places.exist, places.free, wish.accessible
    else:
        exist, left, needed = bool(pools), sum(pool.seats for pool in pools), wish.size
    if not exist:
        return NothingFits(Lack.NO_SUCH_SEATS)
    if left == 0:
        return NothingFits(Lack.SOLD_OUT)
    longest = max((length for pool in pools for length, count in enumerate(pool.counts) if count), default=0)
    open_tiers = [tier_no for tier_no in tiers if any(pool.seats for pool in _pools(free, [tier_no], wish.section_no))]
    cheapest = min((prices[tier_no] for tier_no in open_tiers), default=0)
    if len(payable) < len(tiers) and _blocks(free, tiers, wish) is not None:
        return NothingFits(Lack.OVER_PRICE_CAP, left, longest, cheapest * wish.size)
    lack = Lack.TOO_FEW if left < needed or not wish.together else Lack.NOT_TOGETHER
    return NothingFits(lack, left, longest, cheapest * wish.size)


def _pools(free: FreeSeats, tiers: Sequence[int], section_no: int | None) -> list[Pool]:
    return [pool for tier_no in tiers if (pool := free.pool(tier_no, section_no)) is not None]
