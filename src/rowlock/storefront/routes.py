"""The storefront's pages. Pages are the same for everybody, so caches may keep them: no cookie is read or set here,
but for the calendar file of a booking and for what a program asks of the visitor."""

import gzip
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from rowlock.identity.oauth import ProgramWish, Refused, SendOn
from rowlock.kernel import limits
from rowlock.platform.http.caching import accepts_gzip
from rowlock.search import EventQuery
from rowlock.storefront.data import StorefrontData
from rowlock.storefront.pages import PICTURE_SECURITY_POLICY, error_page, render, site_of
from rowlock.storefront.poster import poster
from rowlock.storefront.reference import operations_by_tag, schemas
from rowlock.storefront.seo import event_json_ld, robots, script_json, sitemap
from rowlock.storefront.wording import language_of, messages, words
from rowlock.tickets import calendar_file

LIST_KEPT_S = 10
EVENT_KEPT_S = 5
QUEUE_KEPT_S = 60
POSTER_KEPT_S = 86_400
EMBED_KEPT_S = 3_600
REFERENCE_KEPT_S = 60
ACCOUNT_ROOMS = {
    "/sign-in": "sign-in",
    "/register": "register",
    "/account": "profile",
    "/account/bookings": "bookings",
    "/tickets": "tickets",
    "/account/security": "security",
    "/account/sessions": "sessions",
    "/account/access": "access",
}
"""The pages about accounts, by their addresses."""
SITEMAP_EVENTS_MAX = 1_000
_WORTH_COMPRESSING = (".js", ".css", ".svg", ".json")


def create_router(data: StorefrontData) -> Router:
    """All pages and the static files; mount it last, at the root. Unknown addresses get the designed 404."""
    pages = _Pages(data)
    static = Path(str(files("rowlock.storefront").joinpath("static")))
    routes: list[BaseRoute] = [
        Route("/", pages.events),
        Route("/events", pages.events),
        Route("/events/{event_id}", pages.event),
        Route("/events/{event_id}/poster.svg", pages.poster),
        Route("/events/{event_id}/queue", pages.queue),
        Route("/bookings/{booking_id}", pages.booking),
        Route("/bookings/{booking_id}/calendar.ics", pages.calendar),
        Route("/pay/razorpay/{payment_id}", pages.hand_over),
        Route("/docs", pages.reference),
        Route("/oauth/authorize", pages.allow),
        Route("/queue/verify", pages.queue_verify),
        *(Route(path, partial(pages.account, room)) for path, room in ACCOUNT_ROOMS.items()),
        Route("/sitemap.xml", pages.sitemap),
        Route("/robots.txt", pages.robots),
        Mount("/static", _BuiltFiles(directory=static, check_dir=False)),
        Route("/{path:path}", pages.nothing_here),
    ]
    return Router(routes)


class _Pages:
    def __init__(self, data: StorefrontData) -> None:
        self._data = data

    async def events(self, request: Request) -> Response:
        """The list, searched by words, city and days."""
        asked = {name: request.query_params.get(name, "").strip() for name in ("q", "city", "start", "end")}
        asked = {name: value[: limits.SEARCH_TEXT_CHARS_MAX] for name, value in asked.items()}
        start, end = _day(asked["start"]), _day(asked["end"])
        query = EventQuery(
            words=asked["q"] or None,
            city=asked["city"] or None,
            start=start,
            end=end + timedelta(days=1) if end else None,
            page=_page(request),
        )
        found = await self._data.search(query)
        context = {"found": found, "asked": asked, "pages": max(1, -(-found.total // found.page_size))}
        return render(request, "events.html", context, kept_s=LIST_KEPT_S)

    async def event(self, request: Request) -> Response:
        """One event: the map is the page."""
        event = await self._data.event(request.path_params["event_id"])
        if event is None:
            return error_page(request, 404)
        site = site_of(request)
        url = f"{site}/events/{event.id}"
        context = {
            "event": event,
            "json_ld": event_json_ld(event, url, f"{url}/poster.svg"),
            "event_json": script_json(event),
        }
        return render(request, "event.html", context, kept_s=EVENT_KEPT_S)

    async def queue(self, request: Request) -> Response:
        """The waiting page: a shell that any cache may keep, and a script that asks whose place to show."""
        event = await self._data.event(request.path_params["event_id"])
        if event is None:
            return error_page(request, 404)
        said = {key: text for key, text in messages(language_of(request)).items() if key.startswith("queue.")}
        context = {"event": event, "words_json": script_json(said)}
        return render(request, "queue.html", context, kept_s=QUEUE_KEPT_S)

    async def booking(self, request: Request) -> Response:
        """The same empty page for everybody; the island in it asks for the booking with the visitor's cookie."""
        context = {
            "booking_id": request.path_params["booking_id"],
            "pays_elsewhere": request.scope.get("state", {}).get("pays_elsewhere", ""),
        }
        return render(request, "booking.html", context, kept_s=LIST_KEPT_S)

    async def hand_over(self, request: Request) -> Response:
        """On to a payment provider's page that only a form leads to; back to the booking when nothing waits."""
        found = await self._data.payment_form(request.path_params["payment_id"])
        if found is None:
            return error_page(request, 404)
        if isinstance(found, str):
            return RedirectResponse(found, 303, headers={"Cache-Control": "no-store"})
        address = urlsplit(found.address)
        origin = f"{address.scheme}://{address.netloc}"
        return render(request, "hand_over.html", {"form": found, "host": address.netloc}, kept_s=0, forms_to=origin)

    async def allow(self, request: Request) -> Response:
        """Whether a program may act for the visitor."""
        wish = await self._data.program_wish(request)
        match wish:
            case SendOn(location):
                return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
            case ProgramWish():
                return render(request, "allow.html", {"wish": wish}, kept_s=0)
            case Refused(words):
                return render(request, "refused.html", {"words": words}, status=400, kept_s=0)

    async def queue_verify(self, request: Request) -> Response:
        """Where a browser recomputes a draw by itself; only the island reads from the address which one."""
        return render(request, "queue_verify.html", {}, kept_s=LIST_KEPT_S)

    async def account(self, room: str, request: Request) -> Response:
        """Signing in and one's account: empty for everybody, the island asks whose it is."""
        outside = request.scope.get("state", {}).get("outside_provider", "")
        return render(request, "account.html", {"room": room, "outside": outside}, kept_s=LIST_KEPT_S)

    async def calendar(self, request: Request) -> Response:
        """The booking as an .ics file, for its owner only."""
        entry = await self._data.calendar_entry(request.path_params["booking_id"], request)
        if entry is None:
            return error_page(request, 404)
        url = f"{site_of(request)}/bookings/{entry.booking_id}"
        body = calendar_file(entry, url, language_of(request))
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="{entry.reference}.ics"',
        }
        return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)

    async def poster(self, request: Request) -> Response:
        """The event's generated picture."""
        event = await self._data.event(request.path_params["event_id"])
        if event is None:
            return error_page(request, 404)
        say = words(language_of(request))
        where = event.venue.place
        body = poster(event.id, event.name, say.short_day(event.starts_at, event.timezone), where)
        headers = {
            "Cache-Control": f"public, max-age={POSTER_KEPT_S}",
            "Content-Security-Policy": PICTURE_SECURITY_POLICY,
            "Vary": "Accept-Language",
        }
        return Response(body, media_type="image/svg+xml", headers=headers)

    async def reference(self, request: Request) -> Response:
        """What the API can do."""
        document = self._data.api_document()
        context = {"tagged": operations_by_tag(document), "schemas": schemas(document)}
        return render(request, "reference.html", context, kept_s=REFERENCE_KEPT_S)

    async def sitemap(self, request: Request) -> Response:
        """Every coming event's address."""
        site = site_of(request)
        urls = [f"{site}/"]
        page = 1
        while len(urls) <= SITEMAP_EVENTS_MAX:
            found = await self._data.search(EventQuery(page=page, page_size=limits.PAGE_SIZE_MAX))
            urls += [f"{site}/events/{event.id}" for event in found.items]
            if page * found.page_size >= found.total or not found.items:
                break
            page += 1
        headers = {"Cache-Control": "public, max-age=3600"}
        return Response(sitemap(urls), media_type="application/xml", headers=headers)

    async def robots(self, request: Request) -> Response:
        """What crawlers may read."""
        return Response(
            robots(site_of(request)), media_type="text/plain", headers={"Cache-Control": "public, max-age=3600"}
        )

    async def nothing_here(self, request: Request) -> Response:
        """The designed 404."""
        return error_page(request, 404)


def _day(text: str) -> datetime | None:
    """Midnight UTC of a date such as 2027-05-01; anything else is no bound: a mistyped address still lists."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return min(max(number, 1), limits.PAGE_NUMBER_MAX)


class _BuiltFiles(StaticFiles):
    """Files whose names change with their content may be kept for good; those for other people's pages have names that
    stay, and are asked for again after an hour. Compressed once, at the first wish."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code != 200:
            return response
        kept = f"max-age={EMBED_KEPT_S}" if path.startswith("embed") else "max-age=31536000, immutable"
        response.headers["Cache-Control"] = f"public, {kept}"
        response.headers["Vary"] = "Accept-Encoding"
        if isinstance(response, FileResponse) and path.endswith(_WORTH_COMPRESSING) and accepts_gzip(Request(scope)):
            body = await run_in_threadpool(_compressed, str(response.path), response.headers["etag"])
            kept_headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            response = Response(body, headers=kept_headers | {"Content-Encoding": "gzip"})
        return response


@lru_cache(maxsize=64)
def _compressed(path: str, _etag: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
