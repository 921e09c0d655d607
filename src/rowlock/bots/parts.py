"""What watching for bots is made of in one process."""

from typing import NamedTuple

from starlette.types import ASGIApp
from valkey.asyncio import Valkey

from rowlock.bots.challenge import Challenges
from rowlock.bots.contention import Contention
from rowlock.bots.doorway import AddressRates, Doorway
from rowlock.bots.guard import Guard, ShareCap
from rowlock.bots.traces import Traces
from rowlock.bots.watch import Patience, Watch
from rowlock.platform.http.addresses import Addresses
from rowlock.platform.valkey.limiter import Limiter
from rowlock.platform.valkey.scripts import ScriptRunner
from rowlock.platform.valkey.surge import Surge
from rowlock.settings import Settings


class BotParts(NamedTuple):
    """The parts, wired to each other; no guard where bots are nobody's concern."""

    settings: Settings
    limiter: Limiter
    traces: Traces
    watch: Watch
    surge: Surge
    guard: Guard | None

    def waiting(self) -> int:
        """Calls that wait in the slow lane."""
        return 0 if self.guard is None else len(self.guard.slow_lane)

    def doorway(self, app: ASGIApp) -> Doorway:
        """The layer that goes before everything but the edge."""
        settings = self.settings
        rates = AddressRates(
            account_calls=settings.account_calls_per_minute_prefix, reads=settings.reads_per_minute_prefix
        )
        looked = None if self.guard is None else self.guard.looked
        return Doorway(app, self.traces, self.limiter, rates, secure_cookies=settings.secure_cookies, looked=looked)


def bot_parts(settings: Settings, valkey: "Valkey | None", limiter: Limiter, secret: bytes) -> BotParts:
    """Wire them. Where attempts are not limited at all, there is no guard: nobody's calls cost anything here."""
    traces, surge = Traces(secret, Addresses()), Surge()
    patience = Patience(
        unpaid_free=settings.bots_unpaid_free,
        shorter_seconds=settings.bots_shorter_seconds,
        rest_after=settings.bots_unpaid_free + 2,
        rest_seconds=settings.bots_rest_seconds,
    )
    watch = Watch(ScriptRunner(valkey), limiter, patience, seats_max=settings.seats_per_booking_max)
    if settings.bots == "off" or not settings.booking_attempts_per_minute:
        return BotParts(settings, limiter, traces, watch, surge, None)
    guard = Guard(
        traces,
        limiter,
        watch,
        Challenges(secret),
        Contention(settings.bots_calm_attempts_per_minute),
        share_cap=ShareCap(settings.bots_unpaid_percent / 100, settings.bots_unpaid_seats),
        acts=settings.answers_bots,
        surging=lambda: surge.on,
    )
    return BotParts(settings, limiter, traces, watch, surge, guard)
