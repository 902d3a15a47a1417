"""By what a row is known again: a digest over all that stands in it, and over where it stands.

The journal's chain covers its entries and nothing else. So each state, message and document has a
digest of its own, which only a commit writes. Without a key it shows what went wrong by itself or
was changed by hand; with a key it is an authentication code, which nobody makes who does not have
the key. It does not show that a row was taken away, or that an older one was put back with its
digest: what the journal tells does (``emrcore.testing.invariants``, I6).

A column that holds nothing is left out, so that a new one changes no digest. Values are taken as
the database keeps them: moments in UTC, labels as one text.
"""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import attrs
import sqlalchemy as sa

from emrcore.adapters.sql.schema import documents, outbox, states
from emrcore.errors import Corrupt
from emrcore.ports import Keys
from emrcore.wire import canonical

Row = Mapping[Any, Any]
T = TypeVar("T")

COVERED: tuple[sa.Table, ...] = (states, outbox, documents)
"""The tables whose rows have a digest."""


@attrs.frozen
class Digests:
    """Makes and checks digests, by the current one of ``keys`` if there are any.

    With keys a row without one of theirs is refused. Without, a keyed digest cannot be checked and
    is passed over: whoever has no key is told of damage only where none was used.
    """

    keys: Keys | None = attrs.field(default=None, repr=False)
    _secrets: dict[str, bytes] = attrs.field(
        factory=dict[str, bytes], init=False, repr=False, eq=False
    )

    def add(self, table: sa.Table, row: Row) -> dict[str, Any]:
        """*row* as it is to be written to *table*, with its digest."""
        key = self.keys.current if self.keys else ""
        return {**row, "digest": f"{key}:{self._code(key, table.name, row)}"}

    def checked(self, table: sa.Table, made: Callable[[Row], T]) -> Callable[[Row], T]:
        """*made*, of those rows of *table* that are as they were written.

        Raises:
            Corrupt: names the table and the key of a row that is not.
        """

        def check_and_make(row: Row) -> T:
            self.check(table, row)
            return made(row)

        return check_and_make

    def check(self, table: sa.Table, row: Row) -> None:
        """Refuse *row* of *table* if it is not as it was written (STO-9).

        Raises:
            Corrupt: it is not; names the table and the key, and nothing of the content.
            Unavailable: the key of its digest is not here.
        """
        if not self._holds(table, row):
            place = "/".join(str(row[column.name]) for column in table.primary_key)
            raise Corrupt(f"a row of {table.name}: {place}")

    def _holds(self, table: sa.Table, row: Row) -> bool:
        written = row["digest"]
        if not isinstance(written, str):
            return False
        key, _, code = written.rpartition(":")
        if self.keys is None:
            return bool(key) or hmac.compare_digest(code, self._code("", table.name, row))
        return bool(key) and hmac.compare_digest(code, self._code(key, table.name, row))

    def _code(self, key: str, table: str, row: Row) -> str:
        return code(self._secret(key), table, row)

    def _secret(self, key: str) -> bytes:
        if self.keys is None or not key:
            return b""
        if key not in self._secrets:
            self._secrets[key] = self.keys.derive("rows", b"", key=key)
        return self._secrets[key]


def code(secret: bytes, table: str, row: Row) -> str:
    """The HMAC-SHA-256 in hex, by *secret*, of all that *row* of *table* holds."""
    content = {name: value for name, value in row.items() if value is not None and name != "digest"}
    text = json.dumps([table, content], sort_keys=True, default=_plain)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def write(
    connection: sa.Connection, table: sa.Table, digests: Digests, *, was: Digests | None = None
) -> None:
    """Give every row of *table* a digest by *digests*, if it is as it was written under *was*.

    A row that somebody else changes meanwhile is theirs, who write its digest.

    Raises:
        Corrupt: a row is not as it was written.
    """
    found = connection.execute(sa.select(table)).mappings().all()
    changed = sa.update(table).where(
        *(column == sa.bindparam(f"its_{column.name}") for column in table.primary_key),
        table.c.digest == sa.bindparam("its_digest"),
    )
    for row in found:
        if was:
            was.check(table, row)
        named = {f"its_{column.name}": row[column.name] for column in table.primary_key}
        digest = digests.add(table, row)["digest"]
        connection.execute(changed, named | {"its_digest": row["digest"], "digest": digest})


def _plain(value: Any) -> str:
    """What JSON has for a body, a moment, a day and labels."""
    match value:
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case dt.datetime():
            moment = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return moment.isoformat()
        case dt.date():
            return value.isoformat()
        case frozenset():
            return canonical(sorted(cast("frozenset[str]", value)))
        case _:
            raise TypeError("no value of a row")
