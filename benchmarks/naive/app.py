"""The naive hold of four seats: lock the seats, look, insert a booking, update the seats, commit.

No tokens, no limits, no ledger, no expiry: it does less than Rowlock does.
"""

import os
import uuid
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from benchmarks.naive.tables import Booking, Seat

HOLD = timedelta(minutes=5)
CONNECTIONS = 16


class ReserveBody(BaseModel):
    """Which seats of which event."""

    eventId: int  # noqa: N815  the contract's names
    seatIds: list[int]  # noqa: N815


engine = create_async_engine(os.environ["NAIVE_DATABASE_URL"], pool_size=CONNECTIONS, max_overflow=0, pool_timeout=60)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


@app.post("/bookings/reserve", status_code=201)
async def reserve(body: ReserveBody) -> dict[str, object]:
    """Hold seats, all or none."""
    wanted = select(Seat).where(Seat.event_id == body.eventId, Seat.seat_no.in_(body.seatIds))
    async with new_session() as session, session.begin():
        seats = (await session.scalars(wanted.order_by(Seat.seat_no).with_for_update())).all()
        taken = [seat.seat_no for seat in seats if seat.status != "AVAILABLE"]
        if taken:
            raise HTTPException(409, {"code": "seat_unavailable", "conflicts": taken})
        expires_at = datetime.now(UTC) + HOLD
        booking = Booking(id=uuid.uuid4(), event_id=body.eventId, status="HOLD", hold_expires_at=expires_at)
        session.add(booking)
        await session.flush()
        for seat in seats:
            seat.status, seat.booking_id, seat.hold_expires_at = "HOLD", booking.id, expires_at
    return {"bookingId": str(booking.id), "status": "HOLD", "expiresAt": expires_at.isoformat()}
