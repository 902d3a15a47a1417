"""Keeping the journal honest: checkpoints kept elsewhere, and the journal held against them.

The log of checkpoints is one sequence of heads for the whole journal. A checkpoint adds the head of
every shard that has grown since the one before, and signs the root of the tree over all of them. So
its cost goes with what has changed; what was signed once is signed for good, since a later tree
must begin with the earlier one; and one short path proves one person's list.

Shards are gone through in slices of a bounded number, and chains link by link.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import attrs

from emrcore.errors import Corrupt
from emrcore.journal import (
    Break,
    Checkpoint,
    Head,
    Link,
    Proof,
    Retention,
    Sealed,
    Shard,
    Tree,
    breaks,
    last_expired,
    opened,
    signed,
    tree,
)
from emrcore.ports import CheckpointSink, Clock, Journal, Signer, Verifier

_PIECE = 1000

Known = Mapping[Shard, Sequence[Head]]


@attrs.frozen(kw_only=True)
class Finding:
    """What is wrong: at link ``number`` of ``shard``, or, without one, at that checkpoint."""

    shard: Shard | None
    number: int
    what: str

    def __str__(self) -> str:
        where = f"{self.shard.kind}/{self.shard.id} link" if self.shard else "checkpoint"
        return f"{where} {self.number}: {self.what}"


@attrs.frozen(kw_only=True)
class _Log:
    """What the log of checkpoints had come to."""

    number: int = 0
    tree: Tree = attrs.field(factory=Tree)
    at: dt.datetime | None = None
    note: str = ""


@attrs.frozen(kw_only=True)
class Auditor:
    """Holds ``journal`` against the checkpoints in ``sink``, with the public half of their key.

    ``remembered`` are notes of earlier checkpoints that the auditor has kept: the log must still
    say what they signed, or it was cut back too. ``slice`` is how many shards are gone through at a
    time: the log is read once for each slice, and what it says of a slice is held in memory.
    """

    journal: Journal
    sink: CheckpointSink
    key: Verifier = attrs.field(repr=False)
    remembered: tuple[str, ...] = ()
    slice: int = 100_000

    def verify(self) -> Iterator[Finding]:
        """Everything that is not as it was written, with its place (JRN-3, JRN-6, JRN-7).

        What has happened since the last checkpoint is held against the chains only.
        """
        found, log = self._replayed()
        yield from found
        for grown, known in self._slices(log):
            for shard in _ordered({*(one.shard for one in grown), *known}):
                yield from self._examined(shard, known.get(shard, ()))[0]

    def verify_log(self) -> tuple[Finding, ...]:
        """Every checkpoint that is not signed, smaller or earlier than the last, or rewritten."""
        return self._replayed()[0]

    def prove(self, shard: Shard) -> Proof | None:
        """That the last checkpoint covers the journal of *shard*, and how far; None: not at all.

        Checked by ``journal.proven`` with the public key. The list one is shown is complete up to
        the proof's head if it is a chain that ``breaks`` finds whole with that head.

        Raises:
            Corrupt: the log is not whole.
        """
        log = self._checked()
        said = (one for one in enumerate(self._heads(log)) if one[1].shard == shard)
        found = max(said, key=lambda one: (one[1].number, one[0]), default=None)
        if found is None:
            return None
        index, head = found
        leaves = (one.leaf for one in self._heads(log))
        path = tree.inclusion(leaves, index=index, size=log.tree.size)
        return Proof(note=log.note, index=index, head=head, path=path)

    def prove_growth(self, old: int) -> tuple[bytes, ...]:
        """The path from the tree of *old* heads to that of the last checkpoint.

        Checked by ``journal.tree.extends``.

        Raises:
            ValueError: the last checkpoint is smaller, or there is none.
            Corrupt: the log is not whole.
        """
        log = self._checked()
        leaves = (one.leaf for one in self._heads(log))
        return tree.consistency(leaves, old=old, size=log.tree.size)

    def _checked(self) -> _Log:
        found, log = self._replayed()
        if found:
            raise Corrupt(str(found[0]))
        return log

    def _examined(
        self, shard: Shard, known: Sequence[Head]
    ) -> tuple[Sequence[Finding], Link | None]:
        """What is wrong in the chain of *shard*, and its last link."""
        chain = _Followed(links(self.journal, shard))
        found: list[Break] = []
        try:
            found.extend(breaks(chain, heads=known))
        except Corrupt:
            number = chain.last.number + 1 if chain.last else 1
            found.append(Break(number=number, what="from here on it cannot be read"))
        return [Finding(shard=shard, number=one.number, what=one.what) for one in found], chain.last

    def _replayed(self) -> tuple[tuple[Finding, ...], _Log]:
        """The log gone through from its beginning: what is wrong, and what it has come to."""
        log, found, missing = _Log(), list[Finding](), {*self._remembered()}
        try:
            for sealed in self.sink.read():
                after, fault = self._followed(log, sealed)
                if fault:
                    found.append(Finding(shard=None, number=sealed.number, what=fault))
                log = after
                missing.discard((log.tree.size, log.tree.root))
        except Corrupt as wrong:
            found.append(Finding(shard=None, number=log.number + 1, what=str(wrong)))
        for size, _ in sorted(missing):
            what = f"the log is not what was signed when it had {size} heads"
            found.append(Finding(shard=None, number=log.number + 1, what=what))
        return tuple(found), log

    def _followed(self, log: _Log, sealed: Sealed) -> tuple[_Log, str | None]:
        """*log* with *sealed* behind it, and what is wrong about that."""
        grown = log.tree.grown(one.leaf for one in sealed.heads)
        after = _Log(number=sealed.number, tree=grown, at=log.at, note=sealed.note)
        try:
            now = self._opened(sealed.note)
        except Corrupt as wrong:
            return after, str(wrong)
        if (now.size, now.root) != (grown.size, grown.root):
            return after, "its heads are not those that were signed"
        if log.at and now.at < log.at:
            return after, "is earlier than the one before"
        return attrs.evolve(after, at=now.at), None

    def _remembered(self) -> Iterator[tuple[int, bytes]]:
        for note in self.remembered:
            checkpoint = self._opened(note)
            yield checkpoint.size, checkpoint.root

    def _opened(self, note: str) -> Checkpoint:
        key = self.key
        return opened(note, origin=key.origin, public=key.public, check=key.check)

    def _heads(self, log: _Log) -> Iterator[Head]:
        """The heads in *log*, whatever is added meanwhile."""
        for sealed in islice(self.sink.read(), log.number):
            yield from sealed.heads

    def _slices(self, log: _Log) -> Iterator[tuple[Sequence[Head], Known]]:
        """Slices of the shards: their heads now, and all that the log says of them."""
        after: Shard | None = None
        while True:
            grown = self.journal.heads(after=after, limit=self.slice)
            last = grown[-1].shard if len(grown) == self.slice else None
            known: defaultdict[Shard, list[Head]] = defaultdict(list)
            for one in self._heads(log):
                place = one.shard.place
                if (after is None or after.place < place) and (last is None or place <= last.place):
                    known[one.shard].append(one)
            yield grown, known
            if last is None:
                return
            after = last


@attrs.frozen(kw_only=True)
class Notary(Auditor):
    """Makes checkpoints with ``key``, which the database's owner should not hold."""

    key: Signer = attrs.field(repr=False)
    clock: Clock

    def checkpoint(self) -> tuple[Finding, ...]:
        """Sign how far every shard has come; what is found wrong is told and not signed.

        A chain is signed only after it was found whole, with all that was signed of it before. If
        the log itself is not whole, nothing is signed. If nothing has grown, the checkpoint says
        that.

        Raises:
            Conflict: somebody else made one at the same time.
        """
        found, log = self._replayed()
        if found:
            return found
        wrong: list[Finding] = []
        before = log.number
        for grown, known in self._slices(log):
            heads: list[Head] = []
            for shard in _moved(grown, known):
                broken, last = self._examined(shard, known.get(shard, ()))
                wrong.extend(broken)
                if last and not broken:
                    heads.append(last.head(shard))
            if heads:
                log = self._sealed(log, heads)
        if log.number == before:
            self._sealed(log, ())
        return tuple(wrong)

    def trim(self, shard: Shard, retention: Retention) -> int:
        """Give up the entries of *shard* whose time is over; how many links that were (JRN-9).

        What is given up is signed in a checkpoint first, by its last number and hash.

        Raises:
            Corrupt: the chain or the log is not whole; nothing was given up.
        """
        log = self._checked()
        known = [one for one in self._heads(log) if one.shard == shard]
        if self._examined(shard, known)[0]:
            raise Corrupt("the journal")
        expired = last_expired(links(self.journal, shard), before=retention.ends(self.clock.now()))
        if expired is None:
            return 0
        first = self.journal.links(shard, limit=1)[0]
        self._sealed(log, [expired.head(shard, trimmed=True)])
        self.journal.trim(shard, upto=expired.number)
        return expired.number - first.number + 1

    def _sealed(self, log: _Log, heads: Sequence[Head]) -> _Log:
        """Sign *log* grown by *heads*, and keep that."""
        grown = log.tree.grown(one.leaf for one in heads)
        now = self.clock.now().astimezone(dt.UTC)
        at = max(now, log.at) if log.at else now
        origin, public = self.key.origin, self.key.public
        checkpoint = Checkpoint(origin=origin, size=grown.size, root=grown.root, at=at)
        note = signed(checkpoint, public=public, sign=self.key.sign)
        self.sink.append(Sealed(number=log.number + 1, note=note, heads=tuple(heads)))
        return _Log(number=log.number + 1, tree=grown, at=at, note=note)


def links(journal: Journal, shard: Shard) -> Iterator[Link]:
    """All links of *shard*, read piece by piece.

    Raises:
        Corrupt: a link cannot be read; all before it were given.
    """
    after, limit = 0, _PIECE
    while True:
        try:
            found = journal.links(shard, after=after, limit=limit)
        except Corrupt:
            if limit == 1:
                raise
            limit = 1
            continue
        if not found:
            return
        yield from found
        after = found[-1].number


@attrs.define
class _Followed:
    """Links, and the last of them that was gone past."""

    links: Iterator[Link]
    last: Link | None = None

    def __iter__(self) -> Iterator[Link]:
        for one in self.links:
            self.last = one
            yield one


def _ordered(shards: Iterable[Shard]) -> Sequence[Shard]:
    return sorted(shards, key=lambda shard: shard.place)


def _moved(grown: Iterable[Head], known: Known) -> Iterator[Shard]:
    """Of whom the log does not say the last, and of whom it says something and they are gone."""
    heads = {one.shard: (one.number, one.hash) for one in grown}
    for shard in _ordered({*heads, *known}):
        said = max(((one.number, one.hash) for one in known.get(shard, ())), default=None)
        if heads.get(shard) != said:
            yield shard
