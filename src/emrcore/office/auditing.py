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

_SLICE = 10_000

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


@attrs.frozen(kw_only=True)
class Auditor:
    """Holds ``journal`` against the checkpoints in ``sink``, with the public half of their key."""

    journal: Journal
    sink: CheckpointSink
    key: Verifier = attrs.field(repr=False)

    def verify(self) -> Iterator[Finding]:
        """Everything that is not as it was written, with its place (JRN-3, JRN-6, JRN-7).

        What has happened since the last checkpoint is held against the chains only.
        """
        yield from self.verify_log()
        for grown, known in self._slices():
            for shard in sorted({*(one.shard for one in grown), *known}):
                for one in breaks(links(self.journal, shard), heads=known.get(shard, ())):
                    yield _found(shard, one)

    def verify_log(self) -> tuple[Finding, ...]:
        """Every checkpoint that is not signed, smaller or earlier than the last, or rewritten."""
        return self._replayed()[0]

    def prove(self, shard: Shard) -> Proof | None:
        """That the last checkpoint covers the journal of *shard*, and how far; None: not at all.

        Checked by ``journal.proven`` with the public key. The list one is shown is complete up to
        the proof's head if it is a chain that ``breaks`` finds whole with that head.
        """
        last = self.sink.last()
        found = [(place, one) for place, one in enumerate(self._heads()) if one.shard == shard]
        if last is None or not found:
            return None
        index, head = max(found, key=lambda one: (one[1].number, one[0]))
        leaves, size = (one.leaf for one in self._heads()), self._opened(last).size
        path = tree.inclusion(leaves, index=index, size=size)
        return Proof(note=last.note, index=index, head=head, path=path)

    def prove_growth(self, old: int) -> tuple[bytes, ...]:
        """The path from the tree of *old* heads to that of the last checkpoint.

        Checked by ``journal.tree.extends``.

        Raises:
            ValueError: the last checkpoint is smaller, or there is none.
        """
        last = self.sink.last()
        size = self._opened(last).size if last else 0
        return tree.consistency((one.leaf for one in self._heads()), old=old, size=size)

    def _replayed(self) -> tuple[tuple[Finding, ...], _Log]:
        log, found = _Log(), list[Finding]()
        for sealed in self.sink.read():
            grown = log.tree.grown(one.leaf for one in sealed.heads)
            at, fault = log.at, None
            try:
                now = self._opened(sealed)
            except Corrupt as wrong:
                fault = str(wrong)
            else:
                at = now.at
                if (now.size, now.root) != (grown.size, grown.root):
                    fault = "its heads are not those that were signed"
                elif log.at and now.at < log.at:
                    fault = "is earlier than the one before"
            if fault:
                found.append(Finding(shard=None, number=sealed.number, what=fault))
            log = _Log(number=sealed.number, tree=grown, at=at)
        return tuple(found), log

    def _opened(self, sealed: Sealed) -> Checkpoint:
        key = self.key
        return opened(sealed.note, origin=key.origin, public=key.public, check=key.check)

    def _heads(self) -> Iterator[Head]:
        for sealed in self.sink.read():
            yield from sealed.heads

    def _slices(self) -> Iterator[tuple[Sequence[Head], Known]]:
        """Slices of the shards: their heads now, and all that the log says of them."""
        after: Shard | None = None
        while True:
            grown = self.journal.heads(after=after, limit=_SLICE)
            last = grown[-1].shard if len(grown) == _SLICE else None
            known: defaultdict[Shard, list[Head]] = defaultdict(list)
            for one in self._heads():
                if (after is None or after < one.shard) and (last is None or one.shard <= last):
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
        for grown, known in self._slices():
            heads: list[Head] = []
            for shard in _moved(grown, known):
                chain = _Followed(links(self.journal, shard))
                broken = [_found(shard, one) for one in breaks(chain, heads=known.get(shard, ()))]
                wrong.extend(broken)
                if chain.last and not broken:
                    heads.append(chain.last.head(shard))
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
        known = [one for one in self._heads() if one.shard == shard]
        found, log = self._replayed()
        if found or any(breaks(links(self.journal, shard), heads=known)):
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
        return _Log(number=log.number + 1, tree=grown, at=at)


def links(journal: Journal, shard: Shard) -> Iterator[Link]:
    """All links of *shard*, read piece by piece."""
    after = 0
    while found := journal.links(shard, after=after):
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


def _moved(grown: Iterable[Head], known: Known) -> Iterator[Shard]:
    """Of whom the log does not say the last, and of whom it says something and they are gone."""
    heads = {one.shard: (one.number, one.hash) for one in grown}
    for shard in sorted({*heads, *known}):
        said = max(((one.number, one.hash) for one in known.get(shard, ())), default=None)
        if heads.get(shard) != said:
            yield shard


def _found(shard: Shard, one: Break) -> Finding:
    return Finding(shard=shard, number=one.number, what=one.what)
