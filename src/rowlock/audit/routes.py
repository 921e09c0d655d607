"""`GET /audit`: what staff did, for operators and for the admins of an organiser."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rowlock.audit.model import AuditPage
from rowlock.audit.store import AuditLog
from rowlock.identity import TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import answers

Words = Annotated[str | None, Query(max_length=limits.NAME_CHARS_MAX)]


def audit_router(signer: TokenSigner, log: AuditLog) -> APIRouter:
    """The audit log's routes."""
    router = APIRouter(tags=["Operators"])

    @router.get(
        "/audit", summary="What staff did", responses=answers(AuditPage, 401, 403, 422),
        openapi_extra={"security": [{"token": []}]},
    )  # fmt: skip
    async def list_audit(
        request: Request, *, actor: Words = None, action: Words = None,
        thing: Annotated[str | None, Query(alias="object", max_length=limits.NAME_CHARS_MAX)] = None,
        cursor: Words = None,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=limits.PAGE_SIZE_MAX)] = 50,
    ) -> Response:  # fmt: skip
        """Newest first. Operators see everything, the admins of an organiser what concerns their organiser."""
        person = require_person(request, signer, "organiser_admin", "operator", scope="audit")
        below = parse_number_id(cursor) if cursor is not None else None
        if cursor is not None and below is None:
            raise Problem("invalid_request", "cursor: not one that this list gave.")
        page = await log.page(person, actor=actor, action=action, thing=thing, below=below, size=page_size)
        return json_answer(page, headers={"Cache-Control": "private, no-store"})

    return router
