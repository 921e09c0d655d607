"""A booking for its owner's own calendar."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from icalendar import Calendar, Event, Timezone

from rowlock.seating import SeatPlace, seats_in_words
from rowlock.tickets.phrases import phrases

LASTS = timedelta(hours=3)
"""Programmes rarely say when they end; three hours keep the evening free."""


class CalendarEntry(msgspec.Struct, frozen=True):
    """A booking as a calendar shows it; `starts_at` is aware."""

    booking_id: str
    reference: str
    event_id: str
    event_name: str
    starts_at: datetime
    timezone: str
    place: str
    seats: tuple[SeatPlace, ...]


def calendar_file(entry: CalendarEntry, url: str, language: str) -> bytes:
    """RFC 5545 with one event, its times in the venue's zone. `url` is the booking's page, empty if there is none."""
    starts, say = entry.starts_at.astimezone(ZoneInfo(entry.timezone)), phrases(language)
    event = Event()
    event.add("uid", f"{entry.booking_id}@rowlock")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", starts)
    event.add("dtend", starts + LASTS)
    event.add("summary", entry.event_name)
    event.add("location", entry.place)
    if url:
        event.add("url", url)
    seats = say["seats"].format(seats=seats_in_words(entry.seats, language))
    told = (say["reference"].format(reference=entry.reference), seats)
    event.add("description", "\n".join(told))
    calendar = Calendar()
    calendar.add("prodid", "-//Rowlock//Tickets//EN")
    calendar.add("version", "2.0")
    calendar.add_component(_zone(entry.timezone, starts.year))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


@lru_cache(maxsize=128)
def _zone(name: str, year: int) -> Timezone:
    """A zone's clock changes around a year. Those of seventy years would be 5 KB in every mail, and 10 ms to make."""
    return Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
