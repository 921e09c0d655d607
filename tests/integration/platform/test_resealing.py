"""A new key takes over what older keys sealed, row by row."""

import pytest

from rowlock.bots.store import open_secret
from rowlock.cli.secrets import SEALED_COLUMNS
from rowlock.identity.keys import open_keys
from rowlock.inventory.proof.certificate import open_certificate_key, public_text
from rowlock.platform.postgres import Database
from rowlock.platform.secrets import NO_SECRET_KEYS, SealedColumn, SecretBox, SecretsFault, new_key, reseal

COLUMN = SealedColumn(
    "notes.secret",
    "SELECT id, secret AS sealed, 'note:' || id AS purpose FROM notes ORDER BY id",
    "UPDATE notes SET secret = $3 WHERE id = $1 AND secret = $2",
)


async def test_everything_opens_with_the_new_key_alone(database: Database) -> None:
    old, new = new_key(), new_key()
    before, both, after = SecretBox.of(old), SecretBox.of(f"{new} {old}"), SecretBox.of(new)
    await database.cold.execute("CREATE TABLE notes (id int PRIMARY KEY, secret bytea NOT NULL)")
    for number in range(3):
        box = both if number == 1 else before
        sealed = box.seal(f"secret {number}".encode(), f"note:{number}")
        await database.cold.execute("INSERT INTO notes VALUES ($1, $2)", number, sealed)

    with pytest.raises(SecretsFault):
        await reseal(database, after, [COLUMN])
    assert await reseal(database, both, [COLUMN]) == {"notes.secret": 2}
    rows = await database.fetch(COLUMN.rows)
    assert [after.open(row["sealed"], row["purpose"]) for row in rows] == [b"secret 0", b"secret 1", b"secret 2"]
    assert await reseal(database, both, [COLUMN]) == {"notes.secret": 0}


async def test_every_secret_of_the_installation_lies_sealed_and_moves(database: Database) -> None:
    """Signing keys, the certificates' key and the bots' secret, first open, then sealed, then under another key."""
    old, new = new_key(), new_key()
    open_before = await _secrets(database, NO_SECRET_KEYS)
    assert await _secrets(database, SecretBox.of(old)) == open_before
    for column in SEALED_COLUMNS[1:4]:  # the seeds of draws: tests/integration/http/test_queue_records.py
        assert await database.fetch(column.rows), column.name
    with pytest.raises(SecretsFault, match="lacks the key"):
        await _secrets(database, NO_SECRET_KEYS)
    moved = await reseal(database, SecretBox.of(f"{new} {old}"), SEALED_COLUMNS)
    assert moved == {
        "authenticators.secret": 0, "signing_keys.secret": 2, "certificate_keys.secret": 1, "bot_secret.secret": 1,
        "waiting_room_draws.seed": 0,
    }  # fmt: skip
    assert await _secrets(database, SecretBox.of(new)) == open_before


async def _secrets(database: Database, box: SecretBox) -> list[object]:
    """What those who use them get to see."""
    async with database.cold.acquire() as connection:
        certificates = public_text(await open_certificate_key(connection, box))
    signing = sorted(str(key.key.as_dict(private=True)) for key in await open_keys(database, box))
    return [certificates, await open_secret(database, box), *signing]
