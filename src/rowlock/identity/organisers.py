"""Organisers: whose plans and events these are. Staff belong to one, operators to the installation."""

from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.identity")


class Organisers:
    """The organisers of an installation; the first is the house itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    async def create(connection: Connection, name: str) -> int | None:
        """The id of a new organiser; None when there is one of that name."""
        made: int | None = await connection.fetchval(SQL["insert_organiser"], name)
        return made

    async def names(self) -> dict[int, str]:
        """Every organiser's name, by id."""
        return {row["id"]: row["name"] for row in await self._database.fetch(SQL["organisers"])}
