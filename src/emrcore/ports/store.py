"""Where states are kept, and the one way to change them.

A store keeps text under keys. Every key belongs to a shard (a patient's, an account's, a
person's), and a commit writes to one shard only. Nothing is ever changed except by ``commit``.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import attrs

from emrcore.journal import Entry, Shard
from emrcore.people import PatientId
from emrcore.records import Standing

ABSENT = 0
"""The version of a key that holds nothing."""


@attrs.frozen
class Key:
    """One state: the ``kind`` of thing and its ``id``, in the shard it belongs to."""

    shard: Shard
    kind: str
    id: str


@attrs.frozen
class Stored:
    """What a key holds, and its version: 1 at the first commit, one more at each later one."""

    text: str = attrs.field(repr=False)
    version: int


@attrs.frozen(kw_only=True)
class OutboxItem:
    """A message to be sent: references only, never its text, its recipient or a code.

    ``id`` is unique in the shard; the item is worthless from ``not_after`` on.
    """

    shard: Shard
    id: str
    kind: str
    reference: str
    not_after: dt.datetime


@attrs.frozen(kw_only=True)
class Mark:
    """The latest version of a document of the shard's patient gets another *standing*."""

    source: str
    id: str
    standing: Standing

    def __attrs_post_init__(self) -> None:
        """Refuse to supersede by nothing."""
        if self.standing is Standing.SUPERSEDED:
            raise ValueError("only a later version supersedes")


@attrs.frozen(kw_only=True)
class Batch:
    """One commit: all of it, or nothing (STO-1).

    ``expect`` gives the version of *every* key that was read to decide, ``ABSENT`` for none; keys
    of other shards may be among them. ``put`` writes keys of ``shard``, each of them expected.
    ``due`` says by when a put key needs attention (see ``Store.due``). Entries are linked to the
    journal of ``shard`` in their order. ``marks`` are of documents that are there.
    """

    shard: Shard
    expect: Mapping[Key, int]
    put: Mapping[Key, str] = attrs.field(factory=dict[Key, str], repr=False)
    due: Mapping[Key, dt.datetime] = attrs.field(factory=dict[Key, dt.datetime])
    entries: tuple[Entry, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse a batch that reaches beyond its shard or writes what it did not read."""
        if any(key.shard != self.shard for key in self.put):
            raise ValueError("a batch writes to one shard")
        if not self.put.keys() <= self.expect.keys():
            raise ValueError("a batch expects a version of every key it puts")
        if not self.due.keys() <= self.put.keys():
            raise ValueError("only what is put can be due")
        if any(item.shard != self.shard for item in self.outbox):
            raise ValueError("a batch sends from one shard")
        if self.marks and self.shard != Shard.of_patient(PatientId(self.shard.id)):
            raise ValueError("documents are a patient's")


class Store(Protocol):
    """Keeps states. Safe to use from any thread.

    Every method may raise ``Unavailable`` (nothing was applied) and ``Corrupt``.
    """

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """What *keys* hold now; a key that holds nothing is not in the answer.

        Sees every commit that was acknowledged before the call.
        """
        ...

    def commit(self, batch: Batch) -> None:
        """Apply *batch* wholly, durably, and only if every expected version holds.

        What returned survives the process (STO-4), what raised changed nothing (STO-1, STO-2).

        Raises:
            Conflict: a version differs, the outbox has an item of that id, or a marked document is
                not there; nothing was applied.
            CommitUnknown: it may or may not have been applied.
        """
        ...

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """All states of one *kind* in *shard*, by id."""
        ...

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """Keys of *kind* due before the moment *before*, the earliest first, at most *limit*.

        A key is due as its latest commit said, and not at all if that said nothing.
        """
        ...
