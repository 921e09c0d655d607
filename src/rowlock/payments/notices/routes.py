"""Where providers deliver their webhooks. No token: who may speak here is told by the signature over the very bytes."""

import time
from collections.abc import Mapping

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.kernel.problems import Problem
from rowlock.payments.notices.desk import NoticeDesk
from rowlock.payments.notices.model import Forged, Unreadable
from rowlock.payments.notices.readers import ReadNotice
from rowlock.platform.http.bodies import json_answer, read_bytes
from rowlock.platform.http.openapi import Operation
from rowlock.platform.telemetry import metrics

PATH = "/api/v1/payments/webhooks/{provider}"
NOTICE_BYTES_MAX = 256 * 1024

log = structlog.get_logger(__name__)


class NoticeTaken(msgspec.Struct, frozen=True):
    """What a provider is told; `taken` is false for an event that was here before."""

    taken: bool


def notice_routes(desk: NoticeDesk, readers: Mapping[str, ReadNotice]) -> list[Route]:
    """The address of every provider that is set up; `readers` by their names."""

    async def take(request: Request) -> Response:
        provider = request.path_params["provider"]
        read = readers.get(provider)
        if read is None:
            raise Problem("not_found", "There is no such payment provider here.")
        body = await read_bytes(request, NOTICE_BYTES_MAX)
        try:
            notice = read(request.headers, body, time.time())
        except (Forged, Unreadable) as refused:
            metrics.PROVIDER_NOTICES.labels(provider, "refused").inc()
            log.warning("notice_refused", provider=provider, reason=str(refused)[:200])
            raise Problem("signature_refused", "This is not signed by the provider, or not now.") from refused
        return json_answer(NoticeTaken(await desk.take(notice)))

    return [Route(PATH, take, methods=["POST"])]


OPERATIONS = (
    Operation(
        method="post", path=PATH, tag="Payments", summary="Webhooks of a payment provider",
        description="For `stripe` and `razorpay` only. Signed over the raw body; a repeat changes nothing.",
        answers={200: ("It is known now.", NoticeTaken)}, problems=(400, 404, 413), public=True,
    ),
)  # fmt: skip
