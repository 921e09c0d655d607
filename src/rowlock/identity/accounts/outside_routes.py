"""To an outside provider and back again."""

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.identity.accounts.directory import SQL, Address, clean_name, known_language
from rowlock.identity.accounts.outside import Handshake, OutsidePerson, OutsideProvider, OutsideRefused
from rowlock.identity.accounts.reception import Reception
from rowlock.identity.accounts.visits import Visit
from rowlock.identity.person import Person
from rowlock.identity.requests import person_of
from rowlock.kernel.problems import Problem
from rowlock.platform.http.openapi import Operation
from rowlock.platform.http.outbound import OutboundFailed, OutboundRefused
from rowlock.platform.mail import is_address

BASE = "/api/v1/session/outside"
CALLBACK = f"{BASE}/callback"
_UNPROVEN = (OutsideRefused, OutboundFailed, OutboundRefused)

log = structlog.get_logger(__name__)


class OutsideDesk:
    """The endpoints; without a provider they say that there is nothing here."""

    def __init__(self, reception: Reception, provider: OutsideProvider | None) -> None:
        self._reception = reception
        self._parts = reception.parts
        self._provider = provider

    def routes(self) -> list[Route]:
        """All of them."""
        return [Route(BASE, self.begin, methods=["GET"]), Route(CALLBACK, self.come_back, methods=["GET"])]

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        visit, provider = self._reception.visit(request), self._known()
        await self._parts.desk.count(visit)
        if not visit.site:
            raise Problem("unavailable", "Set ROWLOCK_PUBLIC_URL: the provider has to know the way back.")
        try:
            address, handshake = await provider.begin(f"{visit.site}{CALLBACK}")
        except _UNPROVEN as error:
            return self._failed(error)
        await self._parts.desk.ceremonies.begin(visit, "outside", msgspec.json.encode(handshake).decode())
        return self._reception.remember(_send_on(address), visit)

    async def come_back(self, request: Request) -> Response:
        """Take what the provider says of somebody: a session for who is joined, a mail for who is not yet."""
        visit, provider = self._reception.visit(request), self._known()
        await self._parts.desk.count(visit)
        begun = await self._parts.desk.ceremonies.finish(visit, "outside")
        code, state = request.query_params.get("code", ""), request.query_params.get("state", "")
        if begun is None or not code:
            return _send_on("/sign-in?outside=failed")
        try:
            handshake = msgspec.json.decode(begun.secret, type=Handshake)
            found = await provider.person(handshake, code, state)
        except _UNPROVEN as error:
            return self._failed(error)
        return await self._enter(request, visit, found)

    async def _enter(self, request: Request, visit: Visit, found: OutsidePerson) -> Response:
        row = await self._parts.database.fetchrow(SQL["account_of_outside"], *found.identity)
        if row is None:
            return await self._ask_for_proof(request, visit, found)
        entry = await self._parts.desk.enter_from_outside(visit, row["account_id"], self._guest(request))
        if entry.token is None:
            return _send_on("/sign-in?outside=second")
        return self._reception.let_in(_send_on("/sign-in?outside=done"), entry.token)

    async def _ask_for_proof(self, request: Request, visit: Visit, found: OutsidePerson) -> Response:
        if not is_address(found.email):
            return _send_on("/sign-in?outside=failed")
        language = known_language((request.headers.get("accept-language") or "en")[:2].lower())
        name = clean_name(found.name[:100])
        address = Address.of(found.email)
        await self._parts.desk.count(visit, address.key)
        await self._parts.links.send(
            visit, address, "join_outside", name=name, language=language, outside=found.identity
        )
        return self._reception.remember(_send_on("/sign-in?outside=mailed"), visit)

    def _guest(self, request: Request) -> Person | None:
        try:
            return person_of(request, self._parts.signer)
        except Problem:
            return None

    def _known(self) -> OutsideProvider:
        if self._provider is None:
            raise Problem("not_found", "There is no outside provider here.")
        return self._provider

    def _failed(self, error: Exception) -> Response:
        log.warning("outside_sign_in_failed", error=str(error))
        return _send_on("/sign-in?outside=failed")


def _send_on(address: str) -> Response:
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


OPERATIONS = (
    Operation(
        method="get", path=BASE, tag="Identity", summary="Sign in with the outside provider",
        description="Sends a browser to the OpenID Connect provider of `ROWLOCK_OIDC_ISSUER`; 404 when there is none.",
        answers={303: ("To the provider.", None)}, problems=(404, 429, 503), public=True,
    ),
    Operation(
        method="get", path=CALLBACK, tag="Identity", summary="Back from the outside provider",
        query={"code": "from the provider", "state": "as it was sent"},
        answers={303: ("To the page that goes on.", None)}, problems=(404, 429), public=True,
    ),
)  # fmt: skip
