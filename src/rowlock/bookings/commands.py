"""Holding, extending and releasing, with each outcome turned into an answer or a problem."""

import math
import uuid
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from rowlock.bookings.gate import Wanted
from rowlock.bookings.model import BestAvailableBody, Booking, BookingRow
from rowlock.bookings.ticket_cap import TicketCap
from rowlock.bookings.views import BookingViews
from rowlock.bookings.wishes import nothing_fits, orphan_seats, party_wish
from rowlock.catalog import SaleFacts
from rowlock.identity import Person
from rowlock.inventory import (
    Accept,
    AcceptWord,
    Chart,
    ChartShelf,
    Choose,
    CodeWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWithCode,
    HoldWord,
    InventoryEngine,
    NothingFits,
    OrphansLeft,
    PartyWish,
    PickRules,
    Release,
    ReleaseWord,
    SeatReplica,
    SeatWish,
    Shorten,
)
from rowlock.kernel.clock import wire_time
from rowlock.kernel.ids import booking_id_for_key, new_booking_id, parse_booking_id, parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.seating.store import ShelvedPlan


class Pick(NamedTuple):
    """Seats that a buyer names, with what the event sells from."""

    facts: SaleFacts
    plan: ShelvedPlan
    seat_nos: tuple[int, ...]

    @property
    def wanted(self) -> Wanted:
        """What the gate is to know of it."""
        return Wanted(self.facts.event_id, len(self.seat_nos), self.seat_nos, len(self.plan.seat_ids))


class Party(NamedTuple):
    """A wish for seats, with what the event sells from."""

    facts: SaleFacts
    plan: ShelvedPlan
    chart: Chart
    wish: PartyWish

    @property
    def wanted(self) -> Wanted:
        """What the gate is to know of it."""
        return Wanted(self.facts.event_id, self.wish.size, (), len(self.plan.seat_ids))


class KeptBack(Protocol):
    """Whoever keeps free seats back for those who wait for them."""

    def forbids(self, event_id: int, seat_nos: Sequence[int]) -> bool:
        """Whether these seats, or with none named some of those that may be chosen, are not for everybody."""


class BookingDesk:
    """What a buyer may do with seats before paying for them."""

    def __init__(
        self,
        engine: InventoryEngine,
        views: BookingViews,
        charts: ChartShelf,
        rules: PickRules,
        replica: SeatReplica,
        *,
        seats_per_booking_max: int,
        holds_per_user_max: int,
        cap: TicketCap | None = None,
        kept_back: KeptBack | None = None,
    ) -> None:
        self._engine = engine
        self._views = views
        self._charts = charts
        self._rules = rules
        self._replica = replica
        self._seats_max = seats_per_booking_max
        self._holds_max = holds_per_user_max
        self._cap = cap
        self._kept_back = kept_back

    async def pick(self, event_id: str, seat_ids: Sequence[str]) -> Pick:
        """What these words name; Problems `event_not_found`, `unknown_seat`, `too_many_seats`, `invalid_request`."""
        facts, plan = await self._sale(event_id)
        return Pick(facts, plan, self._seat_nos(seat_ids, plan))

    def refuse_taken(self, pick: Pick) -> None:
        """Raise the refusal of seats that are surely taken, from memory alone; do nothing when it takes a look."""
        self._refuse_paused(pick.facts.event_id)
        taken = self._replica.surely_taken(pick.facts.event_id, pick.seat_nos)
        if taken:
            raise self._refusal(HoldOutcome(HoldWord.SEAT_UNAVAILABLE, conflicts=tuple(taken)), pick.facts, pick.plan)

    async def reserve(self, person: Person, pick: Pick, key: str | None, *, nearest: bool = False) -> Booking:
        """Hold these seats, all or none; `nearest`: else an equivalent, as an offer to accept.

        With a key, its repeat finds the same booking again.
        """
        facts, plan, seat_nos = pick
        booking_id = _booking_id(person, key)
        await self._check_kept_back(person, facts.event_id, () if nearest else seat_nos, booking_id, key)
        if self._cap is not None:
            await self._cap.check(facts.event_id, person.subject, len(seat_nos), booking_id)
        hold = Hold(booking_id, facts.event_id, person.subject, seat_nos)
        outcome = await self._picked(hold, nearest=nearest)
        self._replica.hint()
        if isinstance(outcome, OrphansLeft):
            raise orphan_seats(outcome, plan)
        return await self._held(person, booking_id, outcome, facts, plan)

    async def _picked(self, hold: Hold, *, nearest: bool) -> HoldOutcome | OrphansLeft:
        """Hold picked seats. Only what must be judged on an exact picture goes the longer way through the chooser."""
        if not await self._rules.no_orphan_seats(hold.event_id):
            outcome = await self._engine.hold(hold)
            if outcome.word is not HoldWord.SEAT_UNAVAILABLE or not nearest:
                return outcome
        wish = SeatWish(hold.seat_nos, nearest=nearest)
        chosen = await self._engine.choose(Choose(hold.booking_id, hold.event_id, hold.buyer, wish))
        assert not isinstance(chosen, NothingFits)
        return chosen

    async def reserve_by_code(self, person: Person, pick: Pick, key: str | None, code_id: uuid.UUID) -> Booking:
        """Hold these seats by an access code, all or none. Problems as `reserve`, and `code_not_valid`."""
        facts, plan, seat_nos = pick
        hold = Hold(_booking_id(person, key), facts.event_id, person.subject, seat_nos)
        if self._cap is not None:
            await self._cap.check(facts.event_id, person.subject, len(seat_nos), hold.booking_id)
        outcome = await self._engine.hold_with_code(HoldWithCode(hold, code_id, self._holds_max))
        self._replica.hint()
        if isinstance(outcome, CodeWord):
            raise code_not_valid(str(outcome))
        if outcome.word not in {HoldWord.HELD, HoldWord.REPLAYED}:
            raise self._refusal(outcome, facts, plan)
        return await self.find(person, hold.booking_id)

    async def wish(self, body: BestAvailableBody) -> Party:
        """What these words wish for; Problems `event_not_found`, `too_many_seats`, `invalid_request`."""
        facts, plan = await self._sale(str(body.event_id))
        chart = await self._charts.chart(facts.plan_id)
        assert chart is not None
        return Party(facts, plan, chart, party_wish(body, facts, plan, self._seats_max))

    def refuse_hopeless(self, party: Party) -> None:
        """Raise the refusal of a wish that surely nothing fits, from memory alone; do nothing when it takes a look."""
        facts, _, chart, wish = party
        self._refuse_paused(facts.event_id)
        refused = self._replica.surely_nothing(facts.event_id, chart, wish)
        if refused is not None:
            raise nothing_fits(refused, wish, facts)

    def _refuse_paused(self, event_id: int) -> None:
        if self._replica.clock_stopped(event_id):
            raise sale_paused()

    async def reserve_best(self, person: Person, party: Party, key: str | None) -> Booking:
        """Choose the best seats and hold them. With a key, its repeat finds the same booking again."""
        facts, plan, chart, wish = party
        booking_id = _booking_id(person, key)
        await self._check_kept_back(person, facts.event_id, (), booking_id, key)
        if self._cap is not None:
            await self._cap.check(facts.event_id, person.subject, wish.size, booking_id)
        outcome = await self._engine.choose(Choose(booking_id, facts.event_id, person.subject, wish))
        self._replica.hint()
        if isinstance(outcome, NothingFits):
            raise nothing_fits(outcome, wish, facts)
        assert isinstance(outcome, HoldOutcome)
        booking = await self._held(person, booking_id, outcome, facts, plan)
        groups = chart.groups(plan.seat_nos[seat.id] for seat in booking.seats)
        seated = tuple(tuple(plan.seat_ids[seat_no] for seat_no in group) for group in groups)
        return msgspec.structs.replace(booking, split=len(seated) > 1, groups=seated)

    async def _check_kept_back(
        self, person: Person, event_id: int, seat_nos: Sequence[int], booking_id: uuid.UUID, key: str | None
    ) -> None:
        """Problem `waitlist_first` for seats that are for others first, unless they were held with this very key."""
        if self._kept_back is None or not self._kept_back.forbids(event_id, seat_nos):
            return
        if key is None or await self._views.find(booking_id, person.subject) is None:
            raise Problem(
                "waitlist_first",
                "Seats that came back are offered to the waiting list first. Those that nobody there wants are free for"
                " all in a moment.",
                retryAfter=1,
            )

    async def find(self, person: Person, booking_id: uuid.UUID) -> Booking:
        """The person's booking; Problem `booking_not_found` when it is not theirs."""
        booking = await self._views.find(booking_id, person.subject)
        if booking is None:
            raise no_booking(str(booking_id))
        return booking

    async def accept(self, person: Person, booking_id: str) -> Booking:
        """Keep the seats that were offered in the place of others, for the full hold time from now."""
        row = await self.own_row(person, booking_id)
        word = await self._engine.accept(row.event_id, Accept(row.id, row.buyer))
        if word in {AcceptWord.ACCEPTED, AcceptWord.REPLAYED}:
            return await self.find(person, row.id)
        raise _ACCEPT_PROBLEMS[word](booking_id)

    async def extend(self, person: Person, booking_id: str, key: str | None) -> Booking:
        """Give the hold more time."""
        row = await self.own_row(person, booking_id)
        command = Extend(row.id, row.buyer, key or uuid.uuid4().hex)
        word = await self._engine.extend(row.event_id, command)
        if word in {ExtendWord.EXTENDED, ExtendWord.REPLAYED}:
            return await self.find(person, row.id)
        raise _EXTEND_PROBLEMS[word](booking_id)

    async def shorten(self, booking: Booking, seconds: int) -> Booking:
        """The hold that was just made, ending so many seconds sooner."""
        number = uuid.UUID(booking.booking_id)
        ends_at = await self._engine.shorten(int(booking.event_id), Shorten(number, seconds))
        if ends_at is None or booking.expires_at is None or booking.expires_in is None:
            return booking
        shorter = math.ceil((booking.expires_at - ends_at).total_seconds())
        return msgspec.structs.replace(booking, expires_at=ends_at, expires_in=max(0, booking.expires_in - shorter))

    async def release(self, person: Person, booking_id: str) -> BookingRow:
        """Give the seats back, unless they were given back or had expired before; the booking as it was."""
        row = await self.own_row(person, booking_id)
        word = await self._engine.release(row.event_id, Release(row.id, row.buyer))
        self.seats_changed(row.event_id)
        if word not in {ReleaseWord.RELEASED, ReleaseWord.ALREADY_RELEASED, ReleaseWord.HOLD_EXPIRED}:
            raise _RELEASE_PROBLEMS[word](booking_id)
        return row

    def seats_changed(self, event_id: int) -> None:
        """Seats of an event may have become free: what is refused from memory must be younger than this."""
        self._replica.freed(event_id)

    async def own_row(self, person: Person, booking_id: str) -> BookingRow:
        """The person's booking as it is stored, also one of a guest they were; Problem `booking_not_found`."""
        number = parse_booking_id(booking_id)
        row = await self._views.row(number, person.subject) if number is not None else None
        if row is None:
            raise no_booking(booking_id)
        return row

    async def _sale(self, event_id: str) -> tuple[SaleFacts, ShelvedPlan]:
        number = parse_number_id(event_id)
        sale = await self._views.sale(number) if number is not None else None
        if sale is None:
            raise Problem("event_not_found", f"There is no event {event_id}.")
        return sale

    async def _held(
        self, person: Person, booking_id: uuid.UUID, outcome: HoldOutcome, facts: SaleFacts, plan: ShelvedPlan
    ) -> Booking:
        if outcome.word is HoldWord.HELD:
            return await self._views.priced(
                _fresh_row(booking_id, person.subject, facts.event_id, outcome), facts, plan
            )
        if outcome.word is HoldWord.REPLAYED:
            return await self.find(person, booking_id)
        raise self._refusal(outcome, facts, plan)

    def _seat_nos(self, seat_ids: Sequence[str], plan: ShelvedPlan) -> tuple[int, ...]:
        if not seat_ids:
            raise Problem("invalid_request", "Name at least one seat in seatIds.")
        if len(seat_ids) > self._seats_max:
            raise Problem(
                "too_many_seats", f"A booking has at most {self._seats_max} seats; {len(seat_ids)} were asked for.",
                seatsMax=self._seats_max,
            )  # fmt: skip
        if len(set(seat_ids)) != len(seat_ids):
            raise Problem("invalid_request", "A seat stands twice in seatIds.")
        unknown = [seat_id for seat_id in seat_ids if seat_id not in plan.seat_nos]
        if unknown:
            raise Problem("unknown_seat", f"The event has no seat {unknown[0]}.", unknown=unknown)
        return tuple(plan.seat_nos[seat_id] for seat_id in seat_ids)

    def _refusal(self, outcome: HoldOutcome, facts: SaleFacts, plan: ShelvedPlan) -> Problem:
        match outcome.word:
            case HoldWord.SEAT_UNAVAILABLE:
                taken = [plan.seat_ids[seat_no] for seat_no in outcome.conflicts]
                words = "1 of the seats is" if len(taken) == 1 else f"{len(taken)} of the seats are"
                return Problem("seat_unavailable", f"{words} taken. Nothing was held.", conflicts=taken)
            case HoldWord.TOO_MANY_HOLDS:
                return Problem(
                    "too_many_holds",
                    f"You hold seats {self._holds_max} times already. Pay for or release one of them first.",
                    holdsMax=self._holds_max,
                )
            case HoldWord.SALE_PAUSED:
                return sale_paused()
            case HoldWord.NOT_ON_SALE if outcome.on_sale_at is not None:
                opening = wire_time(outcome.on_sale_at)
                return Problem("not_on_sale", f"The sale opens at {opening}.", onSaleAt=opening)
            case HoldWord.NOT_ON_SALE:
                return Problem("not_on_sale", "The sale is closed.", onSaleAt=None)
            case HoldWord.UNKNOWN_SEAT:
                return Problem("unknown_seat", "The event has no such seat.")
            case _:
                return Problem("event_not_found", f"There is no event {facts.event_id}.")


def _booking_id(person: Person, key: str | None) -> uuid.UUID:
    """A new booking's id; with a key always the same."""
    return booking_id_for_key(person.subject, key) if key is not None else new_booking_id()


def _fresh_row(booking_id: uuid.UUID, buyer: str, event_id: int, outcome: HoldOutcome) -> BookingRow:
    assert outcome.expires_at is not None
    assert outcome.held_at is not None
    return BookingRow(
        id=booking_id,
        buyer=buyer,
        no=outcome.booking_no,
        event_id=event_id,
        seat_nos=outcome.seat_nos,
        tier_nos=outcome.tier_nos,
        prices=outcome.prices,
        total=sum(outcome.prices) + outcome.order_fee,
        price_list=outcome.price_list,
        order_fee=outcome.order_fee,
        status="HOLD",
        hold_expires_at=outcome.expires_at,
        expires_in=(outcome.expires_at - outcome.held_at).total_seconds(),
        extensions=0,
        instead_of=outcome.instead_of,
    )


def code_not_valid(reason: str) -> Problem:
    """The code does nothing here; `reason` says more only to who has a good one."""
    return Problem("code_not_valid", _CODE_WORDS.get(reason, "This code cannot be used here."), reason=reason)


_CODE_WORDS = {
    "tiers": "This code is for other seats.",
    "seats_min": "This code is for more seats than these.",
    "used_by_you": "You have used this code as often as you may.",
    "another_code": "This booking bears another code. Take that off first.",
    "code_holds_seats": "These seats were had with their code; it cannot be taken off.",
}


def sale_paused() -> Problem:
    """The sale's clock is stopped; it may start any moment."""
    return Problem(
        "sale_paused", "The sale is paused. What you hold stays yours, and its time stands still.", retryAfter=5
    )


def no_booking(booking_id: str) -> Problem:
    """Somebody else's booking reads like none at all."""
    return Problem("booking_not_found", f"You have no booking {booking_id}.")


def hold_expired(_booking_id: str) -> Problem:
    """The hold's time has passed."""
    return Problem("hold_expired", "The hold has expired and its seats are free again. Nothing was charged.")


def payment_pending(_booking_id: str) -> Problem:
    """The booking waits for the provider's word."""
    return Problem("payment_pending", "A payment for this booking is under way; its seats are safe.", retryAfter=2)


def booking_closed(_booking_id: str) -> Problem:
    """The booking has reached an end that does not allow this."""
    return Problem("booking_closed", "This booking is confirmed or was given back.")


def _no_more_extensions(_booking_id: str) -> Problem:
    return Problem("no_more_extensions", "This hold has been extended as often and as long as it can be.")


def _not_offered(_booking_id: str) -> Problem:
    return Problem("not_offered", "These are the seats you asked for; there is nothing to accept.")


_ACCEPT_PROBLEMS = {
    AcceptWord.NOT_FOUND: no_booking,
    AcceptWord.HOLD_EXPIRED: hold_expired,
    AcceptWord.PAYMENT_PENDING: payment_pending,
    AcceptWord.BOOKING_CLOSED: booking_closed,
    AcceptWord.NOT_OFFERED: _not_offered,
}
_EXTEND_PROBLEMS = {
    ExtendWord.NOT_FOUND: no_booking,
    ExtendWord.HOLD_EXPIRED: hold_expired,
    ExtendWord.PAYMENT_PENDING: payment_pending,
    ExtendWord.BOOKING_CLOSED: booking_closed,
    ExtendWord.NO_MORE_EXTENSIONS: _no_more_extensions,
}
_RELEASE_PROBLEMS = {
    ReleaseWord.NOT_FOUND: no_booking,
    ReleaseWord.PAYMENT_PENDING: payment_pending,
    ReleaseWord.BOOKING_CLOSED: booking_closed,
}
