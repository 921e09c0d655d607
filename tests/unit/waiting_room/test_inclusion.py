"""A place's proof: the tree is RFC 6962's, every member has a path, and nobody else has."""

from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.waiting_room.written import people, person

from rowlock.waiting_room.proof import NOBODY, PlaceProver, draw, order_tree, roster_tree
from rowlock.waiting_room.proof.merkle import MerkleTree, root_by_path

KEY = bytes(32)


def tree_head(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it: split at the largest power of two below the length."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_the_tree_is_the_one_of_the_standard(leaves: list[bytes]) -> None:
    assert MerkleTree(leaves).root == tree_head(leaves)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_a_path_leads_to_the_root_for_its_own_leaf_only(leaves: list[bytes], data: st.DataObject) -> None:
    tree, index = MerkleTree(leaves), data.draw(st.integers(0, len(leaves) - 1))
    path = tree.path(index)
    assert root_by_path(leaves[index], index, len(leaves), path) == tree.root
    assert root_by_path(leaves[index] + b"x", index, len(leaves), path) != tree.root
    assert root_by_path(leaves[index], index, len(leaves), (*path, KEY)) is None
    if path:
        assert root_by_path(leaves[index], index, len(leaves), path[:-1]) is None
        assert root_by_path(leaves[index], index, len(leaves), (*path[:-1], KEY)) != tree.root
    for other in range(-1, len(leaves) + 1):
        if other != index and (other not in range(len(leaves)) or leaves[other] != leaves[index]):
            assert root_by_path(leaves[index], other, len(leaves), path) != tree.root


@given(st.integers(1, 70), st.data())
def test_everybody_drawn_has_a_proof_and_it_holds_for_nobody_else(crowd: int, data: st.DataObject) -> None:
    ids = people(0, crowd) + NOBODY + people(500, 3)
    order = draw(KEY, ids)
    prover, roots = PlaceProver("12", 1, ids, order), (roster_tree(ids).root.hex(), order_tree(order).root.hex())
    number = data.draw(st.sampled_from(order))
    proof = prover.prove(number)
    assert proof is not None
    assert proof.faults(*roots) == []
    assert (proof.number, order[proof.rank]) == (number, number)
    told = msgspec.json.decode(msgspec.json.encode(proof), type=type(proof))
    assert told.faults(*roots) == []
    assert msgspec.structs.replace(proof, person=person(400).hex()).faults(*roots)
    assert msgspec.structs.replace(proof, person="").faults(*roots)
    assert msgspec.structs.replace(proof, number=number + 1).faults(*roots)
    assert msgspec.structs.replace(proof, rank=proof.rank + 1).faults(*roots)
    assert msgspec.structs.replace(proof, roster=proof.order).faults(*roots)
    assert msgspec.structs.replace(proof, order=msgspec.structs.replace(proof.order, leaf="zz")).faults(*roots)


def test_a_number_of_nobody_has_no_proof() -> None:
    ids = people(0, 3) + NOBODY
    prover = PlaceProver("12", 1, ids, draw(KEY, ids))
    assert [prover.prove(no) is None for no in (-1, 0, 2, 3, 4)] == [True, False, False, True, True]
