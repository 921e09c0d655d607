"""`rowlock account`: who works here, and the way back in for somebody who lost their second factor."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.audit import Deed, record
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR, known_organiser, organiser_option
from rowlock.identity import Role
from rowlock.identity.accounts.directory import SQL, Account, Accounts, Address, account_for, grant, withdraw
from rowlock.identity.accounts.letters import invitation, security_changed
from rowlock.identity.accounts.sessions import end_sessions
from rowlock.identity.oauth.grants import end_all_access
from rowlock.identity.organisers import Organisers
from rowlock.identity.person import STAFF_ROLES
from rowlock.platform.mail import Mail, Postbox
from rowlock.platform.postgres import Database
from rowlock.settings import Settings

MEMBER_ROLES = (*STAFF_ROLES, "operator")

email_option = click.option("--email", required=True, help="The mail address of the account.")
role_option = click.option("--role", type=click.Choice(MEMBER_ROLES), required=True)


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A role that somebody may act in."""

    email: str
    name: str
    role: str
    organiser_id: str
    organiser: str
    second_factor: bool


@click.group()
def account() -> None:
    """Staff accounts: invite, list, withdraw a role, recover."""


@account.command()
@email_option
@role_option
@organiser_option
@data_option
@one_line_faults
def invite(*, email: str, role: Role, organiser_id: int, data: Path | None) -> None:
    """Let somebody act in a role, and tell them by mail. They sign in with that address."""
    with installation(data) as settings:
        granted = asyncio.run(_invite(settings, Address.of(email), role, organiser_id))
    click.echo(f"{email} may act as {role}" if granted else f"{email} may act as {role} already")


@account.command("withdraw")
@email_option
@role_option
@organiser_option
@data_option
@one_line_faults
def withdraw_role(*, email: str, role: Role, organiser_id: int, data: Path | None) -> None:
    """Take a role away; all sessions of the account end."""
    with installation(data) as settings:
        asyncio.run(_withdraw(settings, Address.of(email), role, organiser_id))
    click.echo(f"{email} acts as {role} no more")


@account.command("list")
@click.option("--organiser", "organiser_id", type=click.IntRange(1), help="Only of this organiser.")
@data_option
@json_option
@one_line_faults
def list_members(organiser_id: int | None, data: Path | None, as_json: bool) -> None:
    """List who may act in which role, and whether they have a second factor."""
    with installation(data) as settings:
        members = asyncio.run(_members(settings, organiser_id))
    if as_json:
        click.echo(msgspec.json.encode(members))
        return
    for member in members:
        lacks = "" if member.second_factor else "  (no second factor yet)"
        click.echo(f"{member.email}  {member.role}  {member.organiser}{lacks}")


@account.command()
@email_option
@click.option("--reason", required=True, help="Why, and how you know who asks: it goes into the audit log.")
@data_option
@one_line_faults
def recover(email: str, reason: str, data: Path | None) -> None:
    """Take away what an account is protected with and end its sessions; its owner signs in by mail and begins anew."""
    with installation(data) as settings:
        asyncio.run(_recover(settings, Address.of(email), reason))
    click.echo(f"{email} signs in by mail now, and is asked to set up a second factor")


@account.command("sign-out")
@email_option
@click.option("--reason", required=True, help="For the audit log.")
@data_option
@one_line_faults
def sign_out(email: str, reason: str, data: Path | None) -> None:
    """End all sessions of an account, with its programs and keys, within a second."""
    with installation(data) as settings:
        ended = asyncio.run(_sign_out(settings, Address.of(email), reason))
    click.echo(f"ended {ended} sessions, programs and keys of {email}")


async def _invite(settings: Settings, address: Address, role: Role, organiser_id: int) -> bool:
    async with database_of(settings) as database:
        await known_organiser(database, organiser_id)
        organiser = (await Organisers(database).names())[organiser_id]
        async with database.cold.acquire() as connection, connection.transaction():
            invited, _new = await account_for(connection, address, "", "en")
            if not await grant(connection, invited.id, organiser_id, role):
                return False
            link = f"{settings.public_url.rstrip('/')}/sign-in" if settings.public_url else None
            letter = invitation(invited.language, invited.name, organiser, role, link)
            await Postbox(settings.mail_from).send(connection, Mail(invited.email, letter))
            deed = Deed("grant_role", f"account:{invited.id}", organiser_id, after={"role": role})
            await record(connection, OPERATOR, [deed])
    return True


async def _withdraw(settings: Settings, address: Address, role: Role, organiser_id: int) -> None:
    async with database_of(settings) as database:
        member = await _known(database, address)
        async with database.cold.acquire() as connection, connection.transaction():
            if not await withdraw(connection, member.id, organiser_id, role):
                raise VerbFault(f"{address.typed} has no role {role} there")
            await end_sessions(connection, member.id)
            why = "the role was withdrawn"
            await end_all_access(connection, member.subject, why, role=role, organiser_id=organiser_id)
            deed = Deed("withdraw_role", f"account:{member.id}", organiser_id, before={"role": role})
            await record(connection, OPERATOR, [deed])


async def _members(settings: Settings, organiser_id: int | None) -> list[Member]:
    async with database_of(settings) as database:
        rows = await database.fetch(SQL["all_members"], organiser_id)
    return [
        Member(row["email"], row["name"], row["role"], str(row["organiser_id"]), row["organiser"], row["second_factor"])
        for row in rows
    ]


async def _recover(settings: Settings, address: Address, reason: str) -> None:
    async with database_of(settings) as database:
        owner = await _known(database, address)
        async with database.cold.acquire() as connection, connection.transaction():
            for statement in ("drop_authenticator", "drop_passkeys", "drop_recovery_codes", "drop_password"):
                await connection.execute(SQL[statement], owner.id)
            letter = security_changed(owner.language, owner.name, "recovered")
            await Postbox(settings.mail_from).send(connection, Mail(owner.email, letter))
            await end_sessions(connection, owner.id)
            await end_all_access(connection, owner.subject, "the account was recovered")
            await record(connection, OPERATOR, [Deed("recover_account", f"account:{owner.id}", None, reason=reason)])


async def _sign_out(settings: Settings, address: Address, reason: str) -> int:
    async with database_of(settings) as database:
        owner = await _known(database, address)
        async with database.cold.acquire() as connection, connection.transaction():
            ended = await end_sessions(connection, owner.id)
            ended += await end_all_access(connection, owner.subject, reason)
            await record(connection, OPERATOR, [Deed("sign_out_account", f"account:{owner.id}", None, reason=reason)])
    return ended


async def _known(database: Database, address: Address) -> Account:
    found = await Accounts(database).of_email(address)
    if found is None:
        raise VerbFault(f"there is no account {address.typed}")
    return found
