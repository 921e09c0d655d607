"""A booking for the visitor's own calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from rowlock.storefront.data import CalendarEntry
from rowlock.storefront.wording import Words

LASTS = timedelta(hours=3)
"""Programmes rarely say when they end; three hours keep the evening free."""


def calendar_file(entry: CalendarEntry, url: str, say: Words) -> bytes:
    """RFC 5545 with one event, its times in the venue's zone."""
    starts = entry.starts_at.astimezone(ZoneInfo(entry.timezone))
    event = Event()
    event.add("uid", f"{entry.booking_id}@rowlock")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", starts)
    event.add("dtend", starts + LASTS)
    event.add("summary", entry.event_name)
    event.add("location", entry.place)
    event.add("url", url)
    seats = ", ".join(entry.seats)
    event.add(
        "description", f"{say('calendar.reference', reference=entry.reference)}\n{say('calendar.seats', seats=seats)}"
    )
    calendar = Calendar()
    calendar.add("prodid", "-//Rowlock//Storefront//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
