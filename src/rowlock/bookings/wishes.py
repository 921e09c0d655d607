"""What a buyer wishes instead of naming seats: read from the request, and why it cannot be had."""

from rowlock.bookings.model import BestAvailableBody
from rowlock.catalog import SaleFacts
from rowlock.inventory import PARTY_MAX, Lack, NothingFits, OrphansLeft, PartyWish
from rowlock.kernel.money import Money, minor_units, money
from rowlock.kernel.problems import Problem
from rowlock.seating.store import ShelvedPlan


def party_wish(body: BestAvailableBody, facts: SaleFacts, plan: ShelvedPlan, seats_max: int) -> PartyWish:
    """The wish of a request. Problems: `too_many_seats`, `invalid_request`."""
    most = min(PARTY_MAX, seats_max)
    if body.quantity > most:
        raise Problem(
            "too_many_seats", f"A party has at most {most} seats; {body.quantity} were asked for.", seatsMax=most
        )
    if body.quantity < 1:
        raise Problem("invalid_request", "quantity: a party has at least one seat.")
    accessible = int(body.accessible)
    if not 0 <= accessible <= body.quantity:
        raise Problem("invalid_request", f"accessible: {accessible} of {body.quantity} people cannot be.")
    return PartyWish(
        size=body.quantity,
        tier_no=None if body.tier is None else _tier_no(body.tier, facts),
        section_no=None if body.section is None else _section_no(body.section, plan),
        accessible=accessible,
        total_max=price_cap(body.max_total, facts),
        together=body.together,
    )


def nothing_fits(refused: NothingFits, wish: PartyWish, facts: SaleFacts) -> Problem:
    """Why the party cannot be seated, with what there is."""
    least = money(refused.total_min, facts.currency)
    places = "wheelchair places" if wish.accessible else "seats"
    details = {
        Lack.NO_SUCH_SEATS: f"There are no {places} of that kind in this event.",
        Lack.SOLD_OUT: f"All {places} of that kind are taken.",
        Lack.OVER_PRICE_CAP: f"There is nothing for {wish.size} at that price; it begins at {least.amount}.",
        Lack.TOO_FEW: f"Only {refused.free} {places} of that kind are free.",
        Lack.NOT_TOGETHER: f"No {wish.size} seats side by side are free; {refused.together} are.",
    }
    extra: dict[str, object] = {"reason": str(refused.lack), "available": refused.free, "together": refused.together}
    if refused.lack is Lack.OVER_PRICE_CAP:
        extra["cheapestTotal"] = least
    return Problem("nothing_fits", details[refused.lack], **extra)


def orphan_seats(refused: OrphansLeft, plan: ShelvedPlan) -> Problem:
    """Which seats would be left alone, and what to take instead."""
    orphans = [plan.seat_ids[seat_no] for seat_no in refused.orphans]
    offers = [{"seatIds": [plan.seat_ids[seat_no] for seat_no in offer]} for offer in refused.offers]
    words = f"Seat {orphans[0]} would be left" if len(orphans) == 1 else f"Seats {', '.join(orphans)} would be left"
    return Problem("orphan_seat", f"{words} alone. Take it too, or move along.", orphans=orphans, offers=offers)


def _tier_no(asked: str, facts: SaleFacts) -> int:
    for tier_no, name in enumerate(facts.tiers):
        if asked in (name, str(tier_no)):
            return tier_no
    raise Problem("invalid_request", f"tier: the event has no tier {asked!r}; it has {', '.join(facts.tiers)}.")


def _section_no(asked: str, plan: ShelvedPlan) -> int:
    for section_no, section in enumerate(plan.plan.sections):
        if asked in (section.id, section.name):
            return section_no
    raise Problem("invalid_request", f"section: the event has no section {asked!r}.")


def price_cap(most: Money | None, facts: SaleFacts) -> int | None:
    """The most that somebody would pay, in minor units of the event's currency; Problem `invalid_request`."""
    if most is None:
        return None
    if most.currency != facts.currency:
        raise Problem("invalid_request", f"maxTotal: the event is priced in {facts.currency}.")
    try:
        return minor_units(most.amount, facts.currency)
    except ValueError as error:
        raise Problem("invalid_request", f"maxTotal: {error}.") from error
