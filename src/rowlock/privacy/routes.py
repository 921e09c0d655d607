"""A person's own rights: take everything along, be forgotten, say yes and no."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity import Person, TokenSigner, require_person
from rowlock.identity.accounts.parts import AccountParts
from rowlock.identity.accounts.reception import PRIVATE, Reception
from rowlock.identity.requests import SESSION_COOKIE
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import Operation
from rowlock.privacy.commands import PeoplesData
from rowlock.privacy.model import ConsentBody, EraseBody, Erasure

_erase_body = msgspec.json.Decoder(EraseBody)
_consent_body = msgspec.json.Decoder(ConsentBody)


class PersonExport(msgspec.Struct, frozen=True, rename="camel"):
    """The beginning of the document; what follows is named like the tables it comes from."""

    format: str
    subjects: tuple[str, ...]


def privacy_routes(data: PeoplesData, signer: TokenSigner, parts: AccountParts) -> list[Route]:
    """The routes of one process."""
    reception = Reception(parts)

    async def person_of(request: Request) -> Person:
        """Who asks about themselves. Who has an account must have signed in to it just now."""
        person = require_person(request, signer)
        account = await parts.accounts.of_subject(person.subject)
        return person if account is None else (await reception.guardian(request)).person

    async def export(request: Request) -> Response:
        person = await person_of(request)
        document = await data.export(person.subject, person)
        named = {"Content-Disposition": 'attachment; filename="rowlock-person.json"'}
        return json_answer(document.encode(), headers=PRIVATE | named)

    async def erase(request: Request) -> Response:
        person = await person_of(request)
        await read_body(request, _erase_body)
        answer = json_answer(await data.erase(person.subject, person), headers=PRIVATE)
        answer.delete_cookie(SESSION_COOKIE)
        return answer

    async def consent(request: Request) -> Response:
        person = require_person(request, signer)
        await data.consent(person, await read_body(request, _consent_body))
        return Response(status_code=204)

    base = "/api/v1/account"
    return [
        Route(f"{base}/export", export, methods=["GET"]),
        Route(f"{base}/erasure", erase, methods=["POST"]),
        Route(f"{base}/consents", consent, methods=["POST"]),
    ]


OPERATIONS = (
    Operation(
        method="get", path="/api/v1/account/export", tag="Account", summary="Everything we know about you",
        description="One JSON document. Who has an account must have signed in within the last minutes.",
        answers={200: ("Everything.", PersonExport)}, problems=(401, 403),
    ),
    Operation(
        method="post", path="/api/v1/account/erasure", tag="Account", summary="Be forgotten",
        description="Holds are given back. What the law has us keep of payments stays, under an empty name.",
        body=EraseBody, answers={200: ("You are forgotten.", Erasure)}, problems=(401, 403, 409),
    ),
    Operation(
        method="post", path="/api/v1/account/consents", tag="Account", summary="Say yes to something, or take it back",
        body=ConsentBody, answers={204: ("Noted.", None)}, problems=(401, 403),
    ),
)  # fmt: skip
