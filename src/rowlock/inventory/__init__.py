"""Who owns a seat: the inventory engine, its ledger and the proof. See README.md here."""

from rowlock.inventory.choice import PARTY_MAX, Chart, Lack, NothingFits, PartyWish
from rowlock.inventory.chooser import SeatChooser
from rowlock.inventory.engine import SeatEngine
from rowlock.inventory.exact import ChartShelf, ExactPictures
from rowlock.inventory.model import (
    BeginPayment,
    BeginWord,
    Block,
    BlockKind,
    BlockOutcome,
    BlockWord,
    ChoiceOutcome,
    Choose,
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
    Unblock,
    UnblockWord,
)
from rowlock.inventory.replica import SeatPicture, SeatReplica
from rowlock.inventory.strategies import choose_strategy

__all__ = [
    "PARTY_MAX",
    "BeginPayment",
    "BeginWord",
    "Block",
    "BlockKind",
    "BlockOutcome",
    "BlockWord",
    "Chart",
    "ChartShelf",
    "ChoiceOutcome",
    "Choose",
    "ExactPictures",
    "Extend",
    "ExtendWord",
    "Hold",
    "HoldOutcome",
    "HoldWord",
    "InventoryEngine",
    "Lack",
    "NothingFits",
    "PartyWish",
    "Release",
    "ReleaseWord",
    "SeatChooser",
    "SeatEngine",
    "SeatPicture",
    "SeatReplica",
    "SeatState",
    "SettlePayment",
    "SettleWord",
    "Unblock",
    "UnblockWord",
    "choose_strategy",
]
