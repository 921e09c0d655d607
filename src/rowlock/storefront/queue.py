"""The waiting page for browsers without scripts: joins by a form, and asks again by itself."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.identity.requests import new_guest
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.storefront.pages import error_page, render
from rowlock.storefront.visitors import Visitors, sent_from_here
from rowlock.waiting_room.desk import TICKET_COOKIE, QueueDesk
from rowlock.waiting_room.doorman import ADMISSION_COOKIE
from rowlock.waiting_room.model import QueueAnswer
from rowlock.waiting_room.routes import TICKET_SECONDS

PLACE = "/events/{event_id}/queue/place"


def queue_page_routes(desk: QueueDesk, visitors: Visitors) -> list[Route]:
    """`GET` shows the visitor's place and asks again after a while, `POST` takes one."""

    async def show(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        if event_id is None:
            return error_page(request, 404)
        place = await desk.status(event_id, visitors.who(request), request.scope["headers"])
        page = render(request, "queue_place.html", {"place": place}, kept_s=0)
        _carry(visitors, page, place)
        return page

    async def join(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        if event_id is None or not sent_from_here(request):
            return error_page(request, 404)
        visitor, headers = visitors.who(request), request.scope["headers"]
        person = visitor or new_guest()
        answer = RedirectResponse(str(request.url.path), 303, headers={"Cache-Control": "no-store"})
        if visitor is None:
            visitors.welcome(answer, person)
        try:
            if not desk.has_ticket(event_id, headers):
                visitors.bound_place(request, event_id)
            place = await desk.join(event_id, person, headers)
        except Problem:
            return answer  # the page says how it stands, and the form is still there
        _carry(visitors, answer, place)
        return answer

    return [Route(PLACE, show, methods=["GET"]), Route(PLACE, join, methods=["POST"])]


def _carry(visitors: Visitors, answer: Response, place: QueueAnswer) -> None:
    """Give the browser the place, and the turn once it has come."""
    if place.queue_ticket is not None:
        visitors.give(answer, f"{TICKET_COOKIE}{place.event_id}", place.queue_ticket, TICKET_SECONDS)
    if place.admission_token is not None:
        visitors.give(answer, f"{ADMISSION_COOKIE}{place.event_id}", place.admission_token, TICKET_SECONDS)
