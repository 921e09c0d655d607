"""Who owns a seat: the inventory engine, its ledger and the proof. See README.md here."""

from rowlock.inventory.choice import PARTY_MAX, Chart, Lack, NothingFits, OrphansLeft, PartyWish, SeatWish
from rowlock.inventory.chooser import SeatChooser
from rowlock.inventory.engine import SeatEngine
from rowlock.inventory.exact import ChartShelf, ExactPictures
from rowlock.inventory.ledger import seat_states
from rowlock.inventory.model import (
    Accept,
    AcceptWord,
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
    Shorten,
    Unblock,
    UnblockWord,
)
from rowlock.inventory.replica import SeatPicture, SeatReplica
from rowlock.inventory.rules import PickRules
from rowlock.inventory.strategies import choose_strategy
from rowlock.inventory.tails import LedgerTail, read_end, read_rows, read_tails

__all__ = [
    "PARTY_MAX",
    "Accept",
    "AcceptWord",
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
    "LedgerTail",
    "NothingFits",
    "OrphansLeft",
    "PartyWish",
    "PickRules",
    "Release",
    "ReleaseWord",
    "SeatChooser",
    "SeatEngine",
    "SeatPicture",
    "SeatReplica",
    "SeatState",
    "SeatWish",
    "SettlePayment",
    "SettleWord",
    "Shorten",
    "Unblock",
    "UnblockWord",
    "choose_strategy",
    "read_end",
    "read_rows",
    "read_tails",
    "seat_states",
]
