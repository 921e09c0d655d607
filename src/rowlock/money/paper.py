"""The PDF of a document: one column on A4, on as many pages as it takes; Latin, Greek and Cyrillic letters."""

from functools import cache
from io import BytesIO

from pymupdf_fonts import NotoSans_Regular
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from rowlock.kernel.money import money
from rowlock.money.documents import Document
from rowlock.money.phrases import phrases
from rowlock.platform.manner import Manner

FONT = "Noto Sans"
MARGIN, LINE = 56.0, 16.0
SIZE, TITLE_SIZE = 10, 18
LINE_CHARS_MAX = 95
"""Longer texts are cut: an event's name may have 200 characters."""


def pdf_of(document: Document) -> bytes:
    """The document as a PDF; the same bytes each time."""
    _load_font()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(document.number)
    canvas.setAuthor(document.facts.seller.name)
    page = _Page(canvas)
    _head(page, document)
    _rows(page, document)
    canvas.save()
    return out.getvalue()


class _Page:
    """Writes lines from the top of a page to its foot, then on the next."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._y = A4[1] - MARGIN
        canvas.setFont(FONT, SIZE)

    def line(self, text: str, amount: str = "", *, size: int = SIZE) -> None:
        """A text at the left, an amount at the right."""
        if self._y < MARGIN:
            self._canvas.showPage()
            self._y = A4[1] - MARGIN
        self._canvas.setFont(FONT, size)
        self._canvas.drawString(MARGIN, self._y, text[:LINE_CHARS_MAX])
        self._canvas.drawRightString(A4[0] - MARGIN, self._y, amount)
        self._y -= LINE * max(1.0, size / SIZE)

    def gap(self) -> None:
        """Room between two parts."""
        self._y -= LINE

    def rule(self) -> None:
        """A line across."""
        self._canvas.line(MARGIN, self._y + LINE * 0.75, A4[0] - MARGIN, self._y + LINE * 0.75)


def _head(page: _Page, document: Document) -> None:
    facts, say = document.facts, phrases(document.facts.language)
    manner = Manner(facts.language)
    for text in (facts.seller.name, *facts.seller.address.splitlines()):
        page.line(text)
    if facts.seller.tax_id:
        page.line(say["tax_id"].format(tax_id=facts.seller.tax_id))
    page.gap()
    page.line(say[document.series], size=TITLE_SIZE)
    page.line(say["number"].format(number=document.number))
    page.line(say["issued"].format(day=manner.short_day(document.issued_at, facts.timezone)))
    if facts.for_receipt:
        page.line(say["for_receipt"].format(number=facts.for_receipt))
    page.line(say["booking"].format(reference=facts.reference))
    page.gap()
    day = manner.short_day(facts.starts_at, facts.timezone)
    page.line(say["event"].format(event=facts.event, day=day, place=facts.place))
    page.gap()


def _rows(page: _Page, document: Document) -> None:
    facts, say = document.facts, phrases(document.facts.language)
    manner, sign = Manner(facts.language), -1 if document.series == "C" else 1

    def amount(minor: int) -> str:
        return manner.money(money(sign * minor, facts.currency))

    for seat, tier, price in facts.lines:
        page.line(say["seat"].format(seat=seat, tier=tier), amount(price))
    if facts.order_fee:
        page.line(say["order_fee"], amount(facts.order_fee))
    page.rule()
    page.line(say["total"], amount(facts.total))
    page.line(say["fees"], amount(facts.fees))
    page.line(say["tax"], amount(facts.tax))
    page.gap()
    page.line(say["returned" if document.series == "C" else "paid"])


@cache
def _load_font() -> None:
    pdfmetrics.registerFont(TTFont(FONT, BytesIO(NotoSans_Regular.fontbuffer)))
