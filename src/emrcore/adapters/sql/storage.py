"""The store: each call is a transaction, or works in the host's."""

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from emrcore.access import View
from emrcore.adapters.sql import commits, rows, viewing
from emrcore.adapters.sql import statements as st
from emrcore.adapters.sql.prepared import Prepared
from emrcore.adapters.sql.row_digests import Digests
from emrcore.adapters.sql.schema import documents, states
from emrcore.adapters.sql.transactions import Kept, Lent, Own, Transactions
from emrcore.journal import Entry, Head, Link
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Key, Keys, Leased, Shard, Stored
from emrcore.records import Document, Page, Versions, check_delivery, check_size, cut, opened

T = TypeVar("T")


class SqlStorage:
    """Keeps everything in the database behind *bind*; see ``emrcore.ports.Storage``.

    With an engine each call is a transaction of its own, and any thread may call. With a
    connection, calls work in its transaction and those that write commit it. With *host_commits*
    they leave that to the host: nothing is durable before, and no outcome may be told. A host
    whose transaction met a ``Conflict`` begins a new one. An engine of SQLite must have gone
    through ``prepare``, or it is refused at the first write.

    A row that no commit has written is ``Corrupt`` (STO-9). With *keys* that holds for whoever has
    none of them; a store that was kept without needs ``rewrite_digests`` first.

    Raises:
        ValueError: *host_commits* without a connection of the host's.
    """

    def __init__(
        self,
        bind: sa.Engine | sa.Connection,
        *,
        host_commits: bool = False,
        keys: Keys | None = None,
    ) -> None:
        self._transactions = _transactions(bind, host_commits=host_commits)
        self._digests = Digests(keys)
        self._version = self._digests.checked(documents, rows.version_of)

    def _read(
        self, statement: sa.Executable, made: Callable[[rows.Row], T], bound: Mapping[str, Any]
    ) -> list[T]:
        with self._transactions.reading() as connection:
            return rows.read(connection, statement, bound, made)

    # -- Store ------------------------------------------------------------------------------------

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``; the keys of one shard are seen at one moment."""
        found: dict[Key, Stored] = {}
        made = self._digests.checked(states, rows.stored)
        with self._transactions.reading() as connection:
            for shard, names in commits.by_shard(keys).items():
                bound = rows.its(rows.of_shard(shard)) | {"keys": names}
                found.update(rows.read(connection, st.STATES, bound, made))
        return found

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        with self._transactions.writing() as connection:
            commits.apply(connection, batch, self._digests)

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        bound = rows.its(rows.of_shard(shard) | {"kind": kind})
        made = self._digests.checked(states, rows.stored)
        return dict(self._read(st.OF_KIND, made, bound))

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        bound = rows.its({"kind": kind}) | {"before": before, "limit": limit}
        return tuple(self._read(st.DUE, rows.key, bound))

    # -- Records ----------------------------------------------------------------------------------

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``.

        Raises:
            ValueError: a document is another patient's, or is delivered as superseded.
        """
        check_delivery(patient, documents)
        with self._transactions.writing() as connection:
            return commits.add(connection, patient, documents, entry, self._digests)

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """See ``Records.page``."""
        after = opened(cursor, view)
        check_size(size)
        bound: dict[str, Any] = {"section": section, "limit": size + 1}
        if after:
            bound |= dict(zip(("day", "source", "id"), after, strict=True))
        statement = functools.partial(
            viewing.page, in_section=section is not None, resumed=after is not None
        )
        return cut(view, self._seen(view, statement, Prepared.documents, bound), size)

    def count(self, view: View) -> Mapping[str, int]:
        """See ``Records.count``."""
        return dict(self._seen(view, viewing.count, _pairs, {}))

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """See ``Records.get``."""
        named = {"source": source, "id": id}
        found = self._seen(view, viewing.one, Prepared.documents, named)
        return found[0] if found else None

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        """See ``Records.versions``."""
        bound = rows.its({"patient": patient}) | {"names": [(source, id)]}
        return tuple(self._read(st.NAMED, self._version, bound))

    def _seen(
        self,
        view: View,
        statement: Callable[[viewing.Allowances], sa.Select[Any]],
        made: Callable[[Prepared, Sequence[Any]], list[T]],
        bound: Mapping[str, Any],
    ) -> list[T]:
        """What *statement* finds under *view*; nothing is asked if nothing can be found."""
        allowed = view.in_force()
        if not allowed:
            return []
        asked, found = self._transactions.ask(statement(allowed), {**viewing.bound(view), **bound})
        return made(asked, found)

    # -- Outbox -----------------------------------------------------------------------------------

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        with self._transactions.writing() as connection:
            return commits.lease(connection, at=at, until=until, limit=limit, digests=self._digests)

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        final = None if fate is Fate.RETRY else fate.value
        with self._transactions.writing() as connection:
            return commits.settle(connection, leased, final, self._digests)

    # -- Journal ----------------------------------------------------------------------------------

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """See ``Journal.links``."""
        bound = rows.its(rows.of_shard(shard)) | {"after": after, "limit": limit}
        return tuple(self._read(st.LINKS, rows.link, bound))

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """See ``Journal.heads``."""
        bound: dict[str, Any] = {"limit": limit}
        if after is None:
            return tuple(self._read(st.HEADS, rows.head, bound))
        return tuple(self._read(st.HEADS_AFTER, rows.head, bound | rows.its(rows.of_shard(after))))

    def trim(self, shard: Shard, *, upto: int) -> None:
        """See ``Journal.trim``."""
        with self._transactions.writing() as connection:
            commits.trim(connection, shard, upto)


def _pairs(_: Prepared, found: Sequence[Any]) -> list[tuple[str, int]]:
    return [(section, total) for section, total in found]


def _transactions(bind: sa.Engine | sa.Connection, *, host_commits: bool) -> Transactions:
    if isinstance(bind, sa.Connection):
        return Kept(bind) if host_commits else Lent(bind)
    if host_commits:
        raise ValueError("a host that commits lends its connection")
    return Own(bind)
