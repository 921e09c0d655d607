"""The programs that are known here, and how one proves that it is itself."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote

import asyncpg
import msgspec

from rowlock.identity.oauth.model import ACCESS_SECONDS, Client, OAuthError, hashed, new_secret
from rowlock.identity.person import Role
from rowlock.identity.revocations import revoke
from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.identity.oauth")
CLIENT_ID_BYTES = 9


class NewClient(msgspec.Struct, frozen=True):
    """A program just made; its secret is told this once."""

    client_id: str
    secret: str | None


async def create_client(
    connection: Connection,
    name: str,
    *,
    redirect_uris: tuple[str, ...],
    scopes: frozenset[str],
    confidential: bool,
    role: Role | None = None,
    organiser_id: int | None = None,
) -> NewClient:
    """Make a program known. `role` lets it act in its own name, for that organiser."""
    client_id = f"client-{new_secret()[: CLIENT_ID_BYTES + 3]}"
    secret = new_secret() if confidential else None
    stored = None if secret is None else hashed(secret)
    await connection.execute(
        SQL["insert_client"], client_id, name, stored, list(redirect_uris), sorted(scopes), role, organiser_id
    )
    return NewClient(client_id, secret)


async def disable_client(connection: Connection, client_id: str) -> bool:
    """End a program here and everything it was allowed; False when there is none of that id. In a transaction."""
    row = await connection.fetchrow(SQL["disable_client"], client_id)
    if row is None:
        return False
    for grant in await connection.fetch(SQL["grants_of_client"], client_id):
        await connection.execute(SQL["end_grant"], grant["id"], "the program was disabled")
        await revoke(connection, "session", f"grant:{grant['id']}", ACCESS_SECONDS)
    await revoke(connection, "session", f"client:{client_id}", ACCESS_SECONDS)
    return True


class Clients:
    """Finding programs and hearing their proof."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, client_id: str) -> Client | None:
        """The program of that id, unless it was disabled."""
        row = await self._database.fetchrow(SQL["client"], client_id)
        return None if row is None else client_of(row)

    async def authenticate(self, authorization: str | None, form: Mapping[str, str]) -> Client:
        """The program that asks: by its secret (header or body), or by its name alone when it can keep none.

        OAuthError `invalid_client` (401). Both ways at once are refused.
        """
        given = _basic(authorization)
        if given is not None and ("client_secret" in form or form.get("client_id", given[0]) != given[0]):
            raise OAuthError("invalid_request", "Name the client once: in the header or in the body.")
        client_id, secret = given or (form.get("client_id", ""), form.get("client_secret"))
        client = await self.find(client_id)
        proven = client is not None and (not client.confidential if secret is None else client.knows(secret))
        if client is None or not proven:
            raise OAuthError("invalid_client", "The client is unknown or its secret is wrong.", 401)
        return client


def client_of(row: asyncpg.Record) -> Client:
    """A program from its row."""
    return Client(
        row["id"],
        row["name"],
        row["secret_hash"],
        tuple(row["redirect_uris"]),
        frozenset(row["scopes"]),
        row["role"],
        row["organiser_id"],
    )


def _basic(authorization: str | None) -> tuple[str, str] | None:
    """Id and secret of an `Authorization: Basic` header (each form-encoded, RFC 6749 2.3.1)."""
    if authorization is None:
        return None
    scheme, _, encoded = authorization.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise OAuthError("invalid_client", "The Authorization header is not `Basic`.", 401)
    return unquote(client_id.replace("+", " ")), unquote(secret.replace("+", " "))
