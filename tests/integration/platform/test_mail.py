"""The way of a mail: with the change it tells of, to the mail server, once it takes it."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from rowlock.platform.mail import Letter, Mail, Postbox, is_address
from rowlock.platform.mail.post import MailServer, deliver
from rowlock.platform.postgres import Database
from rowlock.settings import SettingsError, load_settings

MAILS = "SELECT count(*) FROM mails"
DUE_AGAIN = "UPDATE mails SET next_try_at = clock_timestamp()"
A_DAY_OLD = "UPDATE mails SET created_at = created_at - interval '25 hours'"
LETTER = Letter(
    subject="Café <1>", greeting="Hello,", paragraphs=("Words & <tags>.",), link="https://shop.test/a?b=1&c=2"
)


class Post:
    """A mail server that says what it is told to say."""

    def __init__(self) -> None:
        self.answer = "250 Taken"
        self.taken: list[Envelope] = []
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        self.taken.append(envelope)
        return self.answer


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A mail server on this machine."""
    handler, loop = Post(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    handler.port = server.sockets[0].getsockname()[1]
    yield handler
    server.close()
    await server.wait_closed()


def server_of(post: Post) -> MailServer:
    """The way to it."""
    return MailServer(f"smtp://127.0.0.1:{post.port}")


async def put_in(database: Database, recipient: str = "ada@example.com", *, undone: bool = False) -> None:
    """Write a mail, in a transaction that is taken back when `undone`."""
    async with database.cold.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await Postbox("Rowlock <tickets@shop.test>").send(connection, Mail(recipient, LETTER))
        await (transaction.rollback() if undone else transaction.commit())


async def test_a_mail_says_the_same_in_both_its_parts_and_is_then_forgotten(database: Database, post: Post) -> None:
    await put_in(database)
    assert await deliver(database, server_of(post)) == 1
    (envelope,) = post.taken
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert envelope.mail_from == "tickets@shop.test"
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=default)
    assert message["Subject"] == "Café <1>"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "Words & <tags>." in plain.get_content()
    assert "Words &amp; &lt;tags&gt;." in html.get_content()
    assert 'href="https://shop.test/a?b=1&amp;c=2"' in html.get_content()
    assert await database.cold.fetchval(MAILS) == 0


async def test_a_mail_about_what_never_happened_is_never_sent(database: Database, post: Post) -> None:
    await put_in(database, undone=True)
    assert await deliver(database, server_of(post)) == 0


async def test_a_mail_waits_while_the_server_is_away_and_keeps_its_name(database: Database, post: Post) -> None:
    await put_in(database)
    post.answer = "451 Later"
    await deliver(database, server_of(post))
    assert await deliver(database, server_of(post)) == 0, "it is tried again only after a pause"
    await database.cold.execute(DUE_AGAIN)
    post.answer = "250 Taken"
    await deliver(database, server_of(post))
    names = {message_from_bytes(envelope.content)["Message-ID"] for envelope in post.taken}  # type: ignore[arg-type]
    assert (len(post.taken), len(names)) == (2, 1)
    assert await database.cold.fetchval(MAILS) == 0


@pytest.mark.parametrize(("answer", "kept"), [("451 Later", 1), ("550 There is nobody of that name", 0)])
async def test_a_mail_that_no_server_will_take_is_given_up(
    database: Database, post: Post, answer: str, kept: int
) -> None:
    await put_in(database)
    post.answer = answer
    await deliver(database, server_of(post))
    assert await database.cold.fetchval(MAILS) == kept


async def test_a_mail_is_given_up_after_a_day(database: Database, post: Post) -> None:
    await put_in(database)
    await database.cold.execute(A_DAY_OLD)
    post.answer = "451 Later"
    await deliver(database, server_of(post))
    assert await database.cold.fetchval(MAILS) == 0


async def test_two_workers_never_send_the_same_mail(database: Database, post: Post) -> None:
    for number in range(40):
        await put_in(database, f"{number}@example.com")
    while any(await asyncio.gather(*(deliver(database, server_of(post)) for _ in range(4)))):
        pass
    assert sorted(envelope.rcpt_tos[0] for envelope in post.taken) == sorted(f"{n}@example.com" for n in range(40))


def test_what_could_end_a_header_is_no_address() -> None:
    assert is_address("ada.l+shop@mail.example.com")
    for text in ("a@b\nBcc: c@d", "a b@c.d", "@x", "a@", "a@b..c", "x" * 250 + "@a.b", "a@b\x00"):
        assert not is_address(text), text


@pytest.mark.parametrize(
    ("name", "text"), [("SMTP_URL", "http://mail.test"), ("SMTP_URL", "mail"), ("MAIL_FROM", "nobody")]
)
def test_a_mail_setting_that_cannot_work_is_refused_at_the_start(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"ROWLOCK_{name}"):
        load_settings({f"ROWLOCK_{name}": text})
