"""`python -m tests.attacks`: every attack, long. Exit 1 when one got through."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import click
from defusedxml import ElementTree
from tests.attacks.documented import EVERYBODY, hold_to_the_document
from tests.attacks.fuzzing import AVAILABLE, FUZZERS, WHY_NOT, run_fuzzer
from tests.attacks.on_sale.report import Row as SaleRow
from tests.attacks.on_sale.report import attack_rows
from tests.attacks.rows import Row
from tests.attacks.target import target

from rowlock.platform.telemetry.logs import configure_logs

ROOT = Path(__file__).parents[2]
REPORT = "docs/attacks.md"
REPORT_HEAD = """# Attacks

What `make attack ARGS=--report` tried, and what got through. Each attack is a module of `tests/attacks`, where it says
what counts as getting through; `make test` runs all of them short.

"""
SALES_HEAD = """
## Bots in an on-sale

Five classes of bots against one sale, played under virtual time; [what that means](../tests/attacks/on_sale/README.md).

"""
EXAMPLES_A_MINUTE = 40
"""Of each operation and role, while schemathesis gets its fifth of the time."""


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="How long, about.")
@click.option("--seed", type=int, default=lambda: int(time.time()), help="Of what is random; else another each time.")
@click.option("--report", is_flag=True, help=f"Write the table to {REPORT}.")
def main(minutes: float, seed: int, report: bool) -> None:
    """Attack in every known way."""
    configure_logs("error", "attacks")
    click.echo(f"seed {seed}")
    rows = asyncio.run(_attack(minutes, seed))
    sales = attack_rows(max(1, round(minutes)))
    for sale in (SaleRow._fields, *sales):
        click.echo(" | ".join(sale))
    through = [way for row in rows for way in row.through]
    if report and not through:
        (ROOT / REPORT).write_text(REPORT_HEAD + _table(rows) + SALES_HEAD + _sales_table(sales), "utf-8")
    for way in through:
        click.echo(way, err=True)
    if through:
        raise click.ClickException(f"{len(through)} attacks got through")
    click.echo(f"{sum(row.tries for row in rows)} attacks, none got through")


async def _attack(minutes: float, seed: int) -> list[Row]:
    rows = []
    async for row in _attacks(minutes, seed):
        click.echo(f"{row.attack:45} {row.tries:>9} tries  {len(row.through):>3} through  {row.seconds:6.1f} s")
        rows.append(row)
    return rows


async def _attacks(minutes: float, seed: int) -> AsyncIterator[Row]:
    """One after the other: two fifths for the fuzzers, two for the documented API, the rest as long as it takes."""
    async for row in _short_ones():
        yield row
    if AVAILABLE:
        for name in FUZZERS:
            seconds = int(minutes * 24 / len(FUZZERS)) + 1
            yield await run_fuzzer(name, f"-seed={seed % 2**31}", f"-max_total_time={seconds}")
    else:
        click.echo(f"not fuzzed: {WHY_NOT}")
    async with target() as office:
        for role in EVERYBODY:
            examples = max(3, int(minutes * EXAMPLES_A_MINUTE / len(EVERYBODY)))
            yield await hold_to_the_document(office, role, examples=examples, seed=seed)


async def _short_ones() -> AsyncIterator[Row]:
    """The attacks whose whole list is tried in seconds, as `make test` does: a row for each of their modules."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        tests = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "tests/attacks", f"--junit-xml={results}"),
            *("--deselect", "tests/attacks/test_fuzzers.py", "--deselect", "tests/attacks/test_document.py"),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await tests.wait()
        cases = list(ElementTree.parse(results).iter("testcase"))
    for module in sorted({case.get("classname", "") for case in cases}):
        ours = [case for case in cases if case.get("classname", "") == module]
        failed = tuple(f"{module} {case.get('name')}" for case in ours if case.find("failure") is not None)
        seconds = sum(float(case.get("time", 0)) for case in ours)
        yield Row(module.rpartition(".test_")[2].replace("_", " "), len(ours), failed, seconds)


def _table(rows: list[Row]) -> str:
    head = "| attack | tries | got through | seconds |\n|---|---:|---:|---:|\n"
    return head + "".join(f"| {row.attack} | {row.tries} | {len(row.through)} | {row.seconds:.0f} |\n" for row in rows)


def _sales_table(rows: list[SaleRow]) -> str:
    names = [name.replace("_", " ") for name in SaleRow._fields]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (names, ["---"] * len(names), *rows))


if __name__ == "__main__":
    main()
