"""Times on the wire: RFC 3339 with an offset. Expiry is never decided here: the database clock is the only clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. 2026-11-21T09:30:00.000Z."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot go on the wire")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_us(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC, the precision of a PostgreSQL timestamptz."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment_of_us(microseconds: int) -> datetime:
    """The moment so many microseconds after 1970-01-01 UTC; undoes `epoch_us`."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def parse_wire_time(text: str) -> datetime:
    """A moment in UTC from RFC 3339 text; ValueError when it is malformed, carries no offset or no calendar has it."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} needs an offset such as Z or +02:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from None


def known_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from error
