"""The tree over the heads, against RFC 6962's own definitions and the vectors of its first logs."""

import hashlib
import random

import pytest

from emrcore.journal import tree

# The leaves, roots and proofs below are those that certificate transparency logs are tested with.
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
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
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
HASHED = [tree.leaf(one) for one in LEAVES]
SIZES = range(1, 40)


# -- The definitions of RFC 6962, section 2.1, word for word ---------------------------------------


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(number: int) -> int:
    power = 1
    while power * 2 < number:
        power *= 2
    return power


def mth(data: list[bytes]) -> bytes:
    if not data:
        return sha(b"")
    if len(data) == 1:
        return sha(b"\x00" + data[0])
    k = split(len(data))
    return sha(b"\x01" + mth(data[:k]) + mth(data[k:]))


def path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], False), mth(data[:k])]


def data(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


def test_roots_of_the_published_leaves() -> None:
    """JRN-6: a leaf is hashed behind 0x00 and a node behind 0x01, as every log does."""
    roots = [tree.Tree().grown(HASHED[:size]).root.hex() for size in range(9)]
    assert roots == ROOTS


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int) -> None:
    """JRN-6: the path from a leaf to the root is the published one, and is accepted."""
    found = tree.inclusion(HASHED, index=index, size=size)
    assert [one.hex() for one in found] == INCLUSION[index, size]
    root = bytes.fromhex(ROOTS[size])
    assert tree.includes(root, HASHED[index], found, index=index, size=size)


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_published_consistency_proofs(old: int, size: int) -> None:
    """JRN-6: the path from an earlier root to a later one is the published one, and is accepted."""
    found = tree.consistency(HASHED, old=old, size=size)
    assert [one.hex() for one in found] == CONSISTENCY[old, size]
    root, before = bytes.fromhex(ROOTS[size]), bytes.fromhex(ROOTS[old])
    assert tree.extends(root, before, found, old=old, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_proofs_are_those_of_the_definition(size: int) -> None:
    """JRN-6: for every leaf and every earlier tree, by an implementation that only recurses."""
    leaves = [tree.leaf(one) for one in data(size)]
    root = tree.Tree().grown(leaves).root
    assert root == mth(data(size))
    for index in range(size):
        found = tree.inclusion(leaves, index=index, size=size)
        assert list(found) == path(index, data(size))
        assert tree.includes(root, leaves[index], found, index=index, size=size)
    for old in range(1, size + 1):
        found = tree.consistency(leaves, old=old, size=size)
        assert list(found) == subproof(old, data(size), True)
        assert tree.extends(root, mth(data(old)), found, old=old, size=size)


def test_trees_grow_in_any_steps() -> None:
    """JRN-6: a tree that was left and taken up again is the same tree."""
    leaves = [tree.leaf(one) for one in data(37)]
    for cut in range(38):
        assert tree.Tree().grown(leaves[:cut]).grown(leaves[cut:]) == tree.Tree().grown(leaves)


def bent(proof: tuple[bytes, ...], chance: random.Random) -> tuple[bytes, ...]:
    """*proof* with a bit flipped, a step lost, doubled or swapped, or one put before or behind."""
    steps = [*proof]
    place = chance.randrange(len(steps)) if steps else 0
    ways = ["before", "behind", *(["flip", "lose", "double"] if steps else [])]
    match chance.choice(ways):
        case "before":
            steps.insert(0, chance.randbytes(32))
        case "behind":
            steps.append(chance.choice([chance.randbytes(32), b""]))
        case "flip":
            flipped = bytearray(steps[place])
            flipped[chance.randrange(32)] ^= 1 << chance.randrange(8)
            steps[place] = bytes(flipped)
        case "lose":
            del steps[place]
        case _:
            steps.insert(place, steps[place])
    return tuple(steps)


def test_no_bent_proof_is_accepted() -> None:
    """JRN-6: neither of a leaf nor of growth; nor a proof of one thing for another."""
    chance = random.Random(6962)  # noqa: S311
    for _ in range(3000):
        size = chance.randrange(1, 40)
        leaves = [tree.leaf(one) for one in data(size)]
        root = tree.Tree().grown(leaves).root
        index, old = chance.randrange(size), chance.randrange(1, size + 1)
        proof = tree.inclusion(leaves, index=index, size=size)
        leaf = leaves[index]
        assert not tree.includes(root, leaf, bent(proof, chance), index=index, size=size)
        wrong = (index + 1 + chance.randrange(40)) if size == 1 else (index + 1) % size
        assert not tree.includes(root, leaf, proof, index=wrong, size=size)
        assert not tree.includes(root, chance.randbytes(32), proof, index=index, size=size)
        growth = tree.consistency(leaves, old=old, size=size)
        before = mth(data(old))
        assert not tree.extends(root, before, bent(growth, chance), old=old, size=size)
        assert not tree.extends(root, chance.randbytes(32), growth, old=old, size=size)
        assert not tree.extends(chance.randbytes(32), before, growth, old=old, size=size)


def test_nothing_is_proven_of_what_is_not_there() -> None:
    """JRN-6: a leaf behind the last, a tree larger than the last, more leaves than there are."""
    for index, size in ((-1, 8), (8, 8), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(HASHED, index=index, size=size)
        assert not tree.includes(HASHED[0], HASHED[0], (), index=index, size=size)
    for old, size in ((-1, 8), (9, 8)):
        with pytest.raises(ValueError, match="no such tree"):
            tree.consistency(HASHED, old=old, size=size)
        assert not tree.extends(HASHED[0], HASHED[0], (), old=old, size=size)
    with pytest.raises(ValueError, match="fewer leaves"):
        tree.inclusion(HASHED, index=0, size=9)


def test_every_tree_begins_with_the_empty_one() -> None:
    """JRN-6: no path is needed for that, and none is accepted."""
    root, empty = bytes.fromhex(ROOTS[8]), bytes.fromhex(ROOTS[0])
    assert tree.consistency(HASHED, old=0, size=8) == ()
    assert tree.extends(root, empty, (), old=0, size=8)
    assert not tree.extends(root, empty, (root,), old=0, size=8)
    assert not tree.extends(root, root, (), old=0, size=8)
