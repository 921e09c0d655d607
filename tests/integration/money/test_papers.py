"""Receipts and credit notes: numbered without gaps, the same for good, and for their owners."""

import asyncio
import uuid
from io import BytesIO

import asyncpg
import pytest
from pypdf import PdfReader
from tests.integration.http.browsers import mails_to, text_of
from tests.integration.http.conftest import BoxOffice, assert_problem
from tests.integration.money.conftest import Trade

from rowlock.identity import HOUSE
from rowlock.money.documents import set_organiser_papers

NUMBERS = "SELECT series, number FROM documents ORDER BY series, number"
ISSUE = "SELECT * FROM issue_documents_v1('{1}', 'R', ARRAY[$1::uuid], '{NULL}', '{\"{}\"}')"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%issue_documents_v1%'
"""
MAIL = "guest@example.com"


def words_of(pdf: bytes) -> str:
    """What stands in a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


async def test_a_receipt_says_who_sold_what_for_how_much(trade: Trade) -> None:
    async with trade.database.cold.acquire() as connection:
        await set_organiser_papers(connection, HOUSE, "Dvořák & Söhne Ελλάδα", "Straße 1\n10115 Berlin", "DE123")
    buyer = trade.office.caller()
    booking = await trade.sell("S-1-1", "S-2-1", caller=buyer)
    await trade.worker.work()
    answer = await buyer.get(f"/bookings/{booking['bookingId']}/receipt.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    words = words_of(answer.content)
    for told in (
        "Dvořák & Söhne Ελλάδα",
        "10115 Berlin",
        "DE123",
        "R1-000001",
        "Stalls, Row 1, Seat 1 (VIP)",
        "€144.50",
        "Test night",
    ):
        assert told in words, (told, words)
    assert (await buyer.get(f"/bookings/{booking['bookingId']}/receipt.pdf")).content == answer.content


async def test_a_refund_has_a_credit_note_and_its_buyer_a_mail(trade: Trade) -> None:
    buyer = trade.office.caller()
    booking = await trade.sell("S-1-1", "S-2-1", caller=buyer)
    path = f"/bookings/{booking['bookingId']}"
    await buyer.post(f"{path}/contact", {"email": MAIL})
    await trade.give_back(booking, 10)
    await trade.worker.work()
    papers = (await buyer.get(f"{path}/documents")).json()["items"]
    assert [(paper["number"], paper["total"]["amount"]) for paper in papers] == [
        ("R1-000001", "144.50"), ("C1-000001", "49.50")
    ]  # fmt: skip
    words = words_of((await buyer.get(f"{path}/documents/C1-000001")).content)
    assert "R1-000001" in words
    assert "-€49.50" in words
    assert "Stalls, Row 2, Seat 1 (Regular)" in words
    assert "Row 1" not in words
    told = (await mails_to(trade.office, MAIL))[-1]
    assert told["Subject"] == "€49.50 go back to you: Test night"
    assert booking["reference"] in text_of(told)
    await trade.give_back(booking)
    await trade.worker.work()
    assert [tuple(row) for row in await trade.database.fetch(NUMBERS)] == [("C", 1), ("C", 2), ("R", 1)]
    assert len(await mails_to(trade.office, MAIL)) == 3


async def test_numbers_have_no_gaps_whoever_draws_them_at_once(trade: Trade) -> None:
    bookings = [
        uuid.UUID((await trade.sell(f"S-{row}-{place}"))["bookingId"]) for row in (1, 2) for place in range(1, 9)
    ]
    documents = trade.worker.api.documents
    numbers = await asyncio.gather(*(documents.receipt(booking) for booking in bookings for _ in range(2)))
    assert sorted(set(numbers), key=str) == [f"R1-{number:06d}" for number in range(1, 17)]
    assert all(numbers[place] == numbers[place + 1] for place in range(0, 32, 2))


async def test_who_comes_to_a_paper_second_finds_it(trade: Trade) -> None:
    """One has the counter and is about to number a booking's receipt; another waits for that, and draws no number."""
    earlier, booking = [uuid.UUID((await trade.sell(seat))["bookingId"]) for seat in ("S-1-1", "S-1-2")]
    documents = trade.worker.api.documents
    await documents.receipt(earlier)
    async with trade.database.cold.acquire() as connection, connection.transaction():
        await connection.fetch("SELECT 1 FROM document_numbers FOR UPDATE")
        second = asyncio.create_task(documents.receipt(booking))
        while not await trade.database.cold.fetchval(WAITING):
            assert not second.done()
        await connection.fetch(ISSUE, booking)
    assert await second == "R1-000002"


async def test_a_number_that_is_not_used_is_not_drawn(trade: Trade) -> None:
    """Whoever numbers a paper and then fails leaves no gap behind."""
    documents = trade.worker.api.documents
    first, second = [uuid.UUID((await trade.sell(seat))["bookingId"]) for seat in ("S-1-1", "S-1-2")]
    async with trade.database.cold.acquire() as connection:
        failing = connection.transaction()
        await failing.start()
        await connection.fetch(ISSUE, first)
        await failing.rollback()
    assert await documents.receipt(second) == "R1-000001"


async def test_papers_never_change(trade: Trade) -> None:
    await trade.worker.api.documents.receipt(uuid.UUID((await trade.sell("S-1-1"))["bookingId"]))
    for change in ("UPDATE documents SET number = 2", "DELETE FROM documents"):
        with pytest.raises(asyncpg.PostgresError, match="documents rows never change"):
            await trade.database.cold.execute(change)


async def test_what_is_not_paid_has_no_receipt_and_strangers_have_none(trade: Trade, office: BoxOffice) -> None:
    buyer = office.caller()
    held = await office.hold(buyer, "S-5-5")
    assert_problem(await buyer.get(f"/bookings/{held['bookingId']}/receipt.pdf"), 409, "booking_closed")
    paid = await trade.sell("S-1-1", caller=buyer)
    stranger = office.caller()
    assert_problem(await stranger.get(f"/bookings/{paid['bookingId']}/receipt.pdf"), 404, "booking_not_found")
    assert_problem(await buyer.get(f"/bookings/{paid['bookingId']}/documents/R1-000009"), 404, "not_found")
