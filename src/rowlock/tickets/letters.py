"""The mails themselves, in the buyer's language."""

import uuid
from datetime import datetime
from typing import Literal

import msgspec

from rowlock.kernel.ids import reference_of
from rowlock.kernel.money import money
from rowlock.platform.mail import Attachment, Letter
from rowlock.platform.manner import Manner
from rowlock.seating import SeatPlace, seats_in_words
from rowlock.tickets.calendar import CalendarEntry, calendar_file
from rowlock.tickets.phrases import phrases


class ToldBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A booking as its mails tell of it: amounts in minor units, prices all-in and one a seat.

    `fees` and `taxes` are parts of `total`.
    """

    id: uuid.UUID
    no: int
    event_id: int
    status: str
    seats: tuple[SeatPlace, ...]
    tiers: tuple[str, ...]
    prices: tuple[int, ...]
    total: int
    fees: int
    taxes: int
    currency: str
    event_name: str
    starts_at: datetime
    timezone: str
    place: str
    address: str
    name: str
    language: str

    @property
    def reference(self) -> str:
        """What the buyer knows the booking by."""
        return reference_of(self.no)


def confirmed_letter(booking: ToldBooking, site: str) -> Letter:
    """The seats are booked. `site` is the address of our pages, empty when nobody vouches for one: then no link."""
    say = phrases(booking.language)
    page = f"{site}/bookings/{booking.id}" if site else ""
    return Letter(
        subject=say["confirmed.subject"].format(event=booking.event_name),
        greeting=_greeting(booking),
        paragraphs=(say["confirmed.text"].format(event=booking.event_name), _when_and_where(booking)),
        rows=_what_it_costs(booking),
        link=page or None,
        link_words=say["confirmed.link"],
        closing=say["confirmed.closing"].format(reference=booking.reference),
        language=booking.language,
        attachments=(_calendar(booking, page),),
    )


def kept_letter(booking: ToldBooking, site: str, until: datetime) -> Letter:
    """Seats are kept `until` then for somebody on the waiting list. `site` as for `confirmed_letter`."""
    say, manner = phrases(booking.language), Manner(booking.language)
    told = {
        "event": booking.event_name,
        "seats": seats_in_words(booking.seats, booking.language),
        "until": f"{manner.short_day(until, booking.timezone)}, "
        f"{manner.time(until, booking.timezone)} ({manner.zone(until, booking.timezone)})",
    }
    return Letter(
        subject=say["kept.subject"].format(**told),
        greeting=_greeting(booking),
        paragraphs=(say["kept.text"].format(**told), _when_and_where(booking), say["seats"].format(**told)),
        rows=_what_it_costs(booking),
        link=f"{site}/bookings/{booking.id}" if site else None,
        link_words=say["kept.link"],
        closing=say["kept.closing"].format(**told),
        language=booking.language,
    )


def offer_letter(booking: ToldBooking, seats: tuple[SeatPlace, ...], giver: str, link: str, until: datetime) -> Letter:
    """Tickets of these seats are offered to whoever reads this, by `giver` (empty: somebody), under `link`."""
    say, manner = phrases(booking.language), Manner(booking.language)
    told = {"giver": giver or say["offer.somebody"], "event": booking.event_name}
    end = f"{manner.short_day(until, booking.timezone)}, {manner.time(until, booking.timezone)}"
    return Letter(
        subject=say["offer.subject"].format(**told),
        greeting=say["greeting.nobody"],
        paragraphs=(
            say["offer.text"].format(**told),
            _when_and_where(booking),
            say["seats"].format(seats=seats_in_words(seats, booking.language)),
        ),
        link=link,
        link_words=say["offer.link"],
        closing=say["offer.closing"].format(until=end),
        language=booking.language,
    )  # fmt: skip


def taken_letter(booking: ToldBooking, taker: str) -> Letter:
    """The tickets that somebody offered were taken, by `taker` (empty: somebody)."""
    say = phrases(booking.language)
    told = {"taker": taker or say["offer.somebody"], "event": booking.event_name}
    return Letter(
        subject=say["taken.subject"].format(**told),
        greeting=_greeting(booking),
        paragraphs=(say["taken.text"].format(**told), _when_and_where(booking)),
        closing=say["taken.closing"].format(reference=booking.reference),
        language=booking.language,
    )


def _what_it_costs(booking: ToldBooking) -> tuple[tuple[str, str], ...]:
    """A row for each seat, the order's fee, the total, and what of that are fees and taxes."""
    say, manner = phrases(booking.language), Manner(booking.language)
    priced = [
        (say["seat"].format(seat=seat.in_words(booking.language), tier=tier), price)
        for seat, tier, price in zip(booking.seats, booking.tiers, booking.prices, strict=True)
    ]
    priced += [(say["order_fee"], fee) for fee in [booking.total - sum(booking.prices)] if fee]
    priced.append((say["total"], booking.total))
    parts = (("of_that_fees", booking.fees), ("of_that_taxes", booking.taxes))
    priced += [(say[name], part) for name, part in parts if part]
    return tuple((what, manner.money(money(amount, booking.currency))) for what, amount in priced)


def lost_letter(booking: ToldBooking, why: Literal["lapsed", "uncollected"]) -> Letter:
    """The seats are gone: nobody knows whether they were paid (lapsed), or the bank did not pay after all."""
    say = phrases(booking.language)
    return Letter(
        subject=say[f"{why}.subject"].format(event=booking.event_name),
        greeting=_greeting(booking),
        paragraphs=(say[f"{why}.text"].format(event=booking.event_name), _when_and_where(booking)),
        closing=say["lost.closing"].format(reference=booking.reference),
        language=booking.language,
    )


def refund_letter(booking: ToldBooking, why: str, amount: int) -> Letter:
    """Money goes back, `amount` minor units of it, because of `why`: a kind of `refunds`."""
    say, manner = phrases(booking.language), Manner(booking.language)
    told = manner.money(money(amount, booking.currency))
    return Letter(
        subject=say["refund.subject"].format(amount=told, event=booking.event_name),
        greeting=_greeting(booking),
        paragraphs=(say[f"refund.{why}.text"].format(event=booking.event_name), _when_and_where(booking)),
        rows=((say["refund.amount"], told),),
        closing=say["refund.closing"].format(reference=booking.reference),
        language=booking.language,
    )


def _greeting(booking: ToldBooking) -> str:
    say = phrases(booking.language)
    return say["greeting"].format(name=booking.name) if booking.name else say["greeting.nobody"]


def _when_and_where(booking: ToldBooking) -> str:
    manner, at, zone = Manner(booking.language), booking.starts_at, booking.timezone
    return phrases(booking.language)["when_and_where"].format(
        day=manner.day(at, zone), time=manner.time(at, zone), zone=manner.zone(at, zone), place=booking.place
    )


def _calendar(booking: ToldBooking, page: str) -> Attachment:
    entry = CalendarEntry(
        booking_id=str(booking.id),
        reference=booking.reference,
        event_id=str(booking.event_id),
        event_name=booking.event_name,
        starts_at=booking.starts_at,
        timezone=booking.timezone,
        place=booking.place,
        seats=booking.seats,
    )
    return Attachment(f"{booking.reference}.ics", "text/calendar", calendar_file(entry, page, booking.language))
