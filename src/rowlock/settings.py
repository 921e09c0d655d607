"""Settings: environment variables, or the same names in the TOML file that ROWLOCK_CONFIG points at.

Secrets may also come from files: `DATABASE_URL_FILE` names the file that holds DATABASE_URL.
"""

import os
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from rowlock.kernel import limits
from rowlock.platform.http.outbound import Allowed
from rowlock.platform.mail import is_address
from rowlock.platform.mail.post import MailServer
from rowlock.platform.secrets import SecretBox, SecretsFault

HoldStrategyName = Literal["row-lock", "optimistic", "lease"]


PERSONS_ATTEMPTS_PER_MINUTE_MAX = 60
"""Who allows more than one a second expects programs, not people."""


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and says what it may be."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator may set. A rate of 0 turns that limit off."""

    database_url: str | None = None
    valkey_url: str | None = None
    hold_seconds: int = 300
    booking_attempts_per_minute: int = 10
    requests_per_minute: int = 100
    requests_per_minute_surge: int = 10
    booking_attempts_per_minute_device: int = 30
    booking_attempts_per_minute_prefix: int = 300
    """Of one network: the first 24 bits of an IPv4 address, 56 of an IPv6 one."""
    booking_attempts_per_minute_event: int = 0
    account_calls_per_minute_prefix: int = 300
    reads_per_minute_prefix: int = 6_000
    """What everybody may read, by one network from one process."""
    bots: Literal["act", "log", "off"] = "act"
    """What becomes of those who look like bots: answered, only scored, or neither."""
    bots_calm_attempts_per_minute: int = 600
    """Attempts on one event in one process up to which a sale is calm, and nobody is asked for a proof of work."""
    bots_unpaid_percent: int = 2
    bots_unpaid_seats: int = 20
    """What one device or network may hold unpaid of an event: the percentage, at least so many seats."""
    bots_unpaid_free: int = 3
    """Unpaid holds of one person before the next ones get shorter, and two more before they must wait."""
    bots_shorter_seconds: int = 60
    bots_rest_seconds: int = 60
    seats_per_booking_max: int = 10
    holds_per_user_max: int = 3
    refund_window_hours: int = 24
    """Buyers may give tickets back until so long before the event."""
    payment_unknown_seconds: int = 900
    """How long seats stay bound at most to a payment whose outcome nobody can learn, from its beginning."""
    payment_challenge_seconds: int = 600
    """A buyer who is sent to the provider, or to their bank, and does not come back by then has walked away."""
    jobs_give_way_seconds: int = 60
    """How long mails and receipts are put off at most while a sale rushes."""
    hold_wait_ms_max: int = 250
    """A new hold that would wait longer than this is refused at once with 503; 0 lets all wait."""
    queue_by_load: bool = False
    """Let a line form by itself before an event that more people want than this installation can serve."""
    queue_calm_seconds: int = 60
    """A line that formed by itself goes again when nobody has waited for so long."""
    waitlist_offer_minutes: int = 60
    """For how long seats are kept for a party of the waiting list that they are offered to."""
    hold_strategy: HoldStrategyName = "row-lock"
    stream_origins: str = ""
    """Sites whose pages may open seat streams beside our own, comma-separated (`https://example.com`); `*`: all."""
    stream_connections_max: int = 15_000
    stream_connections_per_address_max: int = 500
    stream_connections_per_person_max: int = 20
    signing_key_days: int = 90
    """The signing keys get successors at this age; 0: only by `rowlock keys rotate`."""
    public_url: str = ""
    """Address the world knows this installation by, for links in pages and mails; empty: the request's own."""
    mail_from: str = "Rowlock <tickets@localhost>"
    """From line of all mails: an address, or `Name <address>`."""
    smtp_url: str = ""
    """The mail server, `smtp://user:password@host:587` or `smtps://`; empty: mails wait (`rowlock up` has an inbox)."""
    sign_ins_per_minute: int = 5
    """Tries to sign in to one account."""
    sign_ins_per_network_per_minute: int = 120
    """Tries to sign in from one network (/24 or /48)."""
    oidc_issuer: str = ""
    """An outside OpenID Connect provider that people may sign in with; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    breached_passwords: str = ""
    """A file of breached passwords, sorted lines `SHA1:count` as Have I Been Pwned publishes them."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    secure_cookies: bool = False
    """Mark cookies Secure; turn on where nginx serves TLS."""
    secret_keys: str = ""
    """Keys of the secrets in PostgreSQL, `id:base64` each; the first seals, all open (platform/secrets.py)."""
    outbound_allowed: str = ""
    """Host names, addresses and networks inside our own network that configured addresses may lead to."""

    payment_provider: Literal["mock", "stripe", "razorpay"] = "mock"
    """Who takes new payments; `mock` takes none in earnest."""
    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    """What Stripe signs its webhooks with; several, comma-separated, while one is exchanged for another."""
    stripe_api: str = "https://api.stripe.com"
    razorpay_key_id: str = ""
    razorpay_key_secret: str = ""
    razorpay_webhook_secret: str = ""
    """As for Stripe."""
    razorpay_api: str = "https://api.razorpay.com"
    payment_record_years: int = 8
    """Whole years for which paid bookings are kept of people who were erased."""
    payment_record_law: str = "UStG § 14b, AO § 147 (DE)"
    """The law that says so; it stands in the evidence of each erasure."""
    ended_access_days: int = 30
    """How long ended keys of devices, consents taken back, and who had how many tickets of an event are kept."""

    @property
    def answers_bots(self) -> bool:
        """Whether anybody is answered as a bot: not where attempts are not limited to what a person could make."""
        return self.bots == "act" and 0 < self.booking_attempts_per_minute <= PERSONS_ATTEMPTS_PER_MINUTE_MAX


_WHOLE_NUMBERS = {
    "hold_seconds": (limits.HOLD_SECONDS_MIN, limits.HOLD_SECONDS_MAX),
    "booking_attempts_per_minute": (0, 1_000_000),
    "requests_per_minute": (0, 10_000_000),
    "requests_per_minute_surge": (0, 10_000_000),
    "booking_attempts_per_minute_device": (0, 1_000_000),
    "booking_attempts_per_minute_prefix": (0, 1_000_000),
    "booking_attempts_per_minute_event": (0, 10_000_000),
    "account_calls_per_minute_prefix": (0, 1_000_000),
    "reads_per_minute_prefix": (0, 10_000_000),
    "bots_calm_attempts_per_minute": (0, 10_000_000),
    "bots_unpaid_percent": (0, 100),
    "bots_unpaid_seats": (1, 100_000),
    "bots_unpaid_free": (1, 1_000),
    "bots_shorter_seconds": (0, 3_600),
    "bots_rest_seconds": (0, 3_600),
    "payment_record_years": (0, 100),
    "ended_access_days": (0, 3_650),
    "seats_per_booking_max": (1, limits.SEATS_PER_BOOKING_CEILING),
    "holds_per_user_max": (0, 1_000),
    "stream_connections_max": (0, 1_000_000),
    "stream_connections_per_address_max": (0, 1_000_000),
    "stream_connections_per_person_max": (0, 1_000_000),
    "refund_window_hours": (0, 24 * 365),
    "payment_unknown_seconds": (1, 24 * 3_600),
    "payment_challenge_seconds": (1, 24 * 3_600),
    "jobs_give_way_seconds": (0, 3_600),
    "waitlist_offer_minutes": (5, 2_880),
    "hold_wait_ms_max": (0, 60_000),
    "queue_calm_seconds": (1, 86_400),
    "sign_ins_per_minute": (0, 1_000_000),
    "sign_ins_per_network_per_minute": (0, 1_000_000),
    "signing_key_days": (0, 3_650),
}
_SECRETS = frozenset(
    {
        "database_url",
        "valkey_url",
        "secret_keys",
        "smtp_url",
        "oidc_client_secret",
        "stripe_secret_key",
        "stripe_webhook_secret",
        "razorpay_key_secret",
        "razorpay_webhook_secret",
    }
)
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_OUTSIDE_NAMES = {"database_url": "DATABASE_URL", "valkey_url": "VALKEY_URL"}


def setting_name(field: str) -> str:
    """The environment name of a field."""
    return _OUTSIDE_NAMES.get(field, f"ROWLOCK_{field.upper()}")


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the TOML file, if any, and the environment on top of it; SettingsError says what is wrong."""
    values = {**_from_file(environ.get("ROWLOCK_CONFIG")), **environ}
    values |= _from_secret_files(values)
    found = {
        field.name: _typed(field.name, values[setting_name(field.name)])
        for field in msgspec.structs.fields(Settings)
        if values.get(setting_name(field.name), "") != ""
    }
    try:
        settings = msgspec.convert(found, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {error}") from error
    _check_texts(settings)
    return settings


def _check_texts(settings: Settings) -> None:
    """Fail at the start, not at the first use."""
    if not is_address(parseaddr(settings.mail_from)[1]):
        raise SettingsError(f"ROWLOCK_MAIL_FROM must be an address or `Name <address>`, not {settings.mail_from!r}")
    if settings.breached_passwords and not Path(settings.breached_passwords).is_file():
        raise SettingsError(f"ROWLOCK_BREACHED_PASSWORDS: there is no file {settings.breached_passwords}")
    _check_payments(settings)
    try:
        if settings.smtp_url:
            MailServer(settings.smtp_url)
    except ValueError as error:
        raise SettingsError(f"ROWLOCK_SMTP_URL: {error}") from error
    try:
        SecretBox.of(settings.secret_keys)
        Allowed(settings.outbound_allowed)
    except SecretsFault as fault:
        raise SettingsError(str(fault)) from fault
    except ValueError as error:
        raise SettingsError(f"ROWLOCK_OUTBOUND_ALLOWED: {error}") from error


def _check_payments(settings: Settings) -> None:
    """A provider needs its keys and a way back to us; and keys go to nobody in the clear, but for this machine."""
    keys = {"stripe": ("stripe_secret_key",), "razorpay": ("razorpay_key_id", "razorpay_key_secret")}
    for field in (
        *keys.get(settings.payment_provider, ()),
        *(("public_url",) if settings.payment_provider in keys else ()),
    ):
        if not getattr(settings, field):
            raise SettingsError(f"ROWLOCK_PAYMENT_PROVIDER={settings.payment_provider} needs {setting_name(field)}")
    for field in ("stripe_api", "razorpay_api"):
        address = urlsplit(getattr(settings, field))
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _THIS_MACHINE):
            raise SettingsError(f"{setting_name(field)} must begin with https://, or be of this machine")


def _from_secret_files(values: Mapping[str, str]) -> dict[str, str]:
    """What stands in the files that hold secrets."""
    found = {}
    for name in map(setting_name, sorted(_SECRETS)):
        path = values.get(f"{name}_FILE")
        if not path:
            continue
        if values.get(name):
            raise SettingsError(f"set {name} or {name}_FILE, not both")
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE={path}: {getattr(error, 'strerror', 'not a text file')}") from error
    return found


def _from_file(path: str | None) -> dict[str, str]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"ROWLOCK_CONFIG={path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"ROWLOCK_CONFIG={path}: {error}") from error
    known = {setting_name(field.name) for field in msgspec.structs.fields(Settings)}
    known |= {f"{setting_name(field)}_FILE" for field in _SECRETS}
    strange = sorted(set(table) - known)
    if strange:
        raise SettingsError(
            f"ROWLOCK_CONFIG={path}: unknown setting {strange[0]}; known are {', '.join(sorted(known))}"
        )
    return {name: str(value) for name, value in table.items()}


def _typed(field: str, text: str) -> object:
    if field in {"secure_cookies", "queue_by_load"}:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise SettingsError(f"{setting_name(field)} must be true or false, not {text!r}")
        return text.lower() in {"true", "1"}
    if field not in _WHOLE_NUMBERS:
        return text
    low, high = _WHOLE_NUMBERS[field]
    try:
        number = int(text)
    except ValueError:
        raise SettingsError(f"{setting_name(field)} must be a whole number, not {text!r}") from None
    if not low <= number <= high:
        raise SettingsError(f"{setting_name(field)} must be from {low} to {high}, not {number}")
    return number
