"""Merkle trees as in RFC 6962: one hash stands for a whole list, and a short path shows what is in it. Pure."""

from collections.abc import Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
"""What leaves and nodes are hashed with, so that neither passes for the other."""
EMPTY_ROOT = sha256().digest()


class MerkleTree:
    """The tree over a list of leaves. 32 bytes a node; it keeps its nodes, not its leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        level = [sha256(LEAF + leaf).digest() for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            above = [sha256(NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
            # A node without a neighbour goes up as it is: the same tree as RFC 6962's split by powers of two.
            level = above + level[len(above) * 2 :]
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """The 32 bytes that stand for the list."""
        return self._levels[-1][0] if self._levels[0] else EMPTY_ROOT

    def path(self, index: int) -> tuple[bytes, ...]:
        """The neighbours on the way from a leaf up to the root; IndexError when there is no such leaf."""
        if not 0 <= index < len(self._levels[0]):
            raise IndexError(index)
        path = []
        for level in self._levels[:-1]:
            neighbour = index ^ 1
            if neighbour < len(level):
                path.append(level[neighbour])
            index >>= 1
        return tuple(path)


def root_by_path(leaf: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a list of `leaves` has if `leaf` is its `index`-th; None when no such path can be."""
    if not 0 <= index < leaves:
        return None
    digest, left = sha256(LEAF + leaf).digest(), list(reversed(path))
    last = leaves - 1
    while last:
        if index % 2 or index < last:
            if not left:
                return None
            neighbour = left.pop()
            digest = sha256(NODE + (neighbour + digest if index % 2 else digest + neighbour)).digest()
        index, last = index >> 1, last >> 1
    return None if left else digest
