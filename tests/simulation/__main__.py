"""`python -m tests.simulation`: schedules until one goes wrong; `--seed` plays one again and tells all its calls."""

import random
import time

import click
from tests.simulation.schedule import play


@click.command()
@click.option("--seed", type=int, help="Play only this schedule, and tell every call in it.")
@click.option("--schedules", default=10_000, show_default=True)
def main(seed: int | None, schedules: int) -> None:
    """Exit 1 at the first schedule that goes wrong, with its seed."""
    if seed is not None:
        found = play(seed, tell=True)
        click.echo("\n".join(found))
        raise SystemExit(any(play(seed)))
    first, started = random.SystemRandom().randrange(10**9), time.perf_counter()
    click.echo(f"{schedules} schedules from seed {first}")
    for number in range(first, first + schedules):
        if wrong := play(number):
            click.echo("\n".join(wrong), err=True)
            raise SystemExit(f"play it again with --seed {number}")
    click.echo(f"none went wrong; {schedules * 60 / (time.perf_counter() - started):,.0f} a minute")


main()
