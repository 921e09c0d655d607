"""What organisers do: venues, seating plans, events, prices, the sale switch, seats kept from sale."""

from rowlock.organiser.approvals import ApprovalDesk
from rowlock.organiser.blocks import BlockDesk
from rowlock.organiser.codes import CodeRegister
from rowlock.organiser.commands import Organiser
from rowlock.organiser.model import (
    BlockBody,
    BlockItem,
    BlockList,
    Created,
    EventBody,
    EventPatch,
    UnblockBody,
    VenueBody,
)
from rowlock.organiser.refunds import RefundDesk, RefundRunBody

__all__ = [
    "ApprovalDesk",
    "BlockBody",
    "BlockDesk",
    "BlockItem",
    "BlockList",
    "CodeRegister",
    "Created",
    "EventBody",
    "EventPatch",
    "Organiser",
    "RefundDesk",
    "RefundRunBody",
    "UnblockBody",
    "VenueBody",
]
