"""The storefront's guest session. The full identity service will stand behind the same cookie and tokens."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity.requests import SESSION_COOKIE, new_guest, person_of
from rowlock.identity.tokens import TOKEN_LIFETIME_SECONDS, TokenSigner
from rowlock.kernel.problems import Problem
from rowlock.platform.http.openapi import Operation
from rowlock.platform.valkey.limiter import Limit, Limiter


def session_routes(signer: TokenSigner, limiter: Limiter, *, per_minute: int, secure_cookies: bool) -> list[Route]:
    """`POST /api/v1/session`: 204 with a guest's cookie; one that still holds is kept."""

    async def begin_session(request: Request) -> Response:
        try:
            if person_of(request, signer) is not None:
                return Response(status_code=204)
        except Problem as problem:
            if problem.code != "unauthenticated":
                raise
        address = request.client.host if request.client else "unknown"
        await limiter.require(Limit(f"session:{address}", per_minute))
        guest = new_guest()
        response = Response(status_code=204)
        response.set_cookie(
            SESSION_COOKIE,
            signer.issue(guest.subject, guest.role),
            max_age=TOKEN_LIFETIME_SECONDS,
            httponly=True,
            samesite="lax",
            secure=secure_cookies,
        )
        return response

    return [Route("/api/v1/session", begin_session, methods=["POST"])]


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/session", tag="Identity", summary="Begin a guest's session",
        description="Sets the storefront's session cookie; one that still holds is kept.",
        answers={204: ("The cookie stands.", None)}, problems=(403, 429), public=True,
    ),
)  # fmt: skip
