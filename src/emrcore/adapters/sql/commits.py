"""The steps of a commit, in the order they are taken.

A commit first changes the row of its shard in ``emrcore_shards`` and takes a shared lock on those
of the other shards it read from, in one order for all, so that no two wait for each other. The row
is the shard's lock: while it is held no other commit changes what was read there, be it a key or
the absence of one, which no lock on a key's own row could keep. So write skew is impossible, under
READ COMMITTED already, and no commit fails for one that left alone what it had read. SERIALIZABLE
would give the first without the second, and only on connections that asked for it. Under a
stricter level a stale snapshot meets the changed row, and the database refuses it: a conflict like
any other. The numbers of a journal are dense and in the order of its shard's commits for the same
reason.

SQLite has one writer at a time anyway; the same statements run there.
"""

import contextlib
import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from emrcore.adapters.sql import loading, rows, schema
from emrcore.adapters.sql import statements as st
from emrcore.adapters.sql.row_digests import Digests
from emrcore.adapters.sql.schema import outbox, states
from emrcore.errors import Conflict
from emrcore.journal import Entry, link
from emrcore.people import PatientId
from emrcore.ports import ABSENT, Batch, Key, Leased, OutboxItem, Shard
from emrcore.records import Document, Versions, delivered, stood


def apply(connection: sa.Connection, batch: Batch, digests: Digests) -> None:
    """Do all that *batch* says; each row gets one of *digests*.

    Raises:
        Conflict: STO-2, a version differs.
    """
    _hold(connection, batch.shard, *(key.shard for key in batch.expect))
    _check(connection, batch)
    _put(connection, batch, digests)
    _mark(connection, batch, digests)
    _append(connection, batch.shard, batch.entries)
    _queue(connection, batch.outbox, digests)


def add(
    connection: sa.Connection,
    patient: PatientId,
    documents: Sequence[Document],
    entry: Entry,
    digests: Digests,
) -> int:
    """Add those *documents* that are new versions, and *entry* if any is."""
    shard = Shard.of_patient(patient)
    _hold(connection, shard)
    known = set(rows.read(connection, st.NAMES, rows.its({"patient": patient}), rows.name))
    kept = versions(connection, patient, known & {(one.source, one.id) for one in documents})
    changed = delivered(kept, documents)
    old, new = list[dict[str, Any]](), list[dict[str, Any]]()
    for name, after in changed.items():
        before = kept.get(name, ())
        old += _restood(before, after, digests)
        new += [
            digests.add(schema.documents, rows.of_document(after[at], at + 1))
            for at in range(len(before), len(after))
        ]
    if old:
        connection.execute(st.STANDING, old)
    if new:
        loading.insert(connection, new)
        _append(connection, shard, [entry])
    return len(new)


_NAMES_AT_ONCE = 500


def versions(
    connection: sa.Connection, patient: PatientId, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Versions]:
    """Every version of the documents of *patient* with these *names*."""
    found, left = list[Document](), iter(names)
    while some := list(islice(left, _NAMES_AT_ONCE)):
        bound = rows.its({"patient": patient}) | {"names": some}
        found += rows.read(connection, st.NAMED, bound, rows.version_of)
    return rows.by_name(found)


def _restood(before: Versions, after: Versions, digests: Digests) -> Iterator[dict[str, Any]]:
    """The versions that stand otherwise *after* than *before*, with their new digests."""
    for at, (old, new) in enumerate(zip(before, after, strict=False)):
        if old.standing is not new.standing:
            row = digests.add(schema.documents, rows.of_document(new, at + 1))
            changed = {name: row[name] for name in ("standing", "digest")}
            yield rows.its(rows.of_version(old, at + 1)) | changed


def _mark(connection: sa.Connection, batch: Batch, digests: Digests) -> None:
    for mark in batch.marks:
        place = mark.source, mark.id
        kept = versions(connection, PatientId(batch.shard.id), [place]).get(place)
        if kept is None:
            raise Conflict("document")
        if changed := list(_restood(kept, stood(kept, mark.standing), digests)):
            connection.execute(st.STANDING, changed)


def _hold(connection: sa.Connection, shard: Shard, *others: Shard) -> None:
    """Keep *shard* to this transaction, and *others* as they are, until it ends."""
    for one in sorted({shard, *others}, key=lambda one: (one.kind, one.id)):
        statement = st.HELD if one == shard else st.SHARED
        if not _locked(connection, statement, one):
            with contextlib.suppress(IntegrityError), connection.begin_nested():
                connection.execute(st.NEW_SHARD, rows.of_shard(one) | {"turns": 0})
            if not _locked(connection, statement, one):
                raise Conflict(one.kind)


def _locked(connection: sa.Connection, statement: sa.Executable, shard: Shard) -> bool:
    found = connection.execute(statement, rows.its(rows.of_shard(shard)))
    return found.first() is not None


def by_shard(keys: Iterable[Key]) -> Mapping[Shard, list[tuple[str, str]]]:
    """The kinds and ids of *keys* in each of their shards."""
    found: defaultdict[Shard, list[tuple[str, str]]] = defaultdict(list)
    for key in keys:
        found[key.shard].append((key.kind, key.id))
    return found


def _check(connection: sa.Connection, batch: Batch) -> None:
    """Refuse if a key that was only read has changed; those put are checked as they are put."""
    read = batch.expect.keys() - batch.put.keys()
    found: dict[Key, int] = {}
    for shard, keys in by_shard(read).items():
        bound = rows.its(rows.of_shard(shard)) | {"keys": keys}
        found.update(rows.read(connection, st.VERSIONS, bound, rows.version))
    for key in read:
        if found.get(key, ABSENT) != batch.expect[key]:
            raise Conflict(key.kind)


def _put(connection: sa.Connection, batch: Batch, digests: Digests) -> None:
    for key, text in batch.put.items():
        name, version = rows.of_key(key), batch.expect[key]
        new = {"version": version + 1, "text": text, "due": batch.due.get(key)}
        row = digests.add(states, name | new)
        if version == ABSENT:
            connection.execute(st.NEW_STATE, row)
            continue
        old = rows.its(name | {"version": version})
        if not connection.execute(st.CHANGED, old | new | {"digest": row["digest"]}).rowcount:
            raise Conflict(key.kind)


def _append(connection: sa.Connection, shard: Shard, entries: Sequence[Entry]) -> None:
    """Link *entries* to the journal of *shard*, which is held."""
    if not entries:
        return
    found = rows.read(connection, st.LAST, rows.its(rows.of_shard(shard)), rows.link)
    last = found[0] if found else None
    new: list[dict[str, object]] = []
    for entry in entries:
        last = link(last, entry)
        new.append(rows.of_link(shard, last))
    connection.execute(st.NEW_ENTRY, new)


def trim(connection: sa.Connection, shard: Shard, upto: int) -> None:
    """Give up the links of *shard* to number *upto*, but for its last."""
    _hold(connection, shard)
    bound = rows.its(rows.of_shard(shard))
    for last in rows.read(connection, st.LAST, bound, rows.link):
        connection.execute(st.TRIM, bound | {"upto": min(upto, last.number - 1)})


def _queue(connection: sa.Connection, items: Sequence[OutboxItem], digests: Digests) -> None:
    """Put *items* behind all that this machine's clock says were put before."""
    now = time.time_ns()
    new = [digests.add(outbox, rows.of_item(item, now + place)) for place, item in enumerate(items)]
    if new:
        connection.execute(st.NEW_ITEM, new)


def lease(
    connection: sa.Connection, *, at: dt.datetime, until: dt.datetime, limit: int, digests: Digests
) -> tuple[Leased, ...]:
    """Take up to *limit* items that wait."""
    sound = digests.checked(outbox, dict[str, Any])
    found = rows.read(connection, st.WAITING, {"at": at, "limit": limit}, sound)
    taken = [one | {"attempt": one["attempt"] + 1, "leased_until": until} for one in found]
    if taken:
        olds = [rows.its(rows.of_lease(rows.lease(one))) for one in found]
        news = [_renewed(row, digests, "attempt", "leased_until") for row in taken]
        connection.execute(st.LEASE, [old | new for old, new in zip(olds, news, strict=True)])
    return tuple(rows.lease(one) for one in taken)


def settle(connection: sa.Connection, leased: Leased, fate: str | None, digests: Digests) -> bool:
    """Write the *fate* of *leased*, if it is still held."""
    bound = rows.its(rows.of_lease(leased))
    sound = digests.checked(outbox, dict[str, Any])
    for held in rows.read(connection, st.LEASED, bound, sound):
        new = _renewed(held | {"fate": fate}, digests, "fate")
        return connection.execute(st.LEASE, bound | new).rowcount == 1
    return False


def _renewed(row: rows.Row, digests: Digests, *changed: str) -> dict[str, Any]:
    """What *changed* in an item, and the new digest of all of it."""
    whole = digests.add(outbox, row)
    return {name: whole[name] for name in (*changed, "digest")}
