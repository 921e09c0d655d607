"""The `rowlock` command. Each module here holds the verbs of one matter."""

import click

from rowlock import __version__
from rowlock.cli import blocks  # noqa: F401  it adds its verbs to `event`
from rowlock.cli.events import event
from rowlock.cli.organisers import organiser
from rowlock.cli.plans import plan
from rowlock.cli.proof import ledger, verify
from rowlock.cli.roles import api, check, live, migrate_verb, up, worker
from rowlock.cli.sales import token


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rowlock")
def main() -> None:
    """Reserved-seat ticketing that survives the on-sale."""


for verb in (up, api, live, worker, migrate_verb, check, plan, event, organiser, token, verify, ledger):
    main.add_command(verb)
