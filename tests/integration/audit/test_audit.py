"""The audit log: every act of staff leaves its row in the same transaction, and a row that is touched shows."""

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.house import STAFF, House

from rowlock.audit import AuditEntry, AuditLog, Deed, record
from rowlock.audit.proof import prove_audit_log
from rowlock.identity import Person
from rowlock.inventory import Block, Unblock
from rowlock.kernel.ids import new_booking_id
from rowlock.kernel.problems import Problem
from rowlock.organiser.model import EventPatch
from rowlock.platform.postgres import Database

OPERATOR = Person("operator:audit", "operator")
ROWS = "SELECT * FROM audit_log ORDER BY no"
WITHOUT_TRIGGER = "SET session_replication_role = replica"


async def entries(database: Database, reader: Person = OPERATOR) -> list[AuditEntry]:
    """The log, oldest first."""
    return list(reversed((await AuditLog(database).page(reader, size=100)).items))


async def fault(database: Database) -> str | None:
    """What the proof finds."""
    async with database.cold.acquire() as connection:
        return (await prove_audit_log(connection)).fault


async def test_what_staff_create_is_written_down(house: House) -> None:
    told = [(entry.action, entry.object, entry.actor) for entry in await entries(house.database)]
    by = STAFF.subject
    assert [act for act, _, who in told if who == by] == ["create_venue", "create_plan", "create_event"]
    assert told[-1] == ("create_event", f"event:{house.event_id}", by)
    assert await fault(house.database) is None


async def test_a_change_tells_what_was_and_what_is(house: House) -> None:
    await house.organiser.patch_event(house.event_id, EventPatch(name="Another night", prices={"VIP": "120.00"}), STAFF)
    entry = (await entries(house.database))[-1]
    assert entry.action == "change_event"
    assert entry.before is not None
    assert entry.after is not None
    assert bytes(entry.before) == b'{"name":"Test night","prices":{"VIP":9500,"Regular":4950}}'
    assert bytes(entry.after) == b'{"name":"Another night","prices":{"VIP":12000,"Regular":4950}}'


async def test_a_change_that_fails_or_changes_nothing_leaves_no_row(house: House) -> None:
    before = await entries(house.database)
    with pytest.raises(Problem):
        await house.organiser.patch_event(house.event_id, EventPatch(name="X", prices={"Nothing": "1.00"}), STAFF)
    await house.organiser.patch_event(house.event_id, EventPatch(name="Test night"), STAFF)
    assert await entries(house.database) == before


async def test_blocks_and_their_release_are_written_down_with_the_reason(house: House) -> None:
    engine = house.engine()
    await engine.block(Block(new_booking_id(), house.event_id, "kill", "Camera", "organiser:test", (0, 1)))
    await engine.unblock(Unblock(new_booking_id(), house.event_id, "No camera", "organiser:test", (0, 1, 2)))
    told = [(entry.action, entry.reason) for entry in (await entries(house.database))[-2:]]
    assert told == [("block_seats", "Camera"), ("unblock_seats", "No camera")]
    await engine.unblock(Unblock(new_booking_id(), house.event_id, "Again", "organiser:test", (0, 1, 2)))
    assert (await entries(house.database))[-1].reason == "No camera", "what changes nothing is no act"


async def test_an_organisers_admin_sees_only_its_own(house: House) -> None:
    stranger = Person("organiser_admin:other", "organiser_admin", 99)
    own = Person("organiser_admin:own", "organiser_admin", 1)
    assert await entries(house.database, stranger) == []
    assert len(await entries(house.database, own)) == len(await entries(house.database))


async def test_pages_follow_each_other_without_gap(house: House) -> None:
    log, below, seen = AuditLog(house.database), None, list[int]()
    while True:
        page = await log.page(OPERATOR, below=below, size=2)
        seen += [entry.no for entry in page.items]
        if page.next_cursor is None:
            break
        below = int(page.next_cursor)
    assert seen == list(range(len(seen), 0, -1))


async def test_rows_are_never_changed_or_removed(house: House) -> None:
    for statement in ("UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(asyncpg.PostgresError, match="audit_log rows never change"):
            await house.database.cold.execute(statement)


TAMPERINGS = (
    "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE no = 2",
    "UPDATE audit_log SET actor = actor || ' ' WHERE no = 2",
    "UPDATE audit_log SET role = 'operator' WHERE no = 2",
    "UPDATE audit_log SET organiser_id = NULL WHERE no = 2",
    "UPDATE audit_log SET action = 'create_venue' WHERE no = 2",
    "UPDATE audit_log SET object = 'plan:99' WHERE no = 2",
    "UPDATE audit_log SET before = '{}' WHERE no = 2",
    "UPDATE audit_log SET after = replace(after, '50', '60') WHERE no = 2",
    "UPDATE audit_log SET reason = '' WHERE no = 2",
    "UPDATE audit_log SET prev_hash = hash WHERE no = 2",
    "UPDATE audit_log SET hash = prev_hash WHERE no = 2",
    "UPDATE audit_log SET no = no + 10 WHERE no = 3",
    "DELETE FROM audit_log WHERE no = 3",
    "DELETE FROM audit_log WHERE no = 2",
    "UPDATE audit_head SET no = no - 1",
    "UPDATE audit_head SET hash = sha256('x')",
)


@pytest.mark.parametrize("statement", TAMPERINGS)
async def test_any_tampering_is_found(house: House, statement: str) -> None:
    connection = await asyncpg.connect(house.database.url)
    await connection.execute(WITHOUT_TRIGGER)
    changed = await connection.execute(statement)
    await connection.close()
    assert changed.endswith(" 1")
    assert await fault(house.database) is not None


async def test_many_at_once_make_one_chain(house: House) -> None:
    async def act(number: int) -> None:
        async with house.database.cold.acquire() as connection, connection.transaction():
            await record(connection, OPERATOR, [Deed("create_venue", f"venue:{number}", None)])

    known = len(await entries(house.database))
    await asyncio.gather(*(act(number) for number in range(20)))
    assert len(await entries(house.database)) == known + 20
    assert await fault(house.database) is None


words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(words, st.one_of(words, st.integers(), st.booleans(), st.none()), max_size=4), why=words)
async def test_whatever_is_said_the_chain_can_be_rebuilt(house: House, facts: dict[str, Any], why: str) -> None:
    async with house.database.cold.acquire() as connection, connection.transaction():
        await record(connection, OPERATOR, [Deed("change_event", "event:1", None, after=facts, reason=why)])
    assert await fault(house.database) is None
