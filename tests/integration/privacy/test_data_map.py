"""The data map names every column, once: who adds one says in docs/privacy.md whether it is personal."""

import re
from collections import Counter
from pathlib import Path

from rowlock.platform.postgres import Database

PRIVACY = Path(__file__).parents[3] / "docs" / "privacy.md"
COLUMNS = """
SELECT c.relname || '.' || a.attname AS name
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""


def mapped(text: str) -> Counter[str]:
    """The columns that the page's two tables name, as `table.column`."""
    personal, rest = text.partition("## Personal data")[2].split("## Nothing personal")
    named = re.findall(r"`(\w+\.\w+)`", "\n".join(line.split("|")[1] for line in personal.splitlines() if "|" in line))
    for table, columns in re.findall(r"^\| `(\w+)` \| (.*) \|$", rest, re.MULTILINE):
        named += [f"{table}.{column}" for column in re.findall(r"`(\w+)`", columns)]
    return Counter(named)


async def test_every_column_has_its_line(database: Database) -> None:
    stored = {row["name"] for row in await database.fetch(COLUMNS)}
    named = mapped(PRIVACY.read_text("utf-8"))
    assert [column for column, times in named.items() if times > 1] == []
    assert sorted(stored - named.keys()) == []
    assert sorted(named.keys() - stored) == []
