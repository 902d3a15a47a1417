"""The append-only account of everything done and seen, as a hash chain per shard.

A link covers its entry, its number and the link before it. Editing, removing, inserting or
reordering an entry breaks the chain at that place. A chain alone cannot show that its tail was
cut or that all of it was written anew: for that, it is compared with heads kept elsewhere.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator

import attrs

from emrcore.journal.entry import Entry, filled
from emrcore.journal.heads import Head, Shard
from emrcore.wire import canonical

GENESIS = "0" * 64
"""What the first link of a chain names as the link before it."""

_VERSION = "emrcore/link/2"


@attrs.frozen(kw_only=True)
class Link:
    """An entry in its place: numbered from 1, hashed over all before it."""

    number: int
    previous: str
    hash: str
    entry: Entry

    def head(self, shard: Shard, *, trimmed: bool = False) -> Head:
        """The head of the chain of *shard* at this link."""
        return Head(shard=shard, number=self.number, hash=self.hash, trimmed=trimmed)


@attrs.frozen(kw_only=True)
class Break:
    """Where a chain is broken, and how."""

    number: int
    what: str


def link(last: Link | None, new: Entry) -> Link:
    """*new* in its place after *last*; its time never goes back, whatever the clock does."""
    at = max(new.at, last.entry.at) if last else new.at
    placed = attrs.evolve(new, at=at)
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    return Link(
        number=number, previous=previous, hash=_hash(number, previous, placed), entry=placed
    )


def breaks(links: Iterable[Link], *, heads: Iterable[Head] = ()) -> Iterator[Break]:
    """Every place where the chain *links*, from its first link on, is not what was written (JRN-3).

    *heads* of this chain that are known from elsewhere must be in it: a cut tail and a chain
    written anew show no other way (JRN-6). A chain may begin after a head that was ``trimmed``.
    """
    known = tuple(heads)
    hashes = {one.number: one.hash for one in known}
    cuts = {one.number: one.hash for one in known if one.trimmed}
    number, previous = 0, GENESIS
    for place, one in enumerate(links):
        if place == 0 and cuts.get(one.number - 1) == one.previous:
            number, previous = one.number - 1, one.previous
        number += 1
        if one.number != number:
            yield Break(number=number, what=f"link {one.number} stands here")
        elif one.previous != previous:
            yield Break(number=number, what="does not follow the link before it")
        elif one.hash != _hash(one.number, one.previous, one.entry):
            yield Break(number=number, what="its entry was changed")
        elif hashes.get(one.number, one.hash) != one.hash:
            yield Break(number=number, what="is not the link that is known elsewhere")
        number, previous = one.number, one.hash
    last = max(hashes, default=0)
    if last > number:
        yield Break(number=number + 1, what=f"from here to the known link {last} all is missing")


def content(number: int, previous: str, placed: Entry) -> str:
    """What the hash of a link covers; the second form is for entries with a context."""
    parts: list[object] = [
        number,
        previous,
        placed.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        [placed.actor.kind, placed.actor.id, placed.actor.organisation],
        placed.action,
        placed.subject,
        placed.detail,
    ]
    if placed.context:
        parts = [_VERSION, *parts, filled(placed.context)]
    return canonical(parts)


def _hash(number: int, previous: str, placed: Entry) -> str:
    return hashlib.sha256(content(number, previous, placed).encode()).hexdigest()
