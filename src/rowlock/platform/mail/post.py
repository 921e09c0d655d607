"""The way of a mail: into the database with what it tells of, and from there to the mail server until that has it."""

import asyncio
import uuid
from email import message_from_bytes
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
import asyncpg
import structlog

from rowlock.platform.mail.letter import Mail, message_of
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS

SQL = load_queries("rowlock.platform.mail")

ROUND_SECONDS = 0.25
"""How long a mail waits at most for the worker to see it."""
MAILS_PER_ROUND_MAX = 20
FIRST_PAUSE_SECONDS = 30
"""Before a mail that was not taken is tried again; the pause doubles. Longer than one try may last."""
SERVER_SECONDS_MAX = 20
GIVEN_UP_HOURS = 24

log = structlog.get_logger(__name__)


class Postbox:
    """Where mails are put; `sender` is the From line: an address, or `Name <address>`."""

    def __init__(self, sender: str) -> None:
        self._sender = sender

    async def send(self, connection: Connection, mail: Mail) -> None:
        """Put the mail in, within the caller's transaction: it is sent if and only if that commits."""
        mail_id = uuid.uuid4()
        await connection.execute(
            SQL["insert_mail"], mail_id, mail.recipient, message_of(mail, self._sender, mail_id.hex)
        )


class MailServer:
    """The mail server of `smtp://user:password@host:port` (TLS as soon as it offers it) or `smtps://`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("a mail server is named like smtp://user:password@mail.example.com:587")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "") if parts.username else None

    async def deliver(self, recipient: str, message: bytes) -> None:
        """Hand one message over; aiosmtplib.SMTPException or OSError when the server does not take it."""
        await aiosmtplib.send(
            message,
            sender=parseaddr(message_from_bytes(message)["From"])[1],
            recipients=[recipient],
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            username=self._username,
            password=self._password,
            timeout=SERVER_SECONDS_MAX,
        )


async def deliver(database: Database, server: MailServer) -> int:
    """Send one batch of mails that are due; how many there were. A worker that dies here repeats them later."""
    due = await database.cold.fetch(SQL["claim_mails"], MAILS_PER_ROUND_MAX, FIRST_PAUSE_SECONDS, GIVEN_UP_HOURS)
    await asyncio.gather(*(_deliver_one(database, server, mail) for mail in due))
    return len(due)


async def _deliver_one(database: Database, server: MailServer, mail: asyncpg.Record) -> None:
    try:
        await server.deliver(mail["recipient"], bytes(mail["message"]))
    except (aiosmtplib.SMTPException, OSError) as error:
        lost = mail["stale"] or _never_taken(error)
        facts = {"mail": str(mail["id"]), "error": type(error).__name__, "tries": mail["tries"], "given_up": lost}
        log.warning("mail_not_taken", **facts)
        if not lost:
            return
    await database.cold.execute(SQL["forget_mail"], mail["id"])


def _never_taken(error: Exception) -> bool:
    """Whether the server says that it will not take this mail at any later time either: an address that is none."""
    refusals = error.recipients if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else [error]
    codes = [refusal.code if isinstance(refusal, aiosmtplib.SMTPResponseException) else 0 for refusal in refusals]
    return all(500 <= code < 600 for code in codes)


async def deliver_forever(database: Database, smtp_url: str, stopping: asyncio.Event) -> None:
    """Send what comes until `stopping` is set. Without a mail server (empty), or while it is away, mails wait."""
    server = MailServer(smtp_url) if smtp_url else None
    while server is not None and not stopping.is_set():
        try:
            sent = await deliver(database, server)
        except TRANSIENT_ERRORS as error:
            log.warning("mail_round_failed", error=str(error))
            sent = 0
        if not sent:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue
