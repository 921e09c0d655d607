"""The `rowlock` command. Each module here holds the verbs of one matter."""

from importlib import import_module

import click

from rowlock import __version__

VERBS = {
    "up": "supervisor:up",
    "api": "roles:api",
    "live": "roles:live",
    "worker": "roles:worker",
    "inbox": "roles:inbox",
    "migrate": "roles:migrate_verb",
    "check": "roles:check",
    "plan": "plans:plan",
    "event": "refunds:event",
    "code": "codes:code",
    "organiser": "organisers:organiser",
    "account": "accounts:account",
    "token": "sales:token",
    "client": "clients:client",
    "keys": "keys:keys",
    "verify": "proof:verify",
    "ledger": "proof:ledger",
    "audit": "audit:audit",
    "queue": "queue_rooms:queue",
    "bots": "bots:bots",
    "surge": "bots:surge",
    "jobs": "jobs:jobs",
    "money": "money:money",
    "privacy": "privacy:privacy",
    "secrets": "secrets:secrets",
    "dev": "dev:dev",
}
"""The module of each verb and its name there; `blocks`, `clock`, `refunds` and `waitlists` add verbs to `event`,
`queue_rooms` to `queue`."""


class Verbs(click.Group):
    """Loads the module of the verb that is called, and no other: some take half a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        """The verbs in order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb, None when there is none of that name."""
        if cmd_name not in VERBS:
            return None
        module, name = VERBS[cmd_name].split(":")
        verb = getattr(import_module(f"rowlock.cli.{module}"), name)
        assert isinstance(verb, click.Command)
        return verb


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rowlock")
def main() -> None:
    """Reserved-seat ticketing that survives the on-sale."""
