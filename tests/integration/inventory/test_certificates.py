"""A certificate says what was proven, only of what was proven, and no other ledger fits it."""

import base64
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.house import House

from rowlock.inventory import Release
from rowlock.inventory.proof import Certificate, CertificateFault, LedgerFileFault, check_certificate, prove_events
from rowlock.inventory.proof.certificate import open_certificate_key, public_text, sign
from rowlock.inventory.proof.export import export_ledger, replay_file


@pytest.fixture
async def connection(database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def certified(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Certificate]:
    """The certificates of all events that are sound."""
    return [proof.certificate async for proof in prove_events(connection, None) if proof.certificate is not None]


async def exported(connection: "asyncpg.Connection[asyncpg.Record]", event_id: int) -> list[bytes]:
    """The lines of an event's ledger."""
    return [line async for line in export_ledger(connection, event_id)]


async def sold(house: House) -> None:
    """A few holds, one of them given back, one expired and taken again."""
    command, _ = await house.hold(1, 2)
    await house.engine().release(house.event_id, Release(command.booking_id, command.buyer))
    await house.old_hold(5, ago=timedelta(minutes=10))
    await house.hold(5, 6)


async def test_a_certificate_tells_what_the_ledger_leaves(
    house: House, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await sold(house)
    [certificate] = await certified(connection)
    assert (certificate.event_id, certificate.seq, certificate.bookings) == (house.event_id, 5, 3)
    assert certificate.counts == {"available": 48, "held": 2, "booked": 0, "blocked": 0}
    assert [check.split()[0] for check in certificate.checks] == ["I7", "I1", "I6", "I2", "I3", "I4"]
    assert replay_file(await exported(connection, house.event_id), [certificate]) == []


async def test_what_does_not_hold_is_not_certified(
    house: House, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    other = await house.new_event()
    await house.hold(1)
    await connection.execute("UPDATE bookings SET total = total + 1")
    assert [certificate.event_id for certificate in await certified(connection)] == [other]


async def test_only_the_pinned_key_is_trusted(house: House, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    [certificate] = await certified(connection)
    key, other = await open_certificate_key(connection), Ed25519PrivateKey.generate()
    assert public_text(key) == public_text(await open_certificate_key(connection))
    signed = sign(certificate, key)
    assert check_certificate(msgspec.json.encode(signed), public_text(key)) == certificate
    forgeries = {
        "another key": msgspec.json.encode(sign(certificate, other)),
        "does not fit": msgspec.json.encode(
            msgspec.structs.replace(signed, signature=base64.b64encode(bytes(64)).decode())
        ),
        "no certificate": b"{}",
    }
    for fault, line in forgeries.items():
        with pytest.raises(CertificateFault, match=fault):
            check_certificate(line, public_text(key))
    with pytest.raises(CertificateFault, match="no public key"):
        check_certificate(msgspec.json.encode(signed), "not base64")


@pytest.mark.parametrize(
    "field", [name for name in Certificate.__struct_fields__ if name not in {"format", "event_id"}]
)
async def test_every_changed_field_breaks_the_signature_and_most_the_replay(
    house: House, connection: "asyncpg.Connection[asyncpg.Record]", field: str
) -> None:
    await sold(house)
    [certificate] = await certified(connection)
    changed = msgspec.structs.replace(certificate, **{field: _other(getattr(certificate, field))})
    key = Ed25519PrivateKey.generate()
    forged = msgspec.structs.replace(sign(certificate, key), certificate=changed)
    with pytest.raises(CertificateFault, match="does not fit"):
        check_certificate(msgspec.json.encode(forged), public_text(key))
    contradicted = replay_file(await exported(connection, house.event_id), [changed])
    assert bool(contradicted) == (field not in {"checks", "proven_at"})


def _other(value: object) -> object:
    match value:
        case int():
            return value - 1
        case str():
            return value[:-1] + ("0" if value[-1] != "0" else "1")
        case dict():
            return {**value, "held": value["held"] + 1}
        case tuple():
            return value[1:]
        case _:
            return value + timedelta(seconds=1)  # type: ignore[operator]


async def test_another_ledger_does_not_fit_the_certificate(
    house: House, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await sold(house)
    [certificate] = await certified(connection)
    lines = await exported(connection, house.event_id)
    for forged in (
        lines[:-1],
        [*lines[:2], *lines[3:]],
        [*lines[:2], lines[2].replace(b"release", b"expire "), *lines[3:]],
    ):
        assert replay_file(forged, [certificate])
    for unreadable, fault in _unreadable(lines):
        with pytest.raises(LedgerFileFault, match=fault):
            replay_file(unreadable, [certificate])


def _unreadable(lines: Sequence[bytes]) -> list[tuple[list[bytes], str]]:
    return [
        ([], "line 1"),
        ([lines[0], b"{}"], "line 2"),
        ([lines[0], lines[1].replace(b'"hash":"', b'"hash":"x')], "line 2 has a hash"),
        ([lines[0].replace(b"ledger/1", b"ledger/9")], "format"),
        ([lines[0].replace(b'"eventId":', b'"eventId":9')], "no certificate"),
    ]
