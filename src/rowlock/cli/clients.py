"""`rowlock client`: the programs that may act here (OAuth 2.1)."""

import asyncio
from pathlib import Path

import asyncpg
import click
import msgspec

from rowlock.audit import Deed, record
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR, known_organiser, organiser_option
from rowlock.identity import HOUSE, ROLES, SCOPES, Role
from rowlock.identity.oauth import NewClient, create_client, disable_client, redirect_fault
from rowlock.identity.oauth.clients import SQL
from rowlock.kernel import limits
from rowlock.settings import Settings


class ClientWish(msgspec.Struct, frozen=True):
    """What is asked for on the command line."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    public: bool
    role: Role | None
    organiser_id: int


@click.group()
def client() -> None:
    """Programs that act here for people or for themselves: create, list, disable."""


@client.command("create")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where people are sent back to; may be repeated.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), required=True, help="May be repeated.")
@click.option("--public", is_flag=True, help="It runs where it can keep no secret: in a browser, on a phone.")
@click.option("--role", type=click.Choice(ROLES), help="It may also act in its own name, in this role.")
@organiser_option
@data_option
@json_option
@one_line_faults
def create(
    *,
    name: str,
    redirect_uris: tuple[str, ...],
    scopes: tuple[str, ...],
    public: bool,
    role: Role | None,
    organiser_id: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make a program known; prints its id and, this once, its secret."""
    wish = ClientWish(name, redirect_uris, scopes, public, role, organiser_id)
    _check(wish)
    with installation(data) as settings:
        made = asyncio.run(_create(settings, wish))
    if as_json:
        click.echo(msgspec.json.encode({"clientId": made.client_id, "clientSecret": made.secret}))
    else:
        click.echo(made.client_id if made.secret is None else f"{made.client_id}\n{made.secret}")


@client.command("list")
@data_option
@json_option
@one_line_faults
def list_clients(data: Path | None, as_json: bool) -> None:
    """List the programs, with what they may do."""
    with installation(data) as settings:
        rows = asyncio.run(_list(settings))
    if as_json:
        click.echo(msgspec.json.encode([_told(row) for row in rows]))
        return
    for row in rows:
        state = "disabled" if row["disabled_at"] else "public" if row["secret_hash"] is None else "confidential"
        own = f", itself {row['role']} of {row['organiser_id']}" if row["role"] else ""
        click.echo(f"{row['id']}  {row['name']}  ({state}{own})  {' '.join(row['scopes'])}")


@client.command()
@click.argument("client_id")
@click.option("--reason", help="For the audit log.")
@data_option
@one_line_faults
def disable(client_id: str, reason: str | None, data: Path | None) -> None:
    """End a program here, with all that people allowed it, within a second."""
    with installation(data) as settings:
        asyncio.run(_disable(settings, client_id, reason))


def _check(wish: ClientWish) -> None:
    if not 0 < len(wish.name.strip()) <= limits.NAME_CHARS_MAX:
        raise VerbFault(f"a name has 1 to {limits.NAME_CHARS_MAX} characters")
    for uri in wish.redirect_uris:
        fault = redirect_fault(uri)
        if fault is not None:
            raise VerbFault(f"--redirect-uri {uri}: {fault}")
    if wish.role is None and not wish.redirect_uris:
        raise VerbFault("name a --redirect-uri, or a --role to act in its own name")
    if wish.role is not None and wish.public:
        raise VerbFault("who acts in its own name needs a secret: not --public together with --role")


async def _create(settings: Settings, wish: ClientWish) -> NewClient:
    async with database_of(settings) as database:
        await known_organiser(database, wish.organiser_id)
        async with database.cold.acquire() as connection, connection.transaction():
            made = await create_client(
                connection,
                wish.name.strip(),
                redirect_uris=wish.redirect_uris,
                scopes=frozenset(wish.scopes),
                confidential=not wish.public,
                role=wish.role,
                organiser_id=wish.organiser_id if wish.role else None,
            )
            after = msgspec.to_builtins(wish)
            await record(connection, OPERATOR, [Deed("create_client", f"client:{made.client_id}", HOUSE, after=after)])
    return made


async def _list(settings: Settings) -> list[asyncpg.Record]:
    async with database_of(settings) as database:
        return await database.fetch(SQL["clients"])


async def _disable(settings: Settings, client_id: str, reason: str | None) -> None:
    async with database_of(settings) as database, database.cold.acquire() as connection, connection.transaction():
        if not await disable_client(connection, client_id):
            raise VerbFault(f"there is no program {client_id} that is not disabled; `rowlock client list` shows them")
        await record(connection, OPERATOR, [Deed("disable_client", f"client:{client_id}", HOUSE, reason=reason)])


def _told(row: asyncpg.Record) -> dict[str, object]:
    return {
        "clientId": row["id"],
        "name": row["name"],
        "public": row["secret_hash"] is None,
        "redirectUris": row["redirect_uris"],
        "scopes": row["scopes"],
        "role": row["role"],
        "organiserId": None if row["organiser_id"] is None else str(row["organiser_id"]),
        "createdAt": row["created_at"],
        "disabledAt": row["disabled_at"],
    }
