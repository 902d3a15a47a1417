"""Where a transaction begins and who ends it: three ways to run the same statements.

With an engine each call is a transaction of its own. With a connection the calls run in its
transaction, and what a call writes is committed at once, with all that the host did before; or,
if the host commits, is kept in a savepoint until it does.
"""

import contextlib
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol

import attrs
import sqlalchemy as sa

from emrcore.adapters.sql import failures, fitness
from emrcore.adapters.sql.engines import WRITES, check_prepared
from emrcore.adapters.sql.prepared import Prepared, prepared


class Transactions(Protocol):
    """Gives the connection to work in; what fails inside is told in the store's words."""

    def reading(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """For reads only."""
        ...

    def ask(
        self, asked: sa.Select[Any], bound: Mapping[str, Any]
    ) -> tuple[Prepared, Sequence[Any]]:
        """What one statement finds, which needs no other to agree with it."""
        ...

    def writing(self, *, checked: bool = True) -> contextlib.AbstractContextManager[sa.Connection]:
        """For reads and writes that take effect together at the end, or not at all.

        What is not fit for writes is refused, but for a migration, which has to make it so.
        """
        ...


@attrs.frozen
class Own:
    """A transaction per call, on a connection of *engine*."""

    engine: sa.Engine

    @contextlib.contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """See ``Transactions.reading``."""
        with failures.told(), self.engine.connect() as connection:
            yield connection

    def ask(
        self, asked: sa.Select[Any], bound: Mapping[str, Any]
    ) -> tuple[Prepared, Sequence[Any]]:
        """See ``Transactions.ask``."""
        statement = prepared(asked, self.engine.dialect)
        with failures.told():
            return statement, statement.alone(self.engine, bound)

    @contextlib.contextmanager
    def writing(self, *, checked: bool = True) -> Generator[sa.Connection]:
        """See ``Transactions.writing``."""
        with failures.told(), self.engine.connect() as connection:
            _begin(connection, checked=checked)
            yield connection
            _commit(connection)


@attrs.frozen
class Lent:
    """The transaction of the host's *connection*, ended by each call that writes.

    A read that had to begin one ends it, so that the write after it begins with BEGIN IMMEDIATE
    and waits for its turn instead of failing at once.
    """

    connection: sa.Connection

    @contextlib.contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """See ``Transactions.reading``."""
        begins = not self.connection.in_transaction()
        with failures.told():
            try:
                yield self.connection
            finally:
                if begins:
                    self.connection.rollback()

    def ask(
        self, asked: sa.Select[Any], bound: Mapping[str, Any]
    ) -> tuple[Prepared, Sequence[Any]]:
        """See ``Transactions.ask``."""
        with self.reading() as connection:
            statement = prepared(asked, connection.dialect)
            return statement, statement.over(connection, bound)

    @contextlib.contextmanager
    def writing(self, *, checked: bool = True) -> Generator[sa.Connection]:
        """See ``Transactions.writing``."""
        with failures.told():
            try:
                _begin(self.connection, checked=checked)
                yield self.connection
                _commit(self.connection)
            except BaseException:
                self.connection.rollback()
                raise


@attrs.frozen
class Kept:
    """A savepoint per writing call in the transaction of the host, who commits."""

    connection: sa.Connection

    @contextlib.contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """See ``Transactions.reading``."""
        with failures.told():
            yield self.connection

    def ask(
        self, asked: sa.Select[Any], bound: Mapping[str, Any]
    ) -> tuple[Prepared, Sequence[Any]]:
        """See ``Transactions.ask``."""
        with self.reading() as connection:
            statement = prepared(asked, connection.dialect)
            return statement, statement.over(connection, bound)

    @contextlib.contextmanager
    def writing(self, *, checked: bool = True) -> Generator[sa.Connection]:
        """See ``Transactions.writing``."""
        with failures.told():
            _begin(self.connection, checked=checked)
            with self.connection.begin_nested():
                yield self.connection


def _begin(connection: sa.Connection, *, checked: bool) -> None:
    """Begin for writing, unless the host has begun already."""
    check_prepared(connection)
    if not connection.in_transaction():
        connection.execution_options(**WRITES)
        connection.begin()
        connection.execution_options(**dict.fromkeys(WRITES, False))
    if checked:
        fitness.check(connection)


def _commit(connection: sa.Connection) -> None:
    """Commit; a connection that failed to is dropped, since who knows what it still holds."""
    try:
        with failures.told(committing=True):
            connection.commit()
    except BaseException:
        connection.invalidate()
        raise
