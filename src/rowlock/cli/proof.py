"""`rowlock verify` and `rowlock ledger`: prove a sale, certify it, and check a certificate elsewhere."""

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO

import asyncpg
import click
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rowlock.audit.proof import prove_audit_log
from rowlock.cli.installation import VerbFault, data_option, installation, json_option, one_line_faults
from rowlock.inventory.proof import CertificateFault, Finding, LedgerFileFault, check_certificate
from rowlock.inventory.proof.certificate import Certificate, open_certificate_key, public_text, sign
from rowlock.inventory.proof.export import export_ledger, replay_file
from rowlock.inventory.proof.findings import CHECKS
from rowlock.inventory.proof.verify import EventProof, ledger_rows, prove_events
from rowlock.kernel.ids import parse_number_id
from rowlock.money.proof import prove_money
from rowlock.platform.secrets import SecretBox
from rowlock.settings import Settings

LONG_ROWS = 20_000
"""A replay of more rows shows how far it is."""
File = click.Path(dir_okay=False, path_type=Path)
ReadableFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--event", "event_text", metavar="ID", help="Only this event.")
@click.option("--certify", type=File, help="Write a signed certificate of each event into this file, one a line.")
@click.option("--signing-key", type=ReadableFile, help="Sign with this Ed25519 key (PEM), not with the database's.")
@click.option("--certificate", type=ReadableFile, help="Check this file of certificates instead; needs no database.")
@click.option("--public-key", help="The key the certificates must be signed with, as `rowlock ledger key` prints it.")
@click.option(
    "--ledger",
    "ledger_file",
    type=ReadableFile,
    help="Also replay this exported ledger and hold it against its certificate.",
)
@data_option
@json_option
@one_line_faults
def verify(
    *,
    event_text: str | None,
    certify: Path | None,
    signing_key: Path | None,
    certificate: Path | None,
    public_key: str | None,
    ledger_file: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Replay the ledger and check every invariant; exit 0 only if all of them hold."""
    if certificate is not None:
        _check_certificates(certificate, public_key, ledger_file, as_json=as_json)
        return
    if public_key is not None or ledger_file is not None:
        raise VerbFault("--public-key and --ledger belong to --certificate FILE")
    event_id = _event_id(event_text)
    key = None if signing_key is None else _read_key(signing_key)
    with installation(data) as settings:
        proofs = asyncio.run(_prove(settings, event_id, certify, key, as_json=as_json))
    findings = [finding for proof in proofs for finding in proof.findings]
    broken = [finding for finding in findings if not finding.holds]
    if as_json:
        click.echo(msgspec.json.encode({"holds": not broken, "findings": findings}))
    else:
        events = len({finding.event_id for finding in findings} - {None})
        click.echo(f"{len(findings) - len(broken)} of {len(findings)} checks hold over {events} events")
    if broken:
        raise SystemExit(1)


@click.group()
def ledger() -> None:
    """Take a ledger elsewhere, and the key that its certificates are signed with."""


@ledger.command("export")
@click.argument("event_text", metavar="EVENT")
@click.argument("file", type=click.File("wb", lazy=True), default="-")
@data_option
@one_line_faults
def export_verb(event_text: str, file: BinaryIO, data: Path | None) -> None:
    """Write an event's ledger to FILE (default: standard output), one JSON object a line."""
    event_id = _event_id(event_text)
    assert event_id is not None
    with installation(data) as settings:
        asyncio.run(_export(str(settings.database_url), event_id, file))


@ledger.command("key")
@data_option
@one_line_faults
def key_verb(data: Path | None) -> None:
    """Print the public key of this installation's certificates, to be pinned by those who check them."""
    with installation(data) as settings:
        click.echo(public_text(asyncio.run(_own_key(settings))))


def _event_id(text: str | None) -> int | None:
    number = parse_number_id(text) if text is not None else None
    if text is not None and number is None:
        raise VerbFault(f"there is no event {text}")
    return number


async def _prove(
    settings: Settings, event_id: int | None, certify: Path | None, key: Ed25519PrivateKey | None, *, as_json: bool
) -> list[EventProof]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        rows = await ledger_rows(connection, event_id)
        if rows is None:
            raise VerbFault(f"there is no event {event_id}")
        signing = (
            None
            if certify is None
            else key or await open_certificate_key(connection, SecretBox.of(settings.secret_keys))
        )
        proofs = []
        hidden = rows < LONG_ROWS or not sys.stderr.isatty()
        with click.progressbar(length=rows, label="Replaying", file=sys.stderr, hidden=hidden) as bar:
            async for proof in prove_events(connection, event_id, bar.update):
                proofs.append(proof)
                for finding in proof.findings if not as_json else ():
                    _print(finding)
        others = [finding async for finding in prove_money(connection, event_id)]
        if event_id is None:
            others.append(await _audit_finding(connection))
        proofs.append(EventProof(tuple(others), None))
        for finding in others if not as_json else ():
            _print(finding)
    finally:
        await connection.close()
    if certify is not None and signing is not None:
        _write(certify, [proof.certificate for proof in proofs if proof.certificate is not None], signing)
    return proofs


async def _audit_finding(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    proof = await prove_audit_log(connection)
    faults = () if proof.fault is None else (proof.fault,)
    return Finding(None, "A1", CHECKS["A1"], not faults, proof.rows, faults)


def _write(path: Path, certificates: list[Certificate], key: Ed25519PrivateKey) -> None:
    lines = [msgspec.json.encode(sign(certificate, key)) + b"\n" for certificate in certificates]
    try:
        path.write_bytes(b"".join(lines))
    except OSError as error:
        raise VerbFault(f"{path}: {error.strerror}") from error


async def _export(url: str, event_id: int, file: BinaryIO) -> None:
    connection = await asyncpg.connect(url)
    try:
        lines = 0
        async for line in export_ledger(connection, event_id):
            file.write(line)
            lines += 1
        if not lines:
            raise VerbFault(f"there is no event {event_id}")
    finally:
        await connection.close()


async def _own_key(settings: Settings) -> Ed25519PrivateKey:
    connection = await asyncpg.connect(settings.database_url)
    try:
        return await open_certificate_key(connection, SecretBox.of(settings.secret_keys))
    finally:
        await connection.close()


def _read_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise VerbFault(f"{path} is no private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise VerbFault(f"{path} is no Ed25519 key")
    return key


def _check_certificates(path: Path, pinned: str | None, ledger_file: Path | None, *, as_json: bool) -> None:
    """Without any database: signatures by the pinned key, and the exported ledger where one is given."""
    if pinned is None:
        raise VerbFault("name the key that must have signed, with --public-key")
    try:
        certificates = [check_certificate(line, pinned) for line in path.read_bytes().splitlines()]
        if not certificates:
            raise VerbFault(f"{path} holds no certificate")
        faults = _replay(ledger_file, certificates) if ledger_file is not None else []
    except (CertificateFault, LedgerFileFault) as error:
        raise VerbFault(str(error)) from error
    if as_json:
        click.echo(msgspec.json.encode({"holds": not faults, "faults": faults, "certificates": certificates}))
    else:
        for certificate in certificates:
            counts = ", ".join(f"{count} {word}" for word, count in certificate.counts.items())
            click.echo(f"event {certificate.event_id} at {certificate.proven_at.isoformat()}: {counts}; signature ok")
        if ledger_file is not None and not faults:
            click.echo(f"{ledger_file} is the ledger that was certified")
    for fault in faults if not as_json else ():
        click.echo(fault)
    if faults:
        raise SystemExit(1)


def _replay(ledger_file: Path, certificates: list[Certificate]) -> list[str]:
    with ledger_file.open("rb") as lines:
        return replay_file(lines, certificates)


def _print(finding: Finding) -> None:
    word = click.style("ok  ", fg="green") if finding.holds else click.style("FAIL", fg="red")
    where = "all events" if finding.event_id is None else f"event {finding.event_id}"
    click.echo(f"{word} {finding.invariant} {where}: {finding.check} ({finding.looked_at:,})")
    for fault in finding.faults:
        click.echo(f"       {fault}")
