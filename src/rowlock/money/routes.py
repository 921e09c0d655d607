"""Papers of a booking for its owner; for staff, what their organiser sold and is owed."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bookings import BookingDesk, SaleGate
from rowlock.identity import HOUSE, Person, TokenSigner, require_person
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.money import Money, money
from rowlock.kernel.problems import Problem
from rowlock.money.documents import Document, Documents, Series, document_of
from rowlock.money.paper import pdf_of
from rowlock.money.payout import payout_table
from rowlock.money.store import SQL
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import Operation
from rowlock.platform.postgres import Database

DAYS_MAX = 366
LISTED_MAX = 10_000
_PRIVATE = {"Cache-Control": "private, no-store"}


class PaperLine(msgspec.Struct, frozen=True, rename="camel"):
    """A receipt (`R`) or credit note (`C`) in a list; `total` is positive in both."""

    number: str
    series: Series
    booking_id: str
    issued_at: datetime
    total: Money
    fees: Money
    tax: Money


class PaperList(msgspec.Struct, frozen=True, rename="camel"):
    """Papers, newest first."""

    items: tuple[PaperLine, ...]


def money_routes(
    database: Database, gate: SaleGate, bookings: BookingDesk, documents: Documents, signer: TokenSigner
) -> list[Route]:
    """The routes of one process."""

    async def own_papers(request: Request) -> list[Document]:
        """The papers of one's own booking; a receipt that no job has come to yet is written now."""
        row = await bookings.own_row(await gate.person(request), request.path_params["booking_id"])
        if await documents.receipt(row.id) is None:
            raise Problem("booking_closed", "Receipts are written once a booking is paid.", bookingId=str(row.id))
        return await documents.of_booking(row.id)

    async def receipt(request: Request) -> Response:
        return _pdf((await own_papers(request))[0])

    async def paper(request: Request) -> Response:
        wanted = request.path_params["number"]
        found = next((one for one in await own_papers(request) if one.number == wanted), None)
        if found is None:
            raise Problem("not_found", "There is no such paper of this booking.")
        return _pdf(found)

    async def papers(request: Request) -> Response:
        return json_answer(PaperList(tuple(map(_line, await own_papers(request)))), headers=_PRIVATE)

    async def invoices(request: Request) -> Response:
        organiser_id, since, until = _asked(request, signer)
        rows = await database.report(SQL["documents_of_organiser"], organiser_id, since, until, LISTED_MAX)
        return json_answer(PaperList(tuple(_line(document_of(row)) for row in rows)), headers=_PRIVATE)

    async def payout(request: Request) -> Response:
        organiser_id, since, until = _asked(request, signer)
        table = await payout_table(database, organiser_id, since, until)
        named = {"Content-Disposition": f'attachment; filename="payout-{organiser_id}-{since:%Y-%m-%d}.csv"'}
        return Response(table, media_type="text/csv; charset=utf-8", headers=_PRIVATE | named)

    own = "/api/v1/bookings/{booking_id}"
    return [
        Route(f"{own}/receipt.pdf", receipt, methods=["GET"]),
        Route(f"{own}/documents", papers, methods=["GET"]),
        Route(f"{own}/documents/{{number}}", paper, methods=["GET"]),
        Route("/api/v1/invoices", invoices, methods=["GET"]),
        Route("/api/v1/payout.csv", payout, methods=["GET"]),
    ]


def _pdf(document: Document) -> Response:
    named = {"Content-Disposition": f'inline; filename="{document.number}.pdf"'}
    return Response(pdf_of(document), media_type="application/pdf", headers=_PRIVATE | named)


def _line(document: Document) -> PaperLine:
    facts = document.facts
    amounts = (money(amount, facts.currency) for amount in (facts.total, facts.fees, facts.tax))
    return PaperLine(document.number, document.series, str(document.booking_id), document.issued_at, *amounts)


def _asked(request: Request, signer: TokenSigner) -> tuple[int, datetime, datetime]:
    """Whose books, and of which days; Problems `forbidden`, `invalid_request`."""
    person = require_person(request, signer, "organiser_admin", "operator", scope="audit")
    since, until = _day(request, "from"), _day(request, "to") + timedelta(days=1)
    if not since < until <= since + timedelta(days=DAYS_MAX):
        raise Problem("invalid_request", f"from and to are days, from not after to, at most {DAYS_MAX} of them.")
    return _whose(request, person), _midnight(since), _midnight(until)


def _whose(request: Request, person: Person) -> int:
    """Operators name an organiser, others' books are their own organiser's."""
    wanted = request.query_params.get("organiserId")
    if wanted is None:
        return person.organiser_id or HOUSE
    number = parse_number_id(wanted)
    if number is None or (person.role != "operator" and number != person.organiser_id):
        raise Problem("not_found", "There is no such organiser of yours.")
    return number


def _day(request: Request, name: str) -> date:
    text = request.query_params.get(name)
    try:
        return date.fromisoformat(text) if text is not None else datetime.now(UTC).date()
    except ValueError:
        raise Problem("invalid_request", f"{name}: a day is written like 2027-05-01.") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_DAYS = {
    "from": "first day (UTC), today without it",
    "to": "last day (UTC), today without it",
    "organiserId": "whose; your own organiser's without it",
}
OPERATIONS = (
    Operation(
        method="get", path="/api/v1/bookings/{bookingId}/receipt.pdf", tag="Bookings", summary="The receipt",
        answers={200: ("PDF.", None)}, problems=(401, 404, 409, 429),
    ),
    Operation(
        method="get", path="/api/v1/bookings/{bookingId}/documents", tag="Bookings",
        summary="The receipt and credit notes of a booking", answers={200: ("All of them.", PaperList)},
        problems=(401, 404, 409, 429),
    ),
    Operation(
        method="get", path="/api/v1/bookings/{bookingId}/documents/{number}", tag="Bookings",
        summary="A receipt or credit note", answers={200: ("PDF.", None)}, problems=(401, 404, 409, 429),
    ),
    Operation(
        method="get", path="/api/v1/invoices", tag="Organisers", summary="Receipts and credit notes of an organiser",
        query=_DAYS, answers={200: ("Newest first.", PaperList)}, problems=(401, 403, 404, 422),
    ),
    Operation(
        method="get", path="/api/v1/payout.csv", tag="Organisers", summary="What an organiser is owed",
        description="A line for each event and currency, and one for the whole of each currency.",
        query=_DAYS, answers={200: ("CSV.", None)}, problems=(401, 403, 404, 422),
    ),
)  # fmt: skip
