"""The waiting room: a line in front of a sale that is fair, that anybody can check, and that never overloads it."""

from rowlock.waiting_room.doorman import Doorman
from rowlock.waiting_room.parts import WaitingRoomParts, waiting_room_parts

__all__ = ["Doorman", "WaitingRoomParts", "waiting_room_parts"]
