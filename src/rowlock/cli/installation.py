"""Finding the installation a verb works on: DATABASE_URL, or the embedded servers of a data folder."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from rowlock.kernel.problems import Problem
from rowlock.platform.embedded import DataFolder, EmbeddedServersError, borrow, default_data_folder
from rowlock.platform.postgres import Database, DatabaseDown, open_database
from rowlock.platform.postgres.migrate import SchemaMismatch, check_schema, migrate
from rowlock.platform.secrets import SecretsFault
from rowlock.settings import Settings, SettingsError, load_settings

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder of an embedded installation."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class VerbFault(click.ClickException):
    """One clear line on standard error, exit code 1."""

    def show(self, file: object = None) -> None:  # noqa: ARG002  click's signature
        """Print the line."""
        click.echo(f"rowlock: {self.message}", err=True)


def one_line_faults(verb: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Turn what an operator can act on into one line; what remains is a bug and keeps its traceback."""

    @functools.wraps(verb)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return verb(*args, **kwargs)
        except (SettingsError, EmbeddedServersError, DatabaseDown, SchemaMismatch, SecretsFault) as error:
            raise VerbFault(str(error)) from error
        except Problem as problem:
            raise VerbFault(problem.detail) from problem

    return wrapped


@contextlib.contextmanager
def installation(data: Path | None) -> Iterator[Settings]:
    """Settings with a database URL that answers and a schema that fits.

    Embedded servers that run are used; else they run for the time of the block, and are migrated first.
    """
    settings = load_settings()
    if settings.database_url is not None:
        check_schema(settings.database_url)
        yield settings
        return
    with borrow(data or default_data_folder()) as servers:
        migrate(servers.database_url)
        settings = with_own_keys(settings, data or default_data_folder())
        yield msgspec.structs.replace(settings, database_url=servers.database_url, valkey_url=servers.valkey_url)


def with_own_keys(settings: Settings, data: Path) -> Settings:
    """Settings with the secret keys of the data folder, unless others are set."""
    if settings.secret_keys:
        return settings
    return msgspec.structs.replace(settings, secret_keys=DataFolder(data).secret_keys_file().read_text("utf-8").strip())


@contextlib.asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """A small database for one verb."""
    assert settings.database_url is not None
    database = await open_database(settings.database_url, hot=1, cold=2)
    try:
        yield database
    finally:
        await database.close()
