"""Pages for operators: what was scored as a bot, and why. To everybody else there is nothing at these addresses."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bots import Suspect
from rowlock.identity import TokenSigner, person_of
from rowlock.kernel.problems import Problem
from rowlock.storefront.pages import error_page, render


def operator_routes(signer: TokenSigner, suspects: Callable[[], Awaitable[Sequence[Suspect]]]) -> list[Route]:
    """`GET /operator/bots` with the session cookie of an operator."""

    async def bots(request: Request) -> Response:
        try:
            visitor = person_of(request, signer)
        except Problem:
            visitor = None
        if visitor is None or visitor.role != "operator" or not visitor.lends(None):
            return error_page(request, 404)
        return render(request, "operator_bots.html", {"suspects": await suspects()}, kept_s=0)

    return [Route("/operator/bots", bots, methods=["GET"])]
