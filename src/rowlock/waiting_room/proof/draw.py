"""The draw: from a secret told by its hash before, and a list of people fixed since, to an order. Pure.

`RULES` names everything here; docs/adr/0024 says why it is so, and web/storefront/queue/draw.ts is the same again.
"""

from array import array
from collections.abc import Iterable, Sequence
from hashlib import sha256
from sys import byteorder
from typing import NamedTuple

from rowlock.waiting_room.proof.merkle import MerkleTree

RULES = "rowlock-draw-1"
SEED_BYTES = 32
PERSON_BYTES = 12
NOBODY = bytes(PERSON_BYTES)
"""Stands in the roster for a number that was never given."""
NO_RANK = 0xFFFFFFFF
GROUP = 16
"""People in a leaf: a tree of 16 a leaf costs a sixteenth of the hashes, and a proof shows 15 strangers' opaque ids."""
_COMMITMENT, _KEY = b"rowlock draw commitment 1\x00", b"rowlock draw key 1\x00"
_KEYS_A_HASH = 4


class Terms(NamedTuple):
    """What is promised before the draw. `closes_at` is RFC 3339 in UTC; no `beacon_source` means no beacon."""

    event: str
    round: int
    closes_at: str
    beacon_source: str

    def text(self) -> bytes:
        """The terms as they are hashed: a line for each, so no value may hold a line break."""
        return "\n".join((RULES, self.event, str(self.round), self.closes_at, self.beacon_source)).encode()


def commitment(seed: bytes, terms: Terms) -> bytes:
    """What is published before anybody is in the line: it binds the seed and the terms, and tells nothing of them."""
    return sha256(_COMMITMENT + seed + sha256(terms.text()).digest()).digest()


def draw_key(seed: bytes, committed: bytes, beacon: bytes, roster_root: bytes) -> bytes:
    """What the order comes from: nobody knows it before the seed, the beacon and the roster are all fixed."""
    return sha256(_KEY + seed + committed + sha256(beacon).digest() + roster_root).digest()


def roster_tree(people: bytes) -> MerkleTree:
    """The tree over the ids of numbers 0, 1, 2 ..., 12 bytes each."""
    return MerkleTree(groups(people, PERSON_BYTES))


def order_tree(order: Iterable[int]) -> MerkleTree:
    """The tree over the numbers in the order of the draw, 4 bytes each, big-endian."""
    return MerkleTree(groups(order_bytes(order), 4))


def order_bytes(order: Iterable[int]) -> bytes:
    """Numbers of 4 bytes each, big-endian."""
    numbers = array("I", order)
    if byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


def groups(data: bytes, size: int) -> list[bytes]:
    """The leaves of a tree: `GROUP` things of `size` bytes in each, fewer in the last."""
    width = GROUP * size
    return [data[start : start + width] for start in range(0, len(data), width)]


def numbers_given(people: bytes) -> Sequence[int]:
    """The numbers that somebody has, in order."""
    count = len(people) // PERSON_BYTES
    if NOBODY not in people:
        return range(count)
    return [no for no in range(count) if people[no * PERSON_BYTES : (no + 1) * PERSON_BYTES] != NOBODY]


def draw(key: bytes, people: bytes) -> list[int]:
    """The numbers in the order of the draw: each has a sort key made of `key` and itself, and the smallest is first."""
    keys = sort_keys(key, len(people) // PERSON_BYTES)
    # Sorting is stable and starts in number order, so of two equal keys the smaller number is first.
    return sorted(numbers_given(people), key=keys.__getitem__)


def sort_keys(key: bytes, count: int) -> list[float]:
    """A whole number below 2**53 for each place number. As floats, which compare fastest and hold 53 bits exactly."""
    blocks = -(-count // _KEYS_A_HASH)
    stream = array("Q", b"".join([sha256(key + block.to_bytes(8, "big")).digest() for block in range(blocks)]))
    if byteorder == "little":
        stream.byteswap()
    return [float(word >> 11) for word in stream[:count]]


def ranks(order: Sequence[int], count: int) -> "array[int]":
    """The rank of each number below `count`; `NO_RANK` where nobody has the number."""
    by_number = array("I", b"\xff" * (4 * count))
    for rank, no in enumerate(order):
        by_number[no] = rank
    return by_number
