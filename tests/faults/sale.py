"""Buyers who shop over HTTP, survive being cut off, and remember what they were told."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

ANSWER_SECONDS = 20.0
"""How long an answer may take: a request may wait in the listening socket's queue while its process starts again."""
SEATS_PER_ROW = 50
PURCHASES_PER_BUYER = 8
SEATS_PER_PURCHASE = 2
AS_FAR_AS = {"HOLD": {"HOLD"}, "PAYING": {"HOLD", "PAYMENT_PENDING", "CONFIRMED"}, "CONFIRMED": {"CONFIRMED"}}
"""What a booking may be found as, by what its buyer knows of it: who asked to pay and heard nothing knows little."""


class CutOffError(Exception):
    """The connection broke, or the server could not answer."""


@dataclass
class Purchase:
    """Seats that one buyer wants, and what the buyer has been told of them."""

    seat_ids: list[str]
    pays: bool
    booking_id: str | None = None
    known: str | None = None
    cut_off: bool = False

    @property
    def closed(self) -> bool:
        """Whether the buyer has all that was wanted, or gave up for want of an answer."""
        return self.cut_off or self.known == ("CONFIRMED" if self.pays else "HOLD")


class Buyer:
    """Makes one purchase after the other; every fourth one is held and never paid for."""

    def __init__(self, token: str, number: int) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        first = number * PURCHASES_PER_BUYER * SEATS_PER_PURCHASE
        starts = range(first, first + PURCHASES_PER_BUYER * SEATS_PER_PURCHASE, SEATS_PER_PURCHASE)
        self.purchases = [
            Purchase([_seat_id(start + place) for place in range(SEATS_PER_PURCHASE)], pays=place % 4 != 3)
            for place, start in enumerate(starts)
        ]

    async def buy(self, client: httpx.AsyncClient, event_id: str, purchase: Purchase) -> None:
        """Reserve, then pay; CutOffError when an answer does not come."""
        wanted = {"eventId": event_id, "seatIds": purchase.seat_ids}
        booking = await self._post(client, "/api/v1/bookings/reserve", wanted, 201)
        purchase.booking_id, purchase.known = booking["bookingId"], "HOLD"
        if purchase.pays:
            purchase.known = "PAYING"
            path = f"/api/v1/bookings/{purchase.booking_id}/confirm"
            await self._post(client, path, {"paymentToken": "tok_ok"}, 200)
            purchase.known = "CONFIRMED"

    async def look(self, client: httpx.AsyncClient, purchase: Purchase) -> None:
        """What was acknowledged must be there, with its seats and its status."""
        assert purchase.known is not None
        answer = await client.get(f"/api/v1/bookings/{purchase.booking_id}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        booking = answer.json()
        assert booking["status"] in AS_FAR_AS[purchase.known]
        assert [seat["id"] for seat in booking["seats"]] == purchase.seat_ids

    async def _post(
        self, client: httpx.AsyncClient, path: str, body: Mapping[str, object], expected: int
    ) -> dict[str, str]:
        try:
            answer = await client.post(path, json=body, headers=self._headers)
        except httpx.TransportError as error:
            raise CutOffError(str(error)) from error
        if answer.status_code >= 500:
            raise CutOffError(answer.text)
        assert answer.status_code == expected, answer.text
        booking: dict[str, str] = answer.json()
        return booking


class Sale:
    """All buyers of one event at once."""

    def __init__(self, event_id: str, tokens: list[str]) -> None:
        self._event_id = event_id
        self._buyers = [Buyer(token, number) for number, token in enumerate(tokens)]
        self._half_sold = asyncio.Event()

    @property
    def acknowledged(self) -> list[tuple[Buyer, Purchase]]:
        """Every purchase of which its buyer holds an answer."""
        return [(buyer, one) for buyer in self._buyers for one in buyer.purchases if one.booking_id is not None]

    @property
    def open(self) -> int:
        """How many purchases are not closed."""
        return sum(not purchase.closed for buyer in self._buyers for purchase in buyer.purchases)

    async def half_sold(self) -> None:
        """Wait until half of all purchases are closed."""
        await asyncio.wait_for(self._half_sold.wait(), ANSWER_SECONDS)

    async def go_on(self, url: str) -> int:
        """Buy what is still wanted until it is bought or the line is cut; how many buyers were interrupted."""
        async with _client(url) as client:
            outcomes = await asyncio.gather(*(self._shop(client, buyer) for buyer in self._buyers))
        return outcomes.count(False)

    async def look(self, url: str) -> int:
        """Ask for every acknowledged booking; how many there are."""
        known = self.acknowledged
        async with _client(url) as client:
            await asyncio.gather(*(buyer.look(client, purchase) for buyer, purchase in known))
        return len(known)

    async def _shop(self, client: httpx.AsyncClient, buyer: Buyer) -> bool:
        for purchase in buyer.purchases:
            if not purchase.closed:
                try:
                    await buyer.buy(client, self._event_id, purchase)
                except CutOffError:
                    purchase.cut_off = True
                    return False
                if self.open <= len(self._buyers) * PURCHASES_PER_BUYER // 2:
                    self._half_sold.set()
        return True


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=ANSWER_SECONDS)


def _seat_id(seat_no: int) -> str:
    row, place = divmod(seat_no, SEATS_PER_ROW)
    return f"S-{row + 1}-{place + 1}"
