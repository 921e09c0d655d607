"""The naive application's tables, as its ORM maps them."""

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables."""


class Booking(Base):
    """A buyer's hold."""

    __tablename__ = "bookings"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    status: Mapped[str]
    hold_expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Seat(Base):
    """One seat of one event, by its number."""

    __tablename__ = "seats"
    event_id: Mapped[int] = mapped_column(primary_key=True)
    seat_no: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bookings.id"))
    hold_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
