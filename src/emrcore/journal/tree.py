"""The Merkle tree of RFC 6962 and RFC 9162, section 2.1, over a stream of leaves.

A tree is held by its peaks, one for each bit of its size, and a proof is made in one pass over the
leaves: neither needs memory for more than the depth of the tree.
"""

import functools
import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

import attrs

Span = tuple[int, int]


def leaf(data: bytes) -> bytes:
    """The hash of a leaf that says *data*."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@attrs.frozen(kw_only=True)
class Tree:
    """A tree by the roots of the full subtrees it falls into, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def grown(self, leaves: Iterable[bytes]) -> "Tree":
        """The tree with the hashes of further *leaves* behind it."""
        size, peaks = self.size, [*self.peaks]
        for one in leaves:
            size += 1
            root = one
            for _ in range((size & -size).bit_length() - 1):
                root = node(peaks.pop(), root)
            peaks.append(root)
        return Tree(size=size, peaks=tuple(peaks))

    @property
    def root(self) -> bytes:
        """The hash over all leaves; of none, the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        return functools.reduce(lambda right, left: node(left, right), reversed(self.peaks))


# -- Proofs: made ----------------------------------------------------------------------------------


def inclusion(leaves: Iterable[bytes], *, index: int, size: int) -> tuple[bytes, ...]:
    """The path that proves the leaf at *index* (from 0) in the tree of the first *size* leaves.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("there is no such leaf")
    return _roots(leaves, _beside(index, 0, size))


def consistency(leaves: Iterable[bytes], *, old: int, size: int) -> tuple[bytes, ...]:
    """The path that proves that the tree of *size* leaves begins with that of the first *old*.

    Raises:
        ValueError: there was no such tree.
    """
    if not 0 <= old <= size:
        raise ValueError("there was no such tree")
    return _roots(leaves, _between(old, 0, size, known=True)) if old else ()


def _beside(index: int, first: int, last: int) -> list[Span]:
    """The subtrees beside the way from a leaf to the root of ``[first, last)``."""
    if last - first == 1:
        return []
    middle = first + _left(last - first)
    if index < middle:
        return [*_beside(index, first, middle), (middle, last)]
    return [*_beside(index, middle, last), (first, middle)]


def _between(old: int, first: int, last: int, *, known: bool) -> list[Span]:
    """The subtrees that make both the old root and that of ``[first, last)``."""
    if old == last:
        return [] if known else [(first, last)]
    middle = first + _left(last - first)
    if old <= middle:
        return [*_between(old, first, middle, known=known), (middle, last)]
    return [*_between(old, middle, last, known=False), (first, middle)]


def _left(size: int) -> int:
    """The largest power of two below *size*."""
    return 1 << (size - 1).bit_length() - 1


def _roots(leaves: Iterable[bytes], spans: Sequence[Span]) -> tuple[bytes, ...]:
    found: dict[Span, bytes] = {}
    rest, place = iter(leaves), 0
    for first, last in sorted(spans):
        skipped = sum(1 for _ in islice(rest, first - place))
        tree = Tree().grown(islice(rest, last - first))
        if place + skipped + tree.size != last:
            raise ValueError("there are fewer leaves than the tree has")
        found[first, last] = tree.root
        place = last
    return tuple(found[span] for span in spans)


# -- Proofs: checked, as RFC 9162 says in 2.1.3.2 and 2.1.4.2 --------------------------------------


def includes(root: bytes, leaf: bytes, path: Sequence[bytes], *, index: int, size: int) -> bool:
    """Whether *path* proves that the tree of *size* leaves has the hash *leaf* at *index*."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(step, found)
            place, last = _risen(place, last)
        else:
            found = node(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def extends(root: bytes, old_root: bytes, path: Sequence[bytes], *, old: int, size: int) -> bool:
    """Whether *path* proves that the tree of *size* leaves begins with the one of *old* leaves."""
    if not 0 <= old <= size:
        return False
    if old in {0, size}:
        expected = root if old == size else Tree().root
        return not path and old_root == expected
    steps = [old_root, *path] if old & (old - 1) == 0 else [*path]
    if not path:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node(step, before), node(step, after)
            place, last = _risen(place, last)
        else:
            after = node(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _risen(place: int, last: int) -> tuple[int, int]:
    """Past the levels at which the last node has no neighbour."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last
