"""The inbox of a trial installation shows what mails bring along."""

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session

from rowlock.platform.mail import Attachment, Letter, Mail
from rowlock.platform.mail.inbox import Inbox
from rowlock.platform.mail.letter import message_of

LETTER = Letter(
    subject="Tickets", greeting="Hello,", paragraphs=("Yours.",), rows=(("S-1-1 <VIP>", "€95.00"),), link="http://x.test/",
    attachments=(Attachment("Ä <1>.ics", "text/calendar", b"BEGIN:VCALENDAR"),),
)  # fmt: skip


async def test_a_mail_shows_its_rows_and_its_files() -> None:
    inbox, envelope = Inbox(), Envelope()
    envelope.rcpt_tos = ["ada@example.com"]
    envelope.content = message_of(Mail("ada@example.com", LETTER), "Rowlock <tickets@shop.test>", "1")
    await inbox.handle_DATA(SMTP(inbox), Session(loop=None), envelope)  # type: ignore[arg-type]  # neither is looked at
    transport = httpx.ASGITransport(inbox.page())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = (await client.get("/")).text
        assert "S-1-1 &lt;VIP&gt;  €95.00" in page
        assert '<a href="/1/0">Ä &lt;1&gt;.ics</a>' in page
        assert "<td>S-1-1 &lt;VIP&gt;</td>" in (await client.get("/1")).text
        file = await client.get("/1/0")
        assert (file.content, file.headers["content-type"]) == (b"BEGIN:VCALENDAR", "text/calendar; charset=utf-8")
        assert file.headers["content-disposition"].startswith("attachment;")
        assert (await client.get("/1/1")).status_code == 404
