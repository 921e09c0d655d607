"""No card data anywhere: not in what we wrote, not in the schema, and not in what a purchase leaves behind."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.everything import everything_in_postgres
from tests.integration.http.conftest import BoxOffice, assert_problem

ROOT = Path(__file__).parents[2]
CARD = "4242424242424242"
NUMBERS = re.compile(
    r"(?<![\w.])(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|3[47]\d\d|6(?:011|5\d\d))(?:[ -]?\d{2,6}){2,4}(?!\w|\.\d)"
)
"""What begins like the number of a card of the large networks."""
FIELDS = re.compile(
    r"\b(?:card_?(?:number|holder|expiry|cvc)|primary_?account_?number|cvv2?|cvc2?|cc_?number|exp_?(?:month|year)"
    r"|track_?[12]|iban)\b",
    re.IGNORECASE,
)
WRITTEN = (".py", ".sql", ".ts", ".svelte", ".html", ".json", ".md", ".toml")


def card_numbers(text: str) -> Iterator[str]:
    """Numbers in the text that a card may have: of the right length, with the right check digit."""
    for found in NUMBERS.finditer(text):
        digits = [int(digit) for digit in found[0] if digit.isdigit()]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
        if 13 <= len(digits) <= 19 and (sum(digits[::-2]) + sum(doubled)) % 10 == 0:
            yield found[0]


def test_a_card_number_would_be_found() -> None:
    assert list(card_numbers(f"paid with {CARD}, 5555 5555 5555 4444 and 3782-822463-10005.")) == [
        CARD, "5555 5555 5555 4444", "3782-822463-10005",
    ]  # fmt: skip
    assert not list(card_numbers("4242424242424241 1795270046000000 4f4242424242424242"))


def test_nothing_we_wrote_has_a_card_number_or_a_field_for_one() -> None:
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in WRITTEN and "static" not in path.parts]
    files += [path for path in (ROOT / "web").rglob("*") if path.suffix in WRITTEN and "node_modules" not in path.parts]
    assert len(files) > 200
    for path in files:
        text = path.read_text("utf-8")
        assert not list(card_numbers(text)), path
        if path.suffix in {".py", ".sql", ".ts", ".svelte"}:
            assert not FIELDS.search(text), path


async def test_a_purchase_leaves_no_card_data(office: BoxOffice, capfd: pytest.CaptureFixture[str]) -> None:
    """Not even when a client sends some where none belongs."""
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    confirm = f"/bookings/{booking['bookingId']}/confirm"
    for mistaken in (CARD, "4242 4242 4242 4242", "4242-4242-4242-4242"):
        assert_problem(await buyer.post(confirm, {"paymentToken": mistaken}), 422, "invalid_request")
    body = {"paymentToken": "tok_ok", "cardNumber": CARD, "cvc": "123", "card": {"number": CARD}}
    paid = await buyer.post(confirm, body, idempotency_key="with-a-card")
    assert paid.status_code == 200, paid.text
    async with office.house.database.cold.acquire() as connection:
        columns, rows = await everything_in_postgres(connection)
    told = capfd.readouterr()
    assert len(rows) > 10
    assert not [column for column in columns if FIELDS.search(column)]
    for text in (*rows, told.out, told.err, paid.text):
        assert not list(card_numbers(text)), text
