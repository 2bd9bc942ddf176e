"""The tree: known answers of the Certificate Transparency project, and the naive definition on random trees."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters.tlog.edge import Edge
from claimdesk.adapters.tlog.prove import Tree, tile_widths
from claimdesk.adapters.tlog.verifier.tree import (
    EMPTY_ROOT,
    fold,
    is_consistent,
    leaf_hash,
    node_hash,
    root_from_inclusion,
    tile_path,
)
from tlog.made import leaf, mth, path, sha, subproof

# The inputs and roots that the reference implementations of RFC 6962 are tested with.
INPUTS = [
    b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, size, path), as in the same tests; leaf counted from 0.
INCLUSION = [
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
CONSISTENCY = [
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip


def tree_of(leaves: list[bytes]) -> Tree:
    """A tree over tiles that were filled the way the sequencer fills them."""
    edge = Edge()
    rows: dict[int, list[bytes]] = {}
    for level, fresh in edge.add(leaves).items():
        rows.setdefault(level, []).extend(fresh)
    return Tree(len(leaves), lambda level, number: b"".join(rows[level][256 * number : 256 * number + 256]))


def hexes(hashes: list[bytes]) -> list[str]:
    return [h.hex() for h in hashes]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size):
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    edge = Edge()
    edge.add(leaves)
    assert edge.root().hex() == ROOTS[size] == tree_of(leaves).root().hex() == mth(leaves).hex()
    assert (fold(b"".join(leaves)) or EMPTY_ROOT).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "wanted"), INCLUSION)
def test_known_inclusion_proofs(index, size, wanted):
    leaves = [leaf_hash(data) for data in INPUTS]
    assert hexes(tree_of(leaves).inclusion(index, size)) == wanted
    found = root_from_inclusion(index, size, leaves[index], [bytes.fromhex(h) for h in wanted])
    assert found is not None
    assert found.hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "new", "wanted"), CONSISTENCY)
def test_known_consistency_proofs(old, new, wanted):
    leaves = [leaf_hash(data) for data in INPUTS]
    assert hexes(tree_of(leaves).consistency(old, new)) == wanted
    roots = [bytes.fromhex(h) for h in ROOTS]
    assert is_consistent(old, new, roots[old], roots[new], [bytes.fromhex(h) for h in wanted])


def test_every_proof_of_small_trees_is_the_naive_one_and_checks_out():
    leaves = [leaf(str(i).encode()) for i in range(40)]
    tree = tree_of(leaves)
    for size in range(len(leaves) + 1):
        root = mth(leaves[:size])
        assert tree.root(size) == root
        for index in range(size):
            proof = tree.inclusion(index, size)
            assert proof == path(index, leaves[:size])
            assert root_from_inclusion(index, size, leaves[index], proof) == root
        for old in range(size + 1):
            proof = tree.consistency(old, size)
            assert proof == (subproof(old, leaves[:size]) if 0 < old < size else [])
            assert is_consistent(old, size, mth(leaves[:old]), root, proof)


@given(st.integers(1, 1400), st.data())
def test_trees_over_several_tiles(size, data):
    leaves = [sha(str(i).encode()) for i in range(size)]
    tree, root = tree_of(leaves), mth(leaves)
    assert tree.root() == root
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index)
    assert proof == path(index, leaves)
    assert root_from_inclusion(index, size, leaves[index], proof) == root
    old = data.draw(st.integers(1, size))
    assert is_consistent(old, size, mth(leaves[:old]), root, tree.consistency(old))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_batches_make_the_tree_that_one_batch_makes(batches):
    leaves = [sha(str(i).encode()) for i in range(sum(batches))]
    edge, rows, done = Edge(), {}, 0
    for count in batches:
        edge = Edge(edge.size, edge.packed())  # as it is kept between two runs
        for level, fresh in edge.add(leaves[done : done + count]).items():
            rows.setdefault(level, []).extend(fresh)
        done += count
        assert edge.root() == mth(leaves[:done])
    once = Edge()
    assert rows == once.add(leaves)
    assert once.packed() == edge.packed()
    assert [len(rows[level]) for level in sorted(rows)] == tile_widths(done)


@given(st.integers(2, 500), st.data())
def test_a_wrong_proof_proves_nothing(size, data):
    leaves = [sha(str(i).encode()) for i in range(size)]
    tree, root = tree_of(leaves), mth(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index)
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    change = rng.choice(("byte", "drop", "more", "index", "leaf"))
    given_index, given_leaf = index, leaves[index]
    if change == "byte":
        place = rng.randrange(len(proof))
        proof[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    elif change == "drop":
        proof.pop(rng.randrange(len(proof)))
    elif change == "more":
        proof.insert(rng.randrange(len(proof) + 1), sha(b"more"))
    elif change == "index":
        given_index = (index + rng.randrange(1, size)) % size
    else:
        given_leaf = sha(b"other")
    assert root_from_inclusion(given_index, size, given_leaf, proof) != root


@given(st.integers(2, 500), st.data())
def test_a_wrong_history_is_not_consistent(size, data):
    leaves = [sha(str(i).encode()) for i in range(size)]
    old = data.draw(st.integers(1, size - 1))
    proof, root, before = tree_of(leaves).consistency(old), mth(leaves), mth(leaves[:old])
    assert is_consistent(old, size, before, root, proof)
    assert not is_consistent(old, size, sha(b"x"), root, proof)
    assert not is_consistent(old, size, before, sha(b"x"), proof)
    assert not is_consistent(old, size, before, root, [*proof, sha(b"x")])
    assert not is_consistent(old, size, before, root, proof[:-1])
    for place in range(len(proof)):
        assert not is_consistent(old, size, before, root, [*proof[:place], sha(b"x"), *proof[place + 1 :]])


def test_consistency_at_the_ends():
    root = sha(b"a")
    assert is_consistent(0, 5, EMPTY_ROOT, root, [])
    assert not is_consistent(0, 5, root, root, [])
    assert is_consistent(5, 5, root, root, [])
    assert not is_consistent(5, 5, root, sha(b"b"), [])
    assert not is_consistent(5, 5, root, root, [root])
    assert not is_consistent(6, 5, root, root, [root])
    assert not is_consistent(3, 5, root, root, [])
    assert root_from_inclusion(0, 0, root, []) is None
    assert root_from_inclusion(5, 5, root, []) is None
    assert root_from_inclusion(-1, 5, root, []) is None
    assert root_from_inclusion(0, 1, root, []) == root


def test_what_is_not_in_the_tree_is_refused():
    tree = tree_of([sha(b"1"), sha(b"2"), sha(b"3")])
    for wrong in ((3, 3), (-1, 3), (0, 4)):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(*wrong)
    for wrong in ((4, 3), (-1, 3), (1, 4)):
        with pytest.raises(ValueError, match="no consistency"):
            tree.consistency(*wrong)
    with pytest.raises(ValueError, match="right edge"):
        Edge(3, b"\x00" * 32)
    with pytest.raises(ValueError, match="does not hold"):
        Tree(300, lambda level, number: b"\x00" * 32).root()


def test_paths_and_widths_of_the_specification():
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(None, 1234067, 17) == "tile/entries/x001/x234/067.p/17"
    assert tile_path(5, 0) == "tile/5/000"
    # "A tree of size 70,000": 273 full level 0 tiles and 112 more hashes, one full level 1 tile and 17, then one of 1.
    assert [divmod(width, 256) for width in tile_widths(70_000)] == [(273, 112), (1, 17), (0, 1)]
    assert tile_widths(256) == [256, 1]
    assert tile_widths(0) == []


def test_node_and_leaf_are_told_apart():
    assert node_hash(b"\x00" * 32, b"\x01" * 32) == sha(b"\x01" + b"\x00" * 32 + b"\x01" * 32)
    assert leaf_hash(b"") == sha(b"\x00")
