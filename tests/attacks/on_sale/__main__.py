"""`python -m tests.attacks.on_sale [SALES]`: the five classes of bots against the sale, over so many sales."""

import sys

import click
from tests.attacks.on_sale.report import Row, attack_rows

if __name__ == "__main__":
    rows = attack_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    for row in (Row._fields, *rows):
        click.echo(" | ".join(row))
