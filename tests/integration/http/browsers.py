"""A browser of somebody who signs in: cookies of its own, pages of ours, and the mails that its owner gets."""

import re
import uuid
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

import httpx
from tests.integration.http.conftest import BoxOffice, Json

MAILS = "SELECT message FROM mails WHERE recipient = $1 ORDER BY created_at"
_CODE = re.compile(r"^ {4}([A-Z0-9]{4}-[A-Z0-9]{4})\r?$", re.MULTILINE)
_LINK = re.compile(r"/sign-in#link=(\S+)")


class Browser:
    """Speaks to the API as our own pages do."""

    def __init__(self, office: BoxOffice, email: str = "") -> None:
        self.office = office
        self.email = email or f"{uuid.uuid4().hex[:12]}@example.com"
        self._client = httpx.AsyncClient(base_url=office.client.base_url, verify=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser keeps."""
        return self._client.cookies

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """A request below /api/v1 from one of our pages."""
        own = {"X-Requested-With": "rowlock", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        return await self._client.request(method, f"/api/v1{path}", json=body, headers=own | headers)

    async def get(self, path: str) -> Json:
        """What an address answers, which must be 200."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def post(self, path: str, body: object = None) -> httpx.Response:
        """A POST."""
        return await self.send("POST", path, body)

    async def state(self) -> Json:
        """Who the site takes this browser for."""
        return await self.get("/session")

    async def ask_link(self, **more: str) -> None:
        """Have a link mailed."""
        answer = await self.post("/session/mail-link", {"email": self.email, **more})
        assert answer.status_code == 202, answer.text

    async def answer(self, secret: str) -> httpx.Response:
        """Send a link's secret or a code."""
        return await self.post("/session/mail-answer", {"answer": secret})

    async def sign_in(self) -> Json:
        """By mail, from the wish to the session."""
        await self.ask_link()
        answer = await self.answer(link_in((await mails_to(self.office, self.email))[-1]))
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body


async def mails_to(office: BoxOffice, email: str) -> list[EmailMessage]:
    """The mails that wait to be sent to an address, oldest first."""
    rows = await office.house.database.fetch(MAILS, email)
    return [message_from_bytes(bytes(row["message"]), policy=default) for row in rows]


def text_of(mail: EmailMessage) -> str:
    """The plain words."""
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def link_in(mail: EmailMessage) -> str:
    """The secret of the mail's link."""
    found = _LINK.search(text_of(mail))
    assert found is not None
    return found.group(1)


def code_in(mail: EmailMessage) -> str:
    """The code to type."""
    found = _CODE.search(text_of(mail))
    assert found is not None
    return found.group(1)
