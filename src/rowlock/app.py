"""Composition of the api role: which slices there are and how they are wired. Reads nothing, decides nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock import __version__
from rowlock.audit import AuditLog
from rowlock.audit.routes import audit_router
from rowlock.bookings import BookingDesk, BookingViews, CodeDesk, Patience, Rates, SaleGate, TicketCap, code_routes
from rowlock.bookings import routes as bookings
from rowlock.bots import Suspect
from rowlock.bots.parts import bot_parts
from rowlock.bots.review import BotReview
from rowlock.bots.store import open_secret
from rowlock.catalog import EventDetail, EventPage, SaleFactsShelf, find_event
from rowlock.catalog.routes import catalog_router
from rowlock.identity import KeyKeeper, TokenSigner, open_keeper, person_behind, person_of
from rowlock.identity import routes as identity
from rowlock.identity.accounts import routes as accounts
from rowlock.identity.accounts.parts import account_parts
from rowlock.identity.accounts.reception import Reception
from rowlock.identity.oauth import ProgramWish, Refused, SendOn, TokenDesk, consider
from rowlock.identity.oauth import operations as oauth
from rowlock.identity.oauth.routes import oauth_routes, permission_routes
from rowlock.identity.routes import session_routes
from rowlock.inventory import (
    ChartShelf,
    ExactPictures,
    PickRules,
    SeatChooser,
    SeatEngine,
    SeatReplica,
    choose_strategy,
)
from rowlock.inventory import routes as inventory
from rowlock.kernel.ids import parse_booking_id, parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.live import routes as live
from rowlock.money import routes as money
from rowlock.money.documents import Documents
from rowlock.organiser import ApprovalDesk, BlockDesk, CodeRegister, Organiser, RefundDesk
from rowlock.organiser.code_routes import code_router
from rowlock.organiser.routes import approval_router, block_router, organiser_router, refund_router
from rowlock.payments import return_routes
from rowlock.payments import routes as payments
from rowlock.payments.notices import routes as notices
from rowlock.payments.parts import payment_parts
from rowlock.payments.way_back import PaymentForm, hand_over_form, way_back_routes
from rowlock.platform.http.bodies import problem_answer
from rowlock.platform.http.calls import RawHeaders, SaleLane
from rowlock.platform.http.edge import Edge, problem_of
from rowlock.platform.http.handover import HandoverDoor
from rowlock.platform.http.idempotency import KeyBook, KeyedCalls
from rowlock.platform.http.lane_protocol import protocol_for
from rowlock.platform.http.openapi import build_document, documented_methods
from rowlock.platform.http.operations import operations_routes
from rowlock.platform.http.outbound import Allowed, Outbound
from rowlock.platform.http.turnstile import Turnstile
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.instance import Instance
from rowlock.platform.secrets import SecretBox
from rowlock.platform.telemetry import metrics
from rowlock.platform.valkey.hints import HintPublisher
from rowlock.platform.valkey.limiter import Limiter
from rowlock.pricing import PriceListShelf
from rowlock.privacy import KeepingRules, PeoplesData
from rowlock.privacy import routes as privacy
from rowlock.privacy.routes import privacy_routes
from rowlock.search import EventQuery, search_events
from rowlock.search.routes import search_router
from rowlock.seating import routes as seating
from rowlock.seating.store import PlanShelf
from rowlock.settings import Settings
from rowlock.storefront import create_router
from rowlock.storefront.operator import operator_routes
from rowlock.storefront.queue import queue_page_routes
from rowlock.storefront.visitors import Visitors
from rowlock.storefront.waitlist import WaitlistPage
from rowlock.tickets import CalendarEntry
from rowlock.tickets import routes as tickets
from rowlock.tickets.parts import ticket_parts
from rowlock.waiting_room import routes as waiting_room
from rowlock.waiting_room import waiting_room_parts
from rowlock.waiting_room.control_routes import control_router
from rowlock.waiting_room.record_routes import record_router
from rowlock.waitlist import KeptBackSeats, Seats, WaitlistDesk
from rowlock.waitlist.routes import waitlist_router

GRACE_SECONDS = 5
"""How long requests that are under way may go on after the signal to stop."""

UNKEPT = ("/api/v1/session", "/api/v1/account", "/oauth/", "/api/v1/payments/webhooks/")
"""Where an Idempotency-Key is not used: answers hold sessions and secrets, and providers have their own event ids."""

OPERATIONS = (
    *identity.OPERATIONS,
    *accounts.OPERATIONS,
    *privacy.OPERATIONS,
    *oauth.OPERATIONS,
    *seating.OPERATIONS,
    *inventory.OPERATIONS,
    *bookings.OPERATIONS,
    *code_routes.OPERATIONS,
    *payments.OPERATIONS,
    *return_routes.OPERATIONS,
    *notices.OPERATIONS,
    *tickets.OPERATIONS,
    *money.OPERATIONS,
    *live.OPERATIONS,
    *waiting_room.OPERATIONS,
)


class Api:
    """Everything the api role is made of, once its database is open."""

    def __init__(
        self, settings: Settings, database: Database, valkey: "Valkey | None", keeper: KeyKeeper, bot_secret: bytes
    ) -> None:
        self.settings = settings
        self.database = database
        self.instance = Instance(database.url)
        self.valkey = valkey
        self.keeper = keeper
        self.signer = signer = keeper.signer
        self.secrets = SecretBox.of(settings.secret_keys)
        self.outbound = Outbound(Allowed(settings.outbound_allowed))
        self.hints = HintPublisher(valkey)
        self.limiter = Limiter(valkey, metrics.LIMITER_FALLBACKS.inc)
        self.account_parts = account_parts(
            settings, database, signer, self.limiter, secrets=self.secrets, outbound=self.outbound
        )
        rules = KeepingRules(settings.payment_record_years, settings.payment_record_law)
        self.people = PeoplesData(database, valkey, rules)
        self.bots = bot_parts(settings, valkey, self.limiter, bot_secret)
        self.facts = SaleFactsShelf(database)
        self.plans = PlanShelf(database)
        self.charts = ChartShelf(self.plans)
        self.replica = SeatReplica(database)
        self.engine = self._seat_engine()
        self.waiting_room = waiting_room_parts(database, valkey, bot_secret, self.secrets, self.hints.committed)
        self.gate = self._sale_gate()
        price_lists = PriceListShelf(database)
        self.kept_back = KeptBackSeats(database, self.replica)
        self.views = BookingViews(database, self.facts, self.plans, price_lists, _patience(settings))
        pick_rules = PickRules(database)
        cap = TicketCap(database, pick_rules, self.bots.traces.hidden, self.account_parts.accounts.address_behind)
        self.desk = self._booking_desk(pick_rules, cap)
        self.codes = CodeDesk(database, self.engine, self.desk, self.views, price_lists)
        self.payments = payment_parts(
            settings, database, self.engine, self.desk, self.views, cap=cap, on_change=self.seats_changed
        )
        self.provider, self.providers, self.cashier, self.returns = self.payments[:4]
        self.keyed = KeyedCalls(
            KeyBook(database, self.instance), lambda method, headers: _owner(method, headers, signer), UNKEPT
        )
        self.turnstile = Turnstile(
            settings.hold_wait_ms_max / 1000,
            lambda: self.engine.held_up() + self.bots.waiting(),
            on_refusal=self.bots.surge.refused,
        )
        self.joins = waiting_room.JoinLimits(self.bots.traces, settings.booking_attempts_per_minute_prefix)
        self.visitors = Visitors(signer, self.limiter, self.joins, secure_cookies=settings.secure_cookies)
        self.lane = self._sale_lane()
        self.organiser = Organiser(database, self.plans, hold_seconds=settings.hold_seconds, on_turn=self.seats_changed)
        self.token_desk = TokenDesk(database, signer)
        self.refund_desk = RefundDesk(database, self.returns)
        self.documents = Documents(database, self.plans)
        self.tickets = ticket_parts(database, self.views, self.plans, self.account_parts)
        self.waitlist = self._waitlist_desk()
        self.block_desk = BlockDesk(database, self.engine, self.facts, self.plans)

    def _booking_desk(self, rules: PickRules, cap: TicketCap) -> BookingDesk:
        return BookingDesk(
            self.engine,
            self.views,
            self.charts,
            rules,
            self.replica,
            seats_per_booking_max=self.settings.seats_per_booking_max,
            holds_per_user_max=self.settings.holds_per_user_max,
            cap=cap,
            kept_back=self.kept_back,
        )

    def _waitlist_desk(self) -> WaitlistDesk:
        return WaitlistDesk(
            self.database,
            self.views,
            Seats(self.engine, self.replica, self.facts, self.charts),
            self.waiting_room.watch,
            self.account_parts.accounts,
            seats_per_booking_max=self.settings.seats_per_booking_max,
        )

    def _sale_lane(self) -> SaleLane:
        return SaleLane(
            [
                *bookings.hold_lane(self.gate, self.desk, self.codes, self.turnstile),
                *bookings.booking_lane(self.gate, self.desk, self.views, self.cashier.walk_away),
                *code_routes.code_lane(self.gate, self.codes),
                *return_routes.return_lane(self.gate, self.returns),
                *payments.payment_lane(self.gate, self.desk, self.cashier, self.turnstile),
                *waiting_room.queue_lane(
                    self.waiting_room.desk,
                    self.signer,
                    self.limiter,
                    self.joins,
                    secure_cookies=self.settings.secure_cookies,
                ),
            ]
        )

    def _sale_gate(self) -> SaleGate:
        bots, door = self.bots, self.waiting_room.doorman
        return SaleGate(self.signer, self.limiter, _rates(self.settings), bots.surge, bots.guard, door=door)

    def _seat_engine(self) -> SeatEngine:
        settings, database = self.settings, self.database
        return SeatEngine(
            database,
            choose_strategy(settings.hold_strategy, database, self.valkey, settings.holds_per_user_max),
            SeatChooser(
                database,
                ExactPictures(database, self.facts, self.charts),
                seats_max=settings.seats_per_booking_max,
                holds_max=settings.holds_per_user_max,
            ),
            lambda kind, size: metrics.FLUSH_COMMANDS.labels(kind).observe(size),
            self.hints.committed,
        )

    def seats_changed(self, event_id: int) -> None:
        """Seats changed hands beside the engine."""
        self.hints.committed(event_id, None)
        self.desk.seats_changed(event_id)

    async def suspects(self) -> list[Suspect]:
        """Who was scored as a bot; nobody is, without Valkey. Problem `unavailable` when it does not answer."""
        if self.valkey is None:
            return []
        try:
            return await BotReview(self.database, self.valkey).suspects()
        except (ValkeyError, OSError, TimeoutError) as error:
            raise Problem("unavailable", "Valkey does not answer.", retryAfter=1) from error

    async def free_seats(self, event_id: int) -> dict[int, int] | None:
        """Free seats of an event by tier number."""
        picture = await self.replica.picture(event_id)
        return None if picture is None else picture.available_by_tier()

    def first_routes(self) -> list[BaseRoute]:
        """The sale lane and what else is asked often, matched before the wide surface."""
        return [
            *self.lane.asgi_routes(),
            *operator_routes(self.signer, self.suspects, self.waiting_room.control),
            *queue_page_routes(self.waiting_room.desk, self.visitors),
            *bookings.booking_routes(self.gate, self.views),
            *inventory.seat_routes(self.facts, self.plans, self.replica),
            *seating.plan_routes(self.facts, self.plans),
            *session_routes(
                self.signer,
                self.limiter,
                per_minute=self.settings.requests_per_minute,
                secure_cookies=self.settings.secure_cookies,
            ),
            *accounts.all_account_routes(self.account_parts),
            *privacy_routes(self.people, self.signer, self.account_parts),
            *oauth_routes(
                self.token_desk,
                self.signer,
                self.limiter,
                per_minute=self.settings.requests_per_minute,
                public_url=self.settings.public_url,
            ),
            *permission_routes(self.token_desk, self.database, self.signer, public_url=self.settings.public_url),
            *payments.challenge_routes(self.provider, self.cashier),
            *way_back_routes(self.cashier, self.payments.provider_set.razorpay),
            *notices.notice_routes(self.payments.notice_desk, self.payments.provider_set.readers),
            *tickets.ticket_routes(self.gate, self.desk, self.tickets.desk),
            *tickets.transfer_routes(self.gate, Reception(self.account_parts), self.tickets.transfers),
            *money.money_routes(self.database, self.gate, self.desk, self.documents, self.signer),
            *live.stream_routes(self.signer, self.limiter, per_minute=self.settings.requests_per_minute),
        ]

    def wide_surface(self) -> FastAPI:
        """Everything else below /api/v1, and the documentation of all of it."""
        app = FastAPI(
            title="Rowlock",
            version=__version__,
            summary="Reserved-seat ticketing that survives the on-sale",
            openapi_url="/api/v1/openapi.json",
            docs_url=None,
            redoc_url=None,
            exception_handlers=dict.fromkeys((Problem, HTTPException, RequestValidationError, Exception), _problem),
        )
        api = APIRouter(prefix="/api/v1")
        api.include_router(search_router(self.database))
        api.include_router(catalog_router(self.database, self.free_seats, self.settings.seats_per_booking_max))
        approvals = ApprovalDesk(self.database, self.organiser, self.block_desk, self.refund_desk)
        api.include_router(organiser_router(self.signer, self.organiser, approvals))
        api.include_router(block_router(self.signer, self.block_desk, approvals))
        api.include_router(refund_router(self.signer, self.refund_desk, approvals))
        api.include_router(approval_router(self.signer, approvals))
        api.include_router(code_router(self.signer, CodeRegister(self.database, self.facts)))
        api.include_router(control_router(self.signer, self.waiting_room.control))
        api.include_router(record_router(self.signer, self.limiter, self.waiting_room))
        api.include_router(waitlist_router(self.signer, self.limiter, self.waitlist))
        api.include_router(audit_router(self.signer, AuditLog(self.database)))
        app.include_router(api)
        app.openapi = lambda: _kept_document(app)  # type: ignore[method-assign]
        return app

    async def close(self) -> None:
        """Let what is running end, then close."""
        await self.engine.drain()
        await self.waiting_room.watch.close()
        await self.kept_back.close()
        await self.bots.watch.close()
        await self.hints.close()
        await self.replica.close()
        await self.instance.close()
        await self.keeper.close()
        self.account_parts.passwords.close()
        await self.payments.provider_set.close()
        await self.database.close()
        if self.valkey is not None:
            await self.valkey.aclose()


async def open_api(settings: Settings) -> Api:
    """Open the database and Valkey and wire the slices; DatabaseDown when PostgreSQL does not answer."""
    assert settings.database_url is not None
    database = await open_database(settings.database_url)
    valkey = None
    if settings.valkey_url is not None:
        valkey = Valkey.from_url(settings.valkey_url, socket_timeout=0.5, socket_connect_timeout=0.5)
    box = SecretBox.of(settings.secret_keys)
    api = Api(settings, database, valkey, await open_keeper(database, box), await open_secret(database, box))
    await api.waiting_room.watch.start()
    await api.kept_back.start()
    return api


def _rates(settings: Settings) -> Rates:
    return Rates(
        requests=settings.requests_per_minute,
        requests_surge=settings.requests_per_minute_surge,
        attempts=settings.booking_attempts_per_minute,
        attempts_device=settings.booking_attempts_per_minute_device,
        attempts_prefix=settings.booking_attempts_per_minute_prefix,
        attempts_event=settings.booking_attempts_per_minute_event,
    )


def _patience(settings: Settings) -> Patience:
    return Patience(settings.payment_unknown_seconds, settings.payment_challenge_seconds)


def assemble(api: Api) -> ASGIApp:
    """The ASGI application: edge, idempotency keys, sale lane, and FastAPI for all that is left."""
    wide = api.wide_surface()
    data = Pages(api, wide)
    pages = create_router(data)
    waitlist = WaitlistPage(data, api.waitlist, api.views, api.visitors).routes()

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        """What the sale lane does not answer: the rest of the API, its documentation, or a page."""
        scope["state"]["public_url"] = api.settings.public_url
        scope["state"]["pays_elsewhere"] = api.payments.provider_set.page_of
        scope["state"]["outside_provider"] = urlsplit(api.settings.oidc_issuer).netloc
        api_path = scope["path"].startswith("/api/")
        await (wide if api_path else pages)(scope, receive, send)

    router = Router(
        [*api.first_routes(), *waitlist, *operations_routes(api.database, api.valkey)],
        redirect_slashes=False,
        default=elsewhere,
    )

    def methods_at(path: str) -> set[str]:
        """What an address answers; pages are only read."""
        return documented_methods(wide.openapi(), path) if path.startswith("/api/") else {"GET", "HEAD"}

    return Edge(api.bots.doorway(api.keyed.layer(router)), methods_at)


def serving(
    api: Api, *, host: str = "127.0.0.1", port: int = 0, live_door: HandoverDoor | None = None
) -> uvicorn.Config:
    """How uvicorn serves the api role: the sale lane on the short way, streams through the door to the live role (when
    there is one), the rest through ASGI."""
    return uvicorn.Config(
        assemble(api),
        host=host,
        port=port,
        http=protocol_for(api.lane, api.keyed, live_door, live.is_stream_target),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=_always(secure=api.settings.secure_cookies),
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="none",
    )


HSTS_SECONDS = 365 * 24 * 3600


def _always(*, secure: bool) -> list[tuple[str, str]]:
    """Header lines of every answer: never guess a type, and, where TLS is served, come back by TLS only."""
    lines = [("X-Content-Type-Options", "nosniff")]
    if secure:
        lines.append(("Strict-Transport-Security", f"max-age={HSTS_SECONDS}; includeSubDomains"))
    return lines


class Pages:
    """Implements `StorefrontData` on the slices."""

    def __init__(self, api: Api, wide: FastAPI) -> None:
        self._api = api
        self._wide = wide

    def api_document(self) -> Mapping[str, Any]:
        """The OpenAPI document."""
        return self._wide.openapi()

    async def search(self, query: EventQuery) -> EventPage:
        """The events that match."""
        return await search_events(self._api.database, query, datetime.now(UTC))

    async def event(self, event_id: str) -> EventDetail | None:
        """One event, None when there is none."""
        number = parse_number_id(event_id)
        free = await self._api.free_seats(number) if number is not None else None
        if number is None or free is None:
            return None
        return await find_event(self._api.database, number, free, self._api.settings.seats_per_booking_max)

    async def program_wish(self, visitor: Request) -> ProgramWish | SendOn | Refused:
        """What to ask the visitor whom a program sent."""
        return await consider(visitor, self._api.token_desk, self._api.signer, self._api.settings.public_url)

    async def payment_form(self, payment_id: str) -> PaymentForm | str | None:
        """Of a payment that waits for its buyer at a provider which is reached by a form."""
        razorpay, public_url = self._api.payments.provider_set.razorpay, self._api.settings.public_url
        return await hand_over_form(self._api.cashier, razorpay, payment_id, public_url)

    async def calendar_entry(self, booking_id: str, visitor: HTTPConnection) -> CalendarEntry | None:
        """The visitor's own confirmed booking, else None."""
        person, number = person_of(visitor, self._api.signer), parse_booking_id(booking_id)
        booking = await self._api.views.find(number, person.subject) if person and number else None
        event = await self.event(booking.event_id) if booking is not None and booking.status == "CONFIRMED" else None
        sale = await self._api.views.sale(int(event.id)) if event is not None else None
        if booking is None or event is None or sale is None:
            return None
        _, plan = sale
        return CalendarEntry(
            booking_id=booking.booking_id,
            reference=booking.reference,
            event_id=event.id,
            event_name=event.name,
            starts_at=event.starts_at,
            timezone=event.timezone,
            place=event.venue.place,
            seats=tuple(plan.place(plan.seat_nos[seat.id]) for seat in booking.seats if not seat.returned),
        )


async def _problem(request: Request, error: Exception) -> Response:
    return problem_answer(problem_of(error), request.scope["state"]["request_id"])


def _kept_document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = build_document(app, OPERATIONS, UNKEPT)
    return app.openapi_schema


def _owner(method: str, headers: RawHeaders, signer: TokenSigner) -> str | None:
    person = person_behind(method, headers, signer)
    return None if person is None else person.subject
