"""One person's proof: that their id was in the draw, and that the order has them where they stand. Pure."""

from collections.abc import Sequence

import msgspec

from rowlock.waiting_room.proof.draw import (
    GROUP,
    NO_RANK,
    PERSON_BYTES,
    order_bytes,
    order_tree,
    ranks,
    roster_tree,
)
from rowlock.waiting_room.proof.merkle import root_by_path


class Branch(msgspec.Struct, frozen=True):
    """A leaf of one of the two trees, and the way from it to the root; all bytes as lower-case hex."""

    leaf: str
    index: int
    leaves: int
    path: tuple[str, ...]

    def root(self) -> str | None:
        """The root that this leads to; None when it leads nowhere."""
        try:
            leaf, path = bytes.fromhex(self.leaf), [bytes.fromhex(node) for node in self.path]
        except ValueError:
            return None
        root = root_by_path(leaf, self.index, self.leaves, path)
        return None if root is None else root.hex()


class PlaceProof(msgspec.Struct, frozen=True):
    """`person` (hex) has `number` in the roster; in the order that was drawn, that number is at `rank`."""

    event: str
    round: int
    person: str
    number: int
    rank: int
    roster: Branch
    order: Branch

    def faults(self, roster_root: str, order_root: str) -> list[str]:
        """What does not hold, against the two roots of the public record."""
        width, found = 2 * PERSON_BYTES, []
        where = self.number % GROUP
        if (self.roster.index, self.roster.root()) != (self.number // GROUP, roster_root):
            found.append("the roster does not hold this part of it")
        if len(self.person) != width or self.roster.leaf[where * width : (where + 1) * width] != self.person:
            found.append(f"{self.person} is not the one with number {self.number}")
        where = self.rank % GROUP
        if (self.order.index, self.order.root()) != (self.rank // GROUP, order_root):
            found.append("the order does not hold this part of it")
        if self.order.leaf[8 * where : 8 * where + 8] != order_bytes([self.number]).hex():
            found.append(f"number {self.number} is not at rank {self.rank}")
        return found


class PlaceProver:
    """Makes the proofs of one draw. A million people: about 12 MB for their ids, 8 for the order, 8 for the trees."""

    def __init__(self, event: str, round_no: int, people: bytes, order: Sequence[int]) -> None:
        self._event, self._round = event, round_no
        self._people, self._order = people, order_bytes(order)
        self._ranks = ranks(order, len(people) // PERSON_BYTES)
        self._roster_tree, self._order_tree = roster_tree(people), order_tree(order)

    def prove(self, number: int) -> PlaceProof | None:
        """The proof for a place number; None when it was not drawn."""
        if not 0 <= number < len(self._ranks) or self._ranks[number] == NO_RANK:
            return None
        rank = self._ranks[number]
        return PlaceProof(
            event=self._event,
            round=self._round,
            person=self._people[number * PERSON_BYTES : (number + 1) * PERSON_BYTES].hex(),
            number=number,
            rank=rank,
            roster=_branch(self._people, PERSON_BYTES, number, self._roster_tree.path(number // GROUP)),
            order=_branch(self._order, 4, rank, self._order_tree.path(rank // GROUP)),
        )


def _branch(data: bytes, size: int, at: int, path: Sequence[bytes]) -> Branch:
    width, index = GROUP * size, at // GROUP
    leaf = data[index * width : (index + 1) * width]
    return Branch(leaf.hex(), index, -(-len(data) // width), tuple(node.hex() for node in path))
