"""`python -m tests.seeded_bugs`: every bug must be caught; `--only NAME` tries one. Exit 1 when one survives."""

import tempfile
from pathlib import Path

import click
from tests.seeded_bugs.trial import ROOT, SeededBug, Trial, seeded_bugs, try_bug, try_sound

from rowlock.platform.embedded import EmbeddedServers, Servers

REPORT_HEAD = """# Seeded bugs

Each of these faults was put alone into a copy of the source, and the named tests were run on the copy; without a fault
they all pass. The faults stand in `tests/seeded_bugs/bugs.toml`. `make seeded-bugs ARGS=--report` tries them all and
writes this page anew; `make test` tries the quick ones, and that every fault still fits the source.

"""
REPORT = "docs/seeded-bugs.md"


@click.command()
@click.option("--only", "names", multiple=True, help="Try the bug of this name; may be given several times.")
@click.option("--report", is_flag=True, help=f"Write the table to {REPORT}.")
def main(names: tuple[str, ...], report: bool) -> None:
    """Try the bugs one after the other."""
    bugs = [bug for bug in seeded_bugs() if not names or bug.name in names]
    if not bugs or (report and names):
        raise click.ClickException("there is no bug of that name" if not bugs else "a report tells of all bugs")
    with tempfile.TemporaryDirectory(prefix="rowlock-seeded-bugs-") as folder, EmbeddedServers() as embedded:
        tried = _try_all(bugs, embedded.start(Path(folder)))
    survivors = [bug.name for bug, trial in tried if not trial.failed]
    if report and not survivors:
        (ROOT / REPORT).write_text(REPORT_HEAD + _table(tried), "utf-8")
    click.echo(f"{len(tried) - len(survivors)} of {len(tried)} bugs caught")
    if survivors:
        raise click.ClickException(f"survived: {', '.join(survivors)}")


def _try_all(bugs: list[SeededBug], servers: Servers) -> list[tuple[SeededBug, Trial]]:
    sound = try_sound((test for bug in bugs for test in bug.caught_by), servers)
    if sound.failed or sound.broken:
        raise click.ClickException(f"fails without a bug: {', '.join(sound.failed + sound.broken)}")
    click.echo(f"without a bug every test passes ({sound.seconds:.0f} s)")
    tried = []
    for bug in bugs:
        trial = try_bug(bug, servers)
        tried.append((bug, trial))
        verdict = ", ".join(trial.failed) or f"SURVIVED {', '.join(trial.broken)}"
        click.echo(f"{bug.name:45} {trial.seconds:5.1f} s  {verdict}")
    return tried


def _table(tried: list[tuple[SeededBug, Trial]]) -> str:
    head = "| bug | what it breaks | caught by | seconds |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {bug.name} | {bug.breaks} | {'<br>'.join(f'`{test}`' for test in trial.failed)} | {trial.seconds:.1f} |\n"
        for bug, trial in tried
    )


main()
