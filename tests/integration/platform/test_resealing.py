"""A new key takes over what older keys sealed, row by row."""

import pytest

from rowlock.platform.postgres import Database
from rowlock.platform.secrets import SealedColumn, SecretBox, SecretsFault, new_key, reseal

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
