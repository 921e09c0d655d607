"""The waiting page for browsers without scripts: joins by a form, and asks again by itself."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.identity import Person, TokenSigner, person_behind
from rowlock.identity.requests import SESSION_COOKIE, new_guest
from rowlock.identity.tokens import TOKEN_LIFETIME_SECONDS
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.storefront.pages import error_page, render
from rowlock.waiting_room.desk import TICKET_COOKIE, QueueDesk
from rowlock.waiting_room.doorman import ADMISSION_COOKIE
from rowlock.waiting_room.model import QueueAnswer
from rowlock.waiting_room.routes import TICKET_SECONDS

PLACE = "/events/{event_id}/queue/place"


def queue_page_routes(desk: QueueDesk, signer: TokenSigner, *, secure_cookies: bool) -> list[Route]:
    """`GET` shows the visitor's place and asks again after a while, `POST` takes one."""

    async def show(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        if event_id is None:
            return error_page(request, 404)
        place = await desk.status(event_id, _visitor(request, signer), request.scope["headers"])
        page = render(request, "queue_place.html", {"place": place}, kept_s=0)
        _carry(page, event_id, place, secure=secure_cookies)
        return page

    async def join(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        if event_id is None or not _from_here(request):
            return error_page(request, 404)
        visitor = _visitor(request, signer)
        person = visitor or new_guest()
        answer = RedirectResponse(str(request.url.path), 303, headers={"Cache-Control": "no-store"})
        if visitor is None:
            _set(
                answer,
                SESSION_COOKIE,
                signer.issue(person.subject, person.role),
                TOKEN_LIFETIME_SECONDS,
                secure_cookies,
            )
        try:
            place = await desk.join(event_id, person, request.scope["headers"])
        except Problem:
            return answer  # the page says how it stands, and the form is still there
        _carry(answer, event_id, place, secure=secure_cookies)
        return answer

    return [Route(PLACE, show, methods=["GET"]), Route(PLACE, join, methods=["POST"])]


def _visitor(request: Request, signer: TokenSigner) -> Person | None:
    """Whom the session cookie names; an old one names nobody."""
    try:
        return person_behind("GET", request.scope["headers"], signer)
    except Problem:
        return None


def _from_here(request: Request) -> bool:
    """Whether the form was one of ours: browsers say so of every form they send."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    ours = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return site == "same-origin" and (origin is None or urlsplit(origin).hostname == ours)


def _carry(answer: Response, event_id: int, place: QueueAnswer, *, secure: bool) -> None:
    """Give the browser the place, and the turn once it has come."""
    if place.queue_ticket is not None:
        _set(answer, f"{TICKET_COOKIE}{event_id}", place.queue_ticket, TICKET_SECONDS, secure)
    if place.admission_token is not None:
        _set(answer, f"{ADMISSION_COOKIE}{event_id}", place.admission_token, TICKET_SECONDS, secure)


def _set(answer: Response, name: str, value: str, seconds: int, secure: bool) -> None:
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)
