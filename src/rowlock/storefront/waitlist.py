"""The page of an event's waiting list: forms that every browser can send, nothing on it needs a script."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.bookings import BookingViews
from rowlock.catalog import EventDetail
from rowlock.identity import Person
from rowlock.identity.requests import new_guest
from rowlock.kernel.ids import parse_booking_id
from rowlock.kernel.money import Money
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import read_bytes
from rowlock.platform.valkey.limiter import Limit
from rowlock.seating.place import SeatPlace
from rowlock.storefront.data import StorefrontData
from rowlock.storefront.pages import error_page, render
from rowlock.storefront.visitors import Visitors, sent_from_here
from rowlock.storefront.wording import language_of
from rowlock.waitlist import WaitlistDesk
from rowlock.waitlist.model import WaitlistEntry, WishBody
from rowlock.waitlist.routes import JOINS_PER_MINUTE

FIELDS_MAX = 100
FORM_BYTES_MAX = 20_000
TOLD = frozenset({"seats_fit", "offer_stands", "not_on_sale", "invalid_request", "rate_limited", "not_on_waitlist"})
"""Refusals that the page has words for; of others it says that it did not work."""

Fields = Mapping[str, list[str]]


class Offer(NamedTuple):
    """The seats that are kept for somebody, and what they cost in all."""

    seats: tuple[SeatPlace, ...]
    total: Money


class WaitlistPage:
    """`GET` shows the visitor's entry, or the form; `POST` joins, changes the wish, or leaves."""

    def __init__(self, data: StorefrontData, desk: WaitlistDesk, views: BookingViews, visitors: Visitors) -> None:
        self._data = data
        self._desk = desk
        self._views = views
        self._visitors = visitors

    def routes(self) -> list[Route]:
        """Its address."""
        path = "/events/{event_id}/waitlist"
        return [Route(path, self.show, methods=["GET"]), Route(path, self.send, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """How the visitor's entry stands."""
        event = await self._data.event(request.path_params["event_id"])
        if event is None:
            return error_page(request, 404)
        return await self._page(request, event)

    async def send(self, request: Request) -> Response:
        """Do what the form says; a form that cannot be done comes back as it was, with the reason."""
        event = await self._data.event(request.path_params["event_id"])
        if event is None or not sent_from_here(request):
            return error_page(request, 404)
        visitor = self._visitors.who(request)
        person = visitor or new_guest()
        fields: Fields = {}
        try:
            await self._visitors.bound(
                request, Limit(f"waitlist:{person.subject}", JOINS_PER_MINUTE, "waiting list calls")
            )
            fields = await _fields(request)
            if "leave" in fields:
                await self._desk.leave(event.id, person)
            else:
                await self._desk.join(event.id, _wish(fields, event, language_of(request)), person)
        except Problem as problem:
            return await self._page(request, event, fields, problem)
        query = f"?{request.url.query}" if request.url.query else ""
        answer = RedirectResponse(f"{request.url.path}{query}", 303, headers={"Cache-Control": "no-store"})
        if visitor is None:
            self._visitors.welcome(answer, person)
        return answer

    async def _page(
        self, request: Request, event: EventDetail, fields: Fields | None = None, problem: Problem | None = None
    ) -> Response:
        visitor = self._visitors.who(request)
        entry = await self._entry(event, visitor)
        trouble = "" if problem is None else problem.code if problem.code in TOLD else "other"
        context = {
            "event": event,
            "entry": entry,
            "offer": await self._offer(entry, visitor),
            "asked": _asked(entry) if fields is None else fields,
            "trouble": trouble,
        }
        status = 200 if problem is None else problem.kind.status
        return render(request, "waitlist.html", context, status=status, kept_s=0)

    async def _entry(self, event: EventDetail, visitor: Person | None) -> WaitlistEntry | None:
        if visitor is None:
            return None
        try:
            return await self._desk.entry(event.id, visitor)
        except Problem:
            return None

    async def _offer(self, entry: WaitlistEntry | None, visitor: Person | None) -> Offer | None:
        number = parse_booking_id(entry.booking_id or "") if entry is not None and entry.status == "offered" else None
        booking = await self._views.find(number, visitor.subject) if number and visitor else None
        sale = await self._views.sale(int(booking.event_id)) if booking is not None else None
        if booking is None or sale is None:
            return None
        _, plan = sale
        return Offer(tuple(plan.place(plan.seat_nos[seat.id]) for seat in booking.seats), booking.total)


async def _fields(request: Request) -> Fields:
    body = await read_bytes(request, FORM_BYTES_MAX)
    try:
        return parse_qs(body.decode(), max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError) as error:
        raise Problem("invalid_request", "This is not the form of the page.") from error


def _wish(fields: Fields, event: EventDetail, language: str) -> WishBody:
    """What the form asks for; Problem `invalid_request` where that is no wish."""

    def one(name: str) -> str:
        return fields.get(name, [""])[0].strip()

    most = one("most").replace(",", ".")
    wish: dict[str, object] = {
        "partySize": one("people"),
        "together": "together" in fields,
        "accessible": one("wheelchairs") or "0",
        "tiers": fields.get("tier", []),
        "email": one("email") or None,
        "language": language,
    }
    if most:
        wish["maxTotal"] = {"amount": most, "currency": event.order_fee.currency}
    if any("\0" in text for texts in fields.values() for text in texts):
        raise Problem("invalid_request", "A field holds the character U+0000, which no text here may have.")
    try:
        return msgspec.convert(wish, WishBody, strict=False)
    except msgspec.ValidationError as error:
        raise Problem("invalid_request", f"The form has no wish in it: {error}.") from error


def _asked(entry: WaitlistEntry | None) -> Fields:
    """An entry's wish as the fields of the form; the fields of a new one without any."""
    if entry is None:
        return {"people": ["2"], "together": ["on"]}
    asked = {
        "people": [str(entry.party_size)],
        "wheelchairs": [str(entry.accessible)],
        "tier": list(entry.tiers),
    }
    if entry.max_total is not None:
        asked["most"] = [entry.max_total.amount]
    return asked | ({"together": ["on"]} if entry.together else {})
