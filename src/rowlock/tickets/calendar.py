"""A booking for its owner's own calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from icalendar import Calendar, Event

from rowlock.tickets.phrases import phrases

LASTS = timedelta(hours=3)
"""Programmes rarely say when they end; three hours keep the evening free."""


class CalendarEntry(msgspec.Struct, frozen=True):
    """A booking as a calendar shows it; `seats` are seat ids, `starts_at` is aware."""

    booking_id: str
    reference: str
    event_id: str
    event_name: str
    starts_at: datetime
    timezone: str
    place: str
    seats: tuple[str, ...]


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
    told = (say["reference"].format(reference=entry.reference), say["seats"].format(seats=", ".join(entry.seats)))
    event.add("description", "\n".join(told))
    calendar = Calendar()
    calendar.add("prodid", "-//Rowlock//Tickets//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
