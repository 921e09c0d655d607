"""A mail as it is written: plain words, and the same words once more as HTML."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from html import escape

import msgspec

ADDRESS_CHARS_MAX = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_STYLE = "font:16px/1.5 system-ui,sans-serif;color:#14181f;max-width:34em"
_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:10px;background:#1b4dd8;color:#ffffff;"
    "text-decoration:none;font-weight:600"
)
_AMOUNT = 'style="text-align:right;padding-left:24px;font-variant-numeric:tabular-nums"'
_CODE = "font-size:28px;letter-spacing:.08em;font-weight:700"


class Attachment(msgspec.Struct, frozen=True):
    """A file that comes with a mail; `media_type` is like `text/calendar`."""

    name: str
    media_type: str
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says, in the language `language`.

    `rows` are pairs, what and how much, under the paragraphs. `code` stands large on a line of its own; `link` is an
    address.
    """

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    code: str | None = None
    link: str | None = None
    link_words: str = ""
    closing: str = ""
    language: str = "en"
    attachments: tuple[Attachment, ...] = ()


class Mail(msgspec.Struct, frozen=True):
    """A letter and whom it is for."""

    recipient: str
    letter: Letter


def is_address(text: str) -> bool:
    """Whether this is a mail address as people have them: ASCII, nothing quoted, nothing that could end a header."""
    return len(text) <= ADDRESS_CHARS_MAX and _ADDRESS.fullmatch(text) is not None


def message_of(mail: Mail, sender: str, message_id: str) -> bytes:
    """The whole message for the mail server. `message_id` is the same at every try, so that a repeat can be dropped."""
    message = EmailMessage(policy=SMTP)
    name, _, address = sender.rpartition("<")
    message["From"] = Address(name.strip(), addr_spec=address.removesuffix(">").strip())
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(message_id, domain=str(message["From"].addresses[0].domain))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain_text(mail.letter))
    message.add_alternative(html_text(mail.letter), subtype="html")
    for attachment in mail.letter.attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)
    message["Content-Language"] = mail.letter.language  # last: parts take what is there of Content-*
    return message.as_bytes()


def plain_text(letter: Letter) -> str:
    """The letter as plain text."""
    parts = [letter.greeting, *letter.paragraphs]
    if letter.rows:
        width = max(len(what) for what, _ in letter.rows)
        parts.append("\n".join(f"    {what:<{width}}  {much}" for what, much in letter.rows))
    if letter.code:
        parts.append(f"    {letter.code}")
    if letter.link:
        parts.append(f"{letter.link_words}:\n{letter.link}")
    if letter.closing:
        parts.append(letter.closing)
    return "\n\n".join(parts) + "\n"


def html_text(letter: Letter) -> str:
    """The same as one HTML page without pictures, scripts or anything fetched from elsewhere."""
    parts = [f"<p>{escape(text)}</p>" for text in (letter.greeting, *letter.paragraphs)]
    if letter.rows:
        cells = (f"<tr><td>{escape(a)}</td><td {_AMOUNT}>{escape(b)}</td></tr>" for a, b in letter.rows)
        parts.append(f"<table>{''.join(cells)}</table>")
    if letter.code:
        parts.append(f'<p style="{_CODE}">{escape(letter.code)}</p>')
    if letter.link:
        parts.append(f'<p><a href="{escape(letter.link)}" style="{_BUTTON}">{escape(letter.link_words)}</a></p>')
    if letter.closing:
        parts.append(f'<p style="color:#545c69;font-size:14px">{escape(letter.closing)}</p>')
    head = f'<head><meta charset="utf-8"><title>{escape(letter.subject)}</title></head>'
    body = f'<body style="{_STYLE}">{"".join(parts)}</body>'
    return f'<!doctype html><html lang="{escape(letter.language)}">{head}{body}</html>'
