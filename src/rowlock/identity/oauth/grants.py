"""What people allow programs: codes, refresh tokens, and their end.

A code and a refresh token work once. One that comes a second time was copied by somebody: everything that the grant
gave ends at once (RFC 9700 4.14.2).
"""

import uuid
from functools import partial

import msgspec

from rowlock.identity.oauth.clients import SQL
from rowlock.identity.oauth.model import (
    ACCESS_SECONDS,
    CODE_SECONDS,
    GRANT_DAYS_MAX,
    REFRESH_SECONDS,
    Client,
    Grant,
    OAuthError,
    Wish,
    hashed,
    new_secret,
    proves,
)
from rowlock.identity.person import Person, Role
from rowlock.identity.revocations import revoke
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.postgres.pool import rerun

USED_TWICE = "a code or refresh token was used twice"


class Grants:
    """The grants of an installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allowed_before(self, wish: Wish, person: Person) -> bool:
        """Whether the person need not be asked again. Who cannot prove itself asks every time (RFC 8252 8.6)."""
        if not wish.client.confidential:
            return False
        facts = (wish.client.id, person.subject, person.role, person.organiser_id, sorted(wish.scopes))
        row = await self._database.fetchrow(SQL["allowed_before"], *facts)
        return bool(row and row[0])

    async def allow(self, wish: Wish, person: Person) -> str:
        """The person says yes; answers the code that the program may exchange."""
        grant_id, code = uuid.uuid4(), new_secret()
        who = (person.subject, person.role, person.organiser_id, person.strong)
        async with self._database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["insert_grant"], grant_id, wish.client.id, *who, sorted(wish.scopes))
            await connection.execute(
                SQL["insert_code"], hashed(code), grant_id, wish.redirect_uri, wish.challenge, wish.nonce, CODE_SECONDS
            )
        return code

    async def redeem_code(
        self, client: Client, code: str, redirect_uri: str | None, verifier: str
    ) -> tuple[Grant, str | None]:
        """The grant behind a code and the nonce of its wish; OAuthError `invalid_grant`."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            used = await connection.fetchrow(SQL["use_code"], hashed(code))
            if used is not None and used["fresh"] and used["redirect_uri"] == redirect_uri:
                grant = await _live(connection, used["grant_id"], client)
                if grant is not None and proves(verifier, used["challenge"]):
                    return grant, used["nonce"]
            if used is None:
                await _end_if_known(connection, client, SQL["grant_of_code"], code)
        raise OAuthError("invalid_grant", "The code is not good, or not for this client, address and verifier.")

    async def first_refresh_token(self, grant: Grant) -> str:
        """The first refresh token of a grant."""
        token = new_secret()
        await self._database.cold.execute(
            SQL["insert_refresh_token"], hashed(token), uuid.UUID(grant.id), REFRESH_SECONDS
        )
        return token

    async def refresh(self, client: Client, token: str, wanted: frozenset[str] | None) -> tuple[Grant, str]:
        """The grant behind a refresh token, with the scopes wanted of it, and the token's successor.

        OAuthError `invalid_grant`; `invalid_scope` leaves the token unused.
        """
        async with self._database.cold.acquire() as connection, connection.transaction():
            used = await connection.fetchrow(SQL["use_refresh_token"], hashed(token))
            if used is not None and used["fresh"]:
                grant = await _live(connection, used["grant_id"], client)
                if grant is not None:
                    grant = _narrowed(grant, wanted)
                    following = new_secret()
                    await connection.execute(
                        SQL["insert_refresh_token"], hashed(following), used["grant_id"], REFRESH_SECONDS
                    )
                    return grant, following
            if used is None:
                await _end_if_known(connection, client, SQL["grant_of_refresh_token"], token)
        raise OAuthError("invalid_grant", "The refresh token is not good, or not for this client.")

    async def end(
        self, grant_id: str, reason: str, *, client: Client | None = None, subject: str | None = None
    ) -> bool:
        """End a grant of that client, or of that person; False when it is neither's."""
        try:
            number = uuid.UUID(grant_id)
        except ValueError:
            return False
        async with self._database.cold.acquire() as connection, connection.transaction():
            grant = await _live(connection, number, client)
            if grant is None or (subject is not None and grant.person.subject != subject):
                return False
            await _end(connection, grant, reason)
        return True

    async def is_of(self, grant_id: str, client: Client) -> bool:
        """Whether a grant is that program's and has not ended."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await _live(connection, uuid.UUID(grant_id), client) is not None

    async def grant_of_refresh_token(self, token: str) -> str | None:
        """The id of the grant that a refresh token, used or not, belongs to."""
        row = await self._database.fetchrow(SQL["grant_of_refresh_token"], hashed(token))
        return None if row is None else str(row["grant_id"])


async def _live(connection: Connection, grant_id: uuid.UUID, client: Client | None) -> Grant | None:
    """The grant, locked, unless it has ended or is another program's."""
    row = await connection.fetchrow(SQL["live_grant"], grant_id, GRANT_DAYS_MAX)
    if row is None or (client is not None and row["client_id"] != client.id):
        return None
    who = Person(
        row["subject"],
        row["role"],
        row["organiser_id"],
        f"grant:{row['id']}",
        row["strong"],
        frozenset(row["scopes"]),
    )
    return Grant(str(row["id"]), row["client_id"], who)


def _narrowed(grant: Grant, wanted: frozenset[str] | None) -> Grant:
    if wanted is None:
        return grant
    if not wanted or not wanted <= (grant.person.scopes or frozenset()):
        raise OAuthError("invalid_scope", "A refresh cannot widen what was allowed.")
    return Grant(grant.id, grant.client_id, msgspec.structs.replace(grant.person, scopes=wanted))


async def _end_if_known(connection: Connection, client: Client, query: str, secret: str) -> None:
    known = await connection.fetchval(query, hashed(secret))
    grant = await _live(connection, known, client) if known is not None else None
    if grant is not None:
        await _end(connection, grant, USED_TWICE)


async def _end(connection: Connection, grant: Grant, reason: str) -> None:
    await connection.execute(SQL["end_grant"], uuid.UUID(grant.id), reason)
    await revoke(connection, "session", grant.session_id, ACCESS_SECONDS)


async def end_all_access(
    connection: Connection, subject: str, reason: str, *, role: Role | None = None, organiser_id: int | None = None
) -> int:
    """End the programs and keys of a person, all or those that act in one role; how many. Late in a transaction."""
    ended = await connection.fetch(SQL["end_grants_of"], subject, role, organiser_id, reason)
    ended += await connection.fetch(SQL["end_device_keys_of"], subject, role, organiser_id)
    for row in ended:
        await revoke(connection, "session", row["session_id"], ACCESS_SECONDS)
    return len(ended)


async def forget_old_grants(database: Database) -> None:
    """Forget codes, refresh tokens and signed requests whose time is over, and grants that ended long ago."""
    for name in ("forget_codes", "forget_refresh_tokens", "forget_assertions", "forget_grants"):
        await rerun(partial(database.cold.execute, SQL[name]))
