"""Who owns a seat: the inventory engine, its ledger and the proof. See README.md here."""

from rowlock.inventory.engine import SeatEngine
from rowlock.inventory.model import (
    BeginPayment,
    BeginWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWord,
    InventoryEngine,
    Release,
    ReleaseWord,
    SeatState,
    SettlePayment,
    SettleWord,
)
from rowlock.inventory.replica import SeatPicture, SeatReplica
from rowlock.inventory.strategies import choose_strategy

__all__ = [
    "BeginPayment",
    "BeginWord",
    "Extend",
    "ExtendWord",
    "Hold",
    "HoldOutcome",
    "HoldWord",
    "InventoryEngine",
    "Release",
    "ReleaseWord",
    "SeatEngine",
    "SeatPicture",
    "SeatReplica",
    "SeatState",
    "SettlePayment",
    "SettleWord",
    "choose_strategy",
]
