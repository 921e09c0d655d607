"""What an operator's machines ask of a process."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS
from rowlock.platform.telemetry import metrics


def operations_routes(database: Database, valkey: "Valkey | None") -> list[BaseRoute]:
    """What an operator's machines ask: am I alive, may traffic come, what are the figures."""

    async def healthz(_request: Request) -> Response:
        return json_answer({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        try:
            await database.ping()
        except TRANSIENT_ERRORS as error:
            raise Problem("unavailable", "PostgreSQL does not answer.", retryAfter=1) from error
        return json_answer({"status": "ready", "valkey": await _valkey_word(valkey)})

    async def metrics_page(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics_page, methods=["GET"]),
    ]


async def _valkey_word(valkey: "Valkey | None") -> str:
    """How Valkey is; without it Rowlock sells on, so it never makes us unready."""
    if valkey is None:
        return "not configured"
    try:
        await valkey.ping()
    except (ValkeyError, OSError, TimeoutError):
        return "not reachable"
    return "ok"
