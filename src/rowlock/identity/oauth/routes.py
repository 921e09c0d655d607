"""The addresses of OAuth 2.1 and OpenID Connect, and a person's own lists of programs and keys."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.identity.oauth.asking import issuer_of
from rowlock.identity.oauth.clients import SQL
from rowlock.identity.oauth.desk import GRANT_TYPES, TokenDesk
from rowlock.identity.oauth.device_keys import DeviceKeyBody
from rowlock.identity.oauth.model import OPENID_SCOPES, OAuthError
from rowlock.identity.oauth.wishes import WishRefused, answer_address, once_each, read_wish, refusal_address
from rowlock.identity.person import SCOPES, Person
from rowlock.identity.requests import caller, require_person
from rowlock.identity.tokens import TokenSigner
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body, read_bytes
from rowlock.platform.postgres import Database
from rowlock.platform.valkey.limiter import Limit, Limiter

_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_ANY_PAGE = {"Access-Control-Allow-Origin": "*"}
"""No cookie counts at these addresses, so pages of other sites may ask them: that is where programs live."""
_KEYS_KEPT = {"Cache-Control": "public, max-age=3600"} | _ANY_PAGE
_PRIVATE = {"Cache-Control": "private, no-store"}
FORM_FIELDS_MAX = 30
CLAIMS = ("sub", "iss", "aud", "exp", "iat", "nonce", "amr", "name", "locale", "email", "email_verified")


class AllowBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's word on what a program wishes; `query` is that of the authorization request."""

    query: str
    allow: bool


class Onward(msgspec.Struct, frozen=True, rename="camel"):
    """Where the browser goes on."""

    location: str


class GrantItem(msgspec.Struct, frozen=True, rename="camel"):
    """A program that somebody allowed something."""

    id: str
    program: str
    scopes: tuple[str, ...]
    role: str
    created_at: datetime


class GrantList(msgspec.Struct, frozen=True):
    """What somebody allowed, newest first."""

    items: tuple[GrantItem, ...]


class IntrospectionAnswer(msgspec.Struct, frozen=True):
    """What a token is good for (RFC 7662); the other members are absent when it is not active."""

    active: bool
    client_id: str | msgspec.UnsetType = msgspec.UNSET
    sub: str | msgspec.UnsetType = msgspec.UNSET
    scope: str | msgspec.UnsetType = msgspec.UNSET
    token_type: str | msgspec.UnsetType = msgspec.UNSET
    exp: int | msgspec.UnsetType = msgspec.UNSET
    iat: int | msgspec.UnsetType = msgspec.UNSET


_allow_body = msgspec.json.Decoder(AllowBody)
_device_key_body = msgspec.json.Decoder(DeviceKeyBody)


def discovery(issuer: str) -> dict[str, object]:
    """OpenID Connect Discovery 1.0 and RFC 8414 in one document."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/oauth/jwks.json",
        "scopes_supported": [*OPENID_SCOPES, *SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": list(CLAIMS),
    }


def oauth_routes(
    desk: TokenDesk, signer: TokenSigner, limiter: Limiter, *, per_minute: int, public_url: str
) -> list[Route]:
    """What programs ask: discovery, keys, tokens."""

    async def answer(request: Request, act: Callable[[str | None, dict[str, str]], Awaitable[object]]) -> Response:
        """Read the form, act on it, and tell what came of it the way OAuth does."""
        address = request.client.host if request.client else "unknown"
        await limiter.require(Limit(f"oauth:{address}", per_minute))
        try:
            outcome = await act(request.headers.get("authorization"), await _form(request))
        except OAuthError as error:
            return _refusal(error)
        return json_answer({} if outcome is None else outcome, headers=_NEVER_KEPT | _ANY_PAGE)

    async def token(request: Request) -> Response:
        issuer = issuer_of(request, public_url)
        return await answer(request, lambda authorization, form: desk.token(authorization, form, issuer))

    async def revoke(request: Request) -> Response:
        return await answer(request, desk.revoke)

    async def introspect(request: Request) -> Response:
        return await answer(request, desk.introspect)

    async def userinfo(request: Request) -> Response:
        person = caller(request.method, request.scope["headers"], signer, "openid")
        return json_answer(await desk.user_info(person), headers=_NEVER_KEPT | _ANY_PAGE)

    async def keys(_request: Request) -> Response:
        return json_answer({"keys": signer.ring.published()}, headers=_KEYS_KEPT)

    async def discover(request: Request) -> Response:
        return json_answer(discovery(issuer_of(request, public_url)), headers=_KEYS_KEPT)

    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/oauth/revoke", revoke, methods=["POST"]),
        Route("/oauth/introspect", introspect, methods=["POST"]),
        Route("/oauth/userinfo", userinfo, methods=["GET", "POST"]),
        Route("/oauth/jwks.json", keys, methods=["GET"]),
        Route("/.well-known/openid-configuration", discover, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", discover, methods=["GET"]),
    ]


def permission_routes(desk: TokenDesk, database: Database, signer: TokenSigner, *, public_url: str) -> list[Route]:
    """What people decide on their own pages: which programs may act for them, and which keys."""

    async def decide(request: Request) -> Response:
        person = signed_in(request, signer)
        body, issuer = await read_body(request, _allow_body), issuer_of(request, public_url)
        try:
            wish = await read_wish(body.query, desk.clients, issuer)
        except WishRefused as refusal:
            raise Problem("invalid_request", refusal.words) from refusal
        if not body.allow:
            denied = OAuthError("access_denied", "The person said no.")
            return json_answer(Onward(refusal_address(wish.redirect_uri, denied, wish.state, issuer)), headers=_PRIVATE)
        code = await desk.grants.allow(wish, person)
        return json_answer(Onward(answer_address(wish, code, issuer)), headers=_PRIVATE)

    async def list_grants(request: Request) -> Response:
        rows = await database.fetch(SQL["own_grants"], signed_in(request, signer).subject)
        items = (
            GrantItem(str(row["id"]), row["name"], tuple(row["scopes"]), row["role"], row["created_at"]) for row in rows
        )
        return json_answer(GrantList(tuple(items)), headers=_PRIVATE)

    async def end_grant(request: Request) -> Response:
        person, grant_id = signed_in(request, signer), request.path_params["grant_id"]
        if not await desk.grants.end(grant_id, "the person took it back", subject=person.subject):
            raise Problem("not_found", f"You have allowed nothing under {grant_id}.")
        return Response(status_code=204)

    async def list_keys(request: Request) -> Response:
        return json_answer(await desk.device_keys.list(signed_in(request, signer)), headers=_PRIVATE)

    async def add_key(request: Request) -> Response:
        person = signed_in(request, signer)
        return json_answer(
            await desk.device_keys.add(person, await read_body(request, _device_key_body)), 201, _PRIVATE
        )

    async def end_key(request: Request) -> Response:
        key_id = request.path_params["key_id"]
        if not await desk.device_keys.end(signed_in(request, signer), key_id):
            raise Problem("not_found", f"You have no key {key_id}.")
        return Response(status_code=204)

    base = "/api/v1/account"
    return [
        Route(f"{base}/grants", list_grants, methods=["GET"]),
        Route(f"{base}/grants", decide, methods=["POST"]),
        Route(f"{base}/grants/{{grant_id}}", end_grant, methods=["DELETE"]),
        Route(f"{base}/keys", list_keys, methods=["GET"]),
        Route(f"{base}/keys", add_key, methods=["POST"]),
        Route(f"{base}/keys/{{key_id}}", end_key, methods=["DELETE"]),
    ]


def signed_in(request: Request, signer: TokenSigner) -> Person:
    """The person of an account's own session; Problem `account_needed` for guests and scripts."""
    person = require_person(request, signer)
    if person.session_id is None or person.scopes is not None:
        raise Problem("account_needed", "Sign in to an account first.")
    return person


async def _form(request: Request) -> dict[str, str]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded.")
    try:
        text = (await read_bytes(request)).decode("ascii")
        return once_each(parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict"))
    except ValueError as error:
        raise OAuthError("invalid_request", "The body is no form.") from error


def _refusal(error: OAuthError) -> Response:
    headers = _NEVER_KEPT | _ANY_PAGE
    if error.status == 401:
        headers = headers | {"WWW-Authenticate": 'Basic realm="rowlock"'}
    return json_answer({"error": error.error, "error_description": error.description}, error.status, headers)
