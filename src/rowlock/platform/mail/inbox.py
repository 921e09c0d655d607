"""The inbox of an installation without a mail server: takes every mail in and shows it on a page of this machine.

For trying Rowlock out, never for production: whoever reaches the page reads everybody's mails.
"""

import asyncio
import socket
from collections import deque
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import cast
from urllib.parse import quote

import msgspec
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

MAILS_KEPT_MAX = 500
MAIL_BYTES_MAX = 1024 * 1024
_HOSTS = ["localhost", "127.0.0.1"]
"""The page is for this machine: a name that somebody else gave its address does not lead here."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"
_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail inbox</title>
<meta name="viewport" content="width=device-width">"""
_STYLE = """:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;
padding:0 1rem}article{border-top:1px solid #8a93a1;padding:1rem 0}dl{display:grid;
grid-template-columns:max-content 1fr;gap:0 1rem;margin:0}
dd{margin:0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}"""


class Attached(msgspec.Struct, frozen=True):
    """A file that came with a mail."""

    name: str
    media_type: str
    content: bytes


class Arrived(msgspec.Struct, frozen=True):
    """One mail as it came: its recipient, its subject, the plain words, the HTML and the files."""

    number: int
    recipient: str
    subject: str
    text: str
    html: str
    files: tuple[Attached, ...]


class Inbox:
    """Keeps the last mails in memory, newest first."""

    def __init__(self) -> None:
        self._mails: deque[Arrived] = deque(maxlen=MAILS_KEPT_MAX)
        self._count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Take one mail in."""
        message = message_from_bytes(cast("bytes", envelope.content), policy=default)
        self._count += 1
        recipient = ", ".join(envelope.rcpt_tos)
        texts = (_part(message, "plain"), _part(message, "html"))
        files = tuple(_attached(part) for part in message.iter_attachments() if isinstance(part, EmailMessage))
        self._mails.appendleft(Arrived(self._count, recipient, str(message["Subject"]), *texts, files))
        return "250 Taken"

    def page(self) -> Starlette:
        """The page of all mails, each mail's HTML and files, and all of them as JSON for tests and scripts."""
        return Starlette(
            routes=[
                Route("/", self._list, methods=["GET"]),
                Route("/mails.json", self._json, methods=["GET"]),
                Route("/{number:int}", self._one, methods=["GET"]),
                Route("/{number:int}/{place:int}", self._file, methods=["GET"]),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
        )

    async def _list(self, _request: Request) -> Response:
        mails = "".join(_article(mail) for mail in self._mails) or "<p>No mail yet.</p>"
        body = f"<h1>Mail inbox</h1><p>Mails of this trial installation, newest first. Reload for new ones.</p>{mails}"
        return _html(f"{_HEAD}<style>{_STYLE}</style></head><body>{body}</body></html>")

    async def _json(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(list(self._mails)), media_type="application/json")

    async def _one(self, request: Request) -> Response:
        return _html(self._wanted(request).html)

    async def _file(self, request: Request) -> Response:
        files, place = self._wanted(request).files, request.path_params["place"]
        if place >= len(files):
            raise HTTPException(404)
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(files[place].name)}"}
        return Response(files[place].content, media_type=files[place].media_type, headers=named)

    def _wanted(self, request: Request) -> Arrived:
        wanted = request.path_params["number"]
        found = next((mail for mail in self._mails if mail.number == wanted), None)
        if found is None:
            raise HTTPException(404)
        return found


async def serve_inbox(smtp: socket.socket, web: socket.socket, stopping: asyncio.Event) -> None:
    """Take mails on one listening socket and show them on the other until `stopping` is set."""
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, data_size_limit=MAIL_BYTES_MAX, loop=loop), sock=smtp)
    pages = uvicorn.Server(uvicorn.Config(inbox.page(), lifespan="off", log_config=None, access_log=False))
    showing = asyncio.create_task(pages.serve(sockets=[web]))
    await stopping.wait()
    pages.should_exit = True
    server.close()
    await showing


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _attached(part: EmailMessage) -> Attached:
    content = part.get_payload(decode=True)
    return Attached(part.get_filename("file"), part.get_content_type(), content if isinstance(content, bytes) else b"")


def _article(mail: Arrived) -> str:
    files = "".join(
        f' <a href="/{mail.number}/{place}">{escape(file.name)}</a>' for place, file in enumerate(mail.files)
    )
    head = f"<dl><dt>To</dt><dd>{escape(mail.recipient)}</dd><dt>Subject</dt><dd>{escape(mail.subject)}</dd></dl>"
    return f'<article>{head}<pre>{_linked(mail.text)}</pre><a href="/{mail.number}">As HTML</a>{files}</article>'


def _linked(text: str) -> str:
    """The text with its addresses as links."""
    lines = (escape(line) for line in text.splitlines())
    return "\n".join(
        f'<a href="{line}">{line}</a>' if line.startswith(("http://", "https://")) else line for line in lines
    )


def _html(body: str) -> Response:
    return HTMLResponse(body, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
