"""What a whole store holds, shard by shard, and what it comes to.

The digest of a shard is the SHA-256 over its rows: table by table in the order of the schema, the
rows of each in the order of their keys, and of each row a line with the table's name, a space and
the values as a JSON array (bytes in hex, days and moments in ISO 8601, labels as a sorted array).
The digest of a table is the same over all its rows. All of it is read once, in the order of the
shards, which is that of their code points in either database: one shard is in memory at a time.
"""

import contextlib
import datetime as dt
import hashlib
import heapq
import itertools
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from emrcore.adapters.sql import rows
from emrcore.adapters.sql.row_digests import COVERED, Digests
from emrcore.adapters.sql.schema import documents, entries, metadata
from emrcore.errors import Corrupt
from emrcore.journal import breaks
from emrcore.ports import Shard

AT_ONCE = 1000
TABLES = tuple(metadata.tables.values())

_UNKEYED = Digests()
Rows = Sequence[sa.Row[Any]]


@attrs.frozen(kw_only=True)
class Content:
    """How many rows a table or a shard has, and the SHA-256 over them."""

    rows: int
    digest: str


Contents = Mapping[str, Content]
"""The content of each table, by its name."""


@attrs.frozen(kw_only=True)
class Part:
    """All rows of one shard, by table."""

    shard: Shard
    rows: Mapping[sa.Table, Rows] = attrs.field(repr=False)

    @property
    def content(self) -> Content:
        """What they come to."""
        total = Sum()
        for table in TABLES:
            total.add(table, self.rows.get(table, ()))
        return total.content


class Sum:
    """A running digest over rows."""

    def __init__(self) -> None:
        self._rows, self._digest = 0, hashlib.sha256()

    def add(self, table: sa.Table, found: Rows) -> None:
        """Go on with the rows *found* in *table*."""
        self._rows += len(found)
        for row in found:
            line = f"{table.name} {json.dumps(list(row), default=_plain)}\n"
            self._digest.update(line.encode())

    @property
    def content(self) -> Content:
        """What they come to so far."""
        return Content(rows=self._rows, digest=self._digest.hexdigest())


def parts(connection: sa.Connection) -> Generator[Part]:
    """Every shard of the store, in order, as *connection* sees it.

    Raises:
        Corrupt: a value makes no sense, or rows come in no order.
    """
    with contextlib.ExitStack() as stack:
        groups = [
            stack.enter_context(contextlib.closing(_groups(connection, table))) for table in TABLES
        ]
        merged = heapq.merge(*groups, key=lambda group: group[0].place)
        try:
            for _, same in itertools.groupby(merged, key=lambda group: group[0].place):
                found = list(same)
                yield Part(shard=found[0][0], rows={table: some for _, table, some in found})
        except (ValueError, TypeError, AttributeError):
            raise Corrupt("a stored value") from None


def _groups(connection: sa.Connection, table: sa.Table) -> Generator[tuple[Shard, sa.Table, Rows]]:
    asked = sa.select(table).order_by(*table.primary_key)
    with connection.execute(asked, execution_options={"yield_per": AT_ONCE}) as found:
        for shard, same in itertools.groupby(found, key=lambda row: _shard(table, row)):
            yield shard, table, list(same)


def _shard(table: sa.Table, row: sa.Row[Any]) -> Shard:
    if table is documents:
        return Shard.of_patient(row.patient)
    return Shard(row.shard_kind, row.shard_id)


def whole(found: Iterator[Part], written: Digests = _UNKEYED) -> Generator[tuple[Part, Content]]:
    """*found*, each with its digest, once its rows and its journal are found as *written*.

    Raises:
        Corrupt: a row is not as it was written, or a journal is broken; names the shard, the link
            and what is wrong.
    """
    for part in found:
        for table in COVERED:
            for row in part.rows.get(table, ()):
                try:
                    written.check(table, named(table, row))
                except Corrupt as found_:
                    raise Corrupt(f"{found_.what} (shard {name(part.shard)})") from None
        try:
            links = [rows.link(named(entries, row)) for row in part.rows.get(entries, ())]
        except (ValueError, TypeError):
            raise Corrupt(f"a journal (shard {name(part.shard)})") from None
        for broken in breaks(links):
            where = f"a journal, link {broken.number}: {broken.what}"
            raise Corrupt(f"{where} (shard {name(part.shard)})")
        yield part, part.content


class Sums:
    """Running digests over whole tables."""

    def __init__(self) -> None:
        self._sums = {table: Sum() for table in TABLES}

    def add(self, part: Part) -> None:
        """Go on with *part*."""
        for table, found in part.rows.items():
            self._sums[table].add(table, found)

    @property
    def contents(self) -> Contents:
        """What they come to so far."""
        return {table.name: total.content for table, total in self._sums.items()}


def name(shard: Shard) -> str:
    """How *shard* is told to people."""
    return f"{shard.kind}/{shard.id}"


def named(table: sa.Table, row: sa.Row[Any]) -> dict[str, Any]:
    """The columns of *row* by their names."""
    return dict(zip(table.columns.keys(), row, strict=True))


def _plain(value: Any) -> Any:
    """What JSON has for bytes, a day, a moment or labels."""
    match value:
        case bytes():
            return value.hex()
        case dt.date():
            return value.isoformat()
        case _:
            return sorted(value)
