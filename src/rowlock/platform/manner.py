"""Numbers, money and dates in the manner of a language."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_currency, format_decimal

from rowlock.kernel.money import Money


class Manner:
    """How one language writes them. Dates and times are those of the place where something happens."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale(language)

    def number(self, value: int) -> str:
        """With the language's own grouping."""
        return str(format_decimal(value, locale=self.locale))

    def money(self, value: Money) -> str:
        """Amount and currency."""
        return str(format_currency(value.amount, value.currency, locale=self.locale))

    def day(self, at: datetime, timezone: str) -> str:
        """The whole date where it happens."""
        return str(format_date(at.astimezone(ZoneInfo(timezone)), "full", locale=self.locale))

    def short_day(self, at: datetime, timezone: str) -> str:
        """Day, month, year where it happens."""
        return str(format_date(at.astimezone(ZoneInfo(timezone)), "medium", locale=self.locale))

    def day_of_month(self, at: datetime, timezone: str) -> str:
        """Just the day's number where it happens."""
        return str(format_date(at.astimezone(ZoneInfo(timezone)), "d", locale=self.locale))

    def month(self, at: datetime, timezone: str) -> str:
        """The month's short name where it happens."""
        return str(format_date(at.astimezone(ZoneInfo(timezone)), "LLL", locale=self.locale))

    def time(self, at: datetime, timezone: str) -> str:
        """The time of day where it happens."""
        zone = ZoneInfo(timezone)
        return str(format_time(at.astimezone(zone), "short", tzinfo=zone, locale=self.locale))

    def zone(self, at: datetime, timezone: str) -> str:
        """The name of the time zone there and then."""
        return str(get_timezone_name(at.astimezone(ZoneInfo(timezone)), "long", locale=self.locale))
