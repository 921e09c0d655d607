"""The one table of problems: stable code -> HTTP status and title (RFC 9457)."""

from collections.abc import Mapping

import msgspec

PROBLEM_TYPE_BASE = "/problems/"


class ProblemKind(msgspec.Struct, frozen=True):
    """What every problem of one code has in common. `retry` says whether the same request may succeed later."""

    status: int
    title: str
    retry: bool = False


PROBLEMS: Mapping[str, ProblemKind] = {
    "malformed_request": ProblemKind(400, "The request could not be read"),
    "signature_refused": ProblemKind(400, "This is not signed as it has to be"),
    "unauthenticated": ProblemKind(401, "A valid access token is needed"),
    "payment_declined": ProblemKind(402, "The payment was declined"),
    "forbidden": ProblemKind(403, "This token may not do that"),
    "scope_missing": ProblemKind(403, "The program was not allowed to do that"),
    "cross_site_request": ProblemKind(403, "The request did not come from this site"),
    "origin_not_allowed": ProblemKind(403, "Pages of that site may not do this"),
    "account_needed": ProblemKind(403, "This needs an account"),
    "second_factor_needed": ProblemKind(403, "This needs a second factor"),
    "sign_in_again": ProblemKind(403, "Sign in again for this"),
    "sign_in_failed": ProblemKind(403, "Signing in did not work"),
    "other_browser": ProblemKind(403, "The link belongs to another browser"),
    "checkout_blocked": ProblemKind(403, "Checkout is closed until somebody has looked at this"),
    "own_proposal": ProblemKind(403, "Somebody else has to decide this"),
    "admission_needed": ProblemKind(403, "It is not your turn yet"),
    "admission_refused": ProblemKind(403, "That is not an admission of yours to this sale"),
    "admission_ended": ProblemKind(403, "Your time to shop is over"),
    "line_closed": ProblemKind(403, "The line takes nobody any more"),
    "not_on_sale": ProblemKind(403, "The event is not on sale"),
    "not_found": ProblemKind(404, "There is nothing here"),
    "event_not_found": ProblemKind(404, "There is no such event"),
    "plan_not_found": ProblemKind(404, "There is no such seating plan"),
    "venue_not_found": ProblemKind(404, "There is no such venue"),
    "code_not_found": ProblemKind(404, "There is no such code"),
    "approval_not_found": ProblemKind(404, "There is no such proposal"),
    "booking_not_found": ProblemKind(404, "There is no such booking of yours"),
    "not_on_waitlist": ProblemKind(404, "You are not on that waiting list"),
    "record_not_found": ProblemKind(404, "There is no such record"),
    "method_not_allowed": ProblemKind(405, "This address does not answer that method"),
    "approval_closed": ProblemKind(409, "The proposal is not open any more"),
    "approval_stale": ProblemKind(409, "What the proposal would change has changed since"),
    "code_exists": ProblemKind(409, "There is a code of that name"),
    "seat_unavailable": ProblemKind(409, "Seats were taken by somebody else"),
    "nothing_fits": ProblemKind(409, "No free seats fit that wish"),
    "seats_fit": ProblemKind(409, "There are free seats that fit"),
    "offer_stands": ProblemKind(409, "Seats are kept for you already"),
    "waitlist_first": ProblemKind(409, "Seats that came back are for the waiting list first", retry=True),
    "not_offered": ProblemKind(409, "These seats are not an offer to accept"),
    "too_many_tickets": ProblemKind(409, "More tickets than one person may have"),
    "too_many_holds": ProblemKind(409, "Too many seats on hold at once"),
    "no_more_extensions": ProblemKind(409, "The hold cannot be extended again"),
    "booking_closed": ProblemKind(409, "The booking is in a state that does not allow this"),
    "passed_on": ProblemKind(409, "Somebody else has these tickets"),
    "already_offered": ProblemKind(409, "These tickets are offered to somebody already"),
    "refund_window_closed": ProblemKind(409, "Too late to give tickets back"),
    "already_returned": ProblemKind(409, "These seats were given back"),
    "not_paid": ProblemKind(409, "The booking is not paid"),
    "exchange_pending": ProblemKind(409, "An exchange is under way", retry=True),
    "other_event": ProblemKind(409, "The seats are of another event"),
    "event_not_called_off": ProblemKind(409, "The event is not called off"),
    "payment_cooling": ProblemKind(429, "Too many cards were refused", retry=True),
    "payment_pending": ProblemKind(409, "A payment for this booking is under way", retry=True),
    "line_begun": ProblemKind(409, "The line has begun already"),
    "already_set_up": ProblemKind(409, "This is set up already"),
    "key_in_use": ProblemKind(409, "The first request with this key is still running", retry=True),
    "hold_expired": ProblemKind(410, "The hold has expired"),
    "offer_ended": ProblemKind(410, "The tickets are not offered any more"),
    "since_too_old": ProblemKind(410, "The changes since then are too many; take a snapshot"),
    "body_too_large": ProblemKind(413, "The request body is too large"),
    "unsupported_media_type": ProblemKind(415, "The body must be JSON"),
    "invalid_request": ProblemKind(422, "The request is understood but cannot be carried out"),
    "invalid_plan": ProblemKind(422, "The seating plan has a fault"),
    "weak_password": ProblemKind(422, "The password is too easy to guess"),
    "passkey_refused": ProblemKind(422, "The passkey could not be checked"),
    "code_not_valid": ProblemKind(422, "The code cannot be used for this"),
    "too_many_seats": ProblemKind(422, "More seats than one booking may have"),
    "orphan_seat": ProblemKind(422, "A single seat would be left behind"),
    "unknown_seat": ProblemKind(422, "The event has no such seat"),
    "key_reused": ProblemKind(422, "This key was used for a different request"),
    "upgrade_required": ProblemKind(426, "This address answers a WebSocket or an event stream"),
    "challenge_needed": ProblemKind(428, "A proof of work is needed first", retry=True),
    "rate_limited": ProblemKind(429, "Too many requests", retry=True),
    "too_many_connections": ProblemKind(429, "Too many streams are open", retry=True),
    "internal_error": ProblemKind(500, "Something went wrong on our side", retry=True),
    "payment_unavailable": ProblemKind(503, "Payments cannot be taken at the moment", retry=True),
    "sale_paused": ProblemKind(503, "The sale is paused", retry=True),
    "overloaded": ProblemKind(503, "Too busy to take this request", retry=True),
    "unavailable": ProblemKind(503, "A part of the service is not reachable", retry=True),
}


class Problem(Exception):  # noqa: N818  an outcome for the caller, not a fault of ours
    """An outcome that ends a request: raised by routes, rendered at the edge as application/problem+json.

    `extra` holds members that help the caller act: `conflicts`, `retryAfter`, `onSaleAt`, ...
    """

    def __init__(self, code: str, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.code = code
        self.kind = PROBLEMS[code]
        self.detail = detail
        self.extra = extra
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        """Header lines that go with the answer, names in lower case."""


def problem_body(problem: Problem, request_id: str) -> dict[str, object]:
    """The members of the problem document."""
    return {
        "type": PROBLEM_TYPE_BASE + problem.code,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "code": problem.code,
        "requestId": request_id,
        **problem.extra,
    }
