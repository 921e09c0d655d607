"""Named queries: a slice's SQL lies in its `sql/queries.sql`, each statement behind a line `-- name: find_booking`."""

import re
from importlib import resources

_NAME_LINE = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


class Queries:
    """The statements of one slice, by name; a name that does not exist raises at once, with the names that do."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        parts = _NAME_LINE.split(text)
        names, bodies = parts[1::2], parts[2::2]
        if len(set(names)) != len(names):
            raise ValueError(f"{source}: a query name stands twice")
        self.statements = {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}

    def __getitem__(self, name: str) -> str:
        try:
            return self.statements[name]
        except KeyError:
            raise KeyError(f"{self.source} has no query {name!r}; it has {', '.join(self.statements)}") from None


def load_queries(package: str) -> Queries:
    """The queries of `package` (for example `rowlock.bookings`)."""
    path = resources.files(package) / "sql" / "queries.sql"
    return Queries(f"{package}/sql/queries.sql", path.read_text(encoding="utf-8"))
