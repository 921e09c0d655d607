"""`python -m tests.history FILE`: judge a file of calls, a JSON object a line; exit 1 when no order explains them."""

from pathlib import Path

import click
from tests.history.calls import read_calls
from tests.history.checker import faults
from tests.history.register import Terms


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hold-seconds", type=float, required=True, help="How long the sale holds seats.")
@click.option("--stale-seconds", default=0.1, show_default=True, help="How old a refusal or a map may be.")
def main(file: Path, hold_seconds: float, stale_seconds: float) -> None:
    """Say of each seat whether one order of all calls makes every answer right."""
    calls = read_calls(file)
    found = faults(calls, Terms(hold_seconds, stale_seconds))
    click.echo("\n".join(found) or f"{len(calls)} calls: every answer is explained")
    raise SystemExit(bool(found))


main()
