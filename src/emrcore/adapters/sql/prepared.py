"""Statements about documents, compiled once and then run with nothing but parameters.

What SQLAlchemy does anew at each execution (looking a statement up by its structure, making a
result that knows every column in three ways) costs more than the database needs for a page. So the
text, the order of its parameters and what makes a driver's value ours are worked out once for a
statement and a dialect; a row becomes a document without passing its converters again, since
what comes out of the store went through them on its way in.
"""

import collections
import contextlib
import datetime as dt
import functools
import itertools
import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import exc

from emrcore.adapters.sql.schema import Labels, Moment
from emrcore.errors import Corrupt
from emrcore.records import Document, Standing

Process = Callable[[Any], Any]
Read = Callable[[Sequence[Any]], Sequence[Any]]

_NAIVE_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - as moments are kept: in UTC, without a zone
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@attrs.frozen(kw_only=True, eq=False)
class Prepared:
    """A statement as text, for one dialect.

    ``order`` names the parameters by their places, and is None where the driver takes them by name;
    ``constants`` are those that never change. ``reads`` are the columns by place that a driver
    gives otherwise than they are meant.
    """

    text: str
    order: tuple[str, ...] | None
    constants: Mapping[str, Any] = attrs.field(repr=False)
    processes: Mapping[str, Process] = attrs.field(repr=False)
    columns: tuple[str, ...]
    reads: tuple[tuple[int, Read], ...] = attrs.field(repr=False)

    def bind(self, bound: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        values = dict(self.constants)
        for name, process in self.processes.items():
            values[name] = process(bound[name])
        return values if self.order is None else tuple([values[name] for name in self.order])

    def over(self, connection: sa.Connection, bound: Mapping[str, Any]) -> Sequence[Any]:
        """The rows as the driver gives them, in the transaction of *connection*."""
        return connection.exec_driver_sql(self.text, self.bind(bound)).fetchall()

    def alone(self, engine: sa.Engine, bound: Mapping[str, Any]) -> Sequence[Any]:
        """The rows as the driver gives them, on a connection of *engine*'s own.

        One statement sees one moment, and needs no transaction around it: to begin and to end one
        would be two more journeys to PostgreSQL. The driver is asked directly, and what it raises
        is told as SQLAlchemy's. Who listens to what an engine executes, and every asynchronous
        driver, gets the longer way.
        """
        heard = engine.dispatch
        if engine.dialect.is_async or heard.before_cursor_execute or heard.after_cursor_execute:
            with engine.connect() as connection:
                return self.over(connection, bound)
        return _asked(engine, self.text, self.bind(bound))

    def documents(self, found: Sequence[Any]) -> list[Document]:
        """A document of each row, by its columns: slot by slot, and not by its constructor.

        Raises:
            Corrupt: a value makes no sense.
        """
        made = list(map(object.__new__, itertools.repeat(Document, len(found))))
        if made:
            columns: list[Sequence[Any]] = list(zip(*found, strict=True))
            try:
                for place, read in self.reads:
                    columns[place] = read(columns[place])
            except (ValueError, TypeError):
                raise Corrupt("a stored value") from None
            by_name: dict[str, Iterable[Any]] = dict(zip(self.columns, columns, strict=True))
            by_name["standing"] = itertools.repeat(Standing.CURRENT)  # nothing else is shown
            for name, fill in _SLOTS.items():
                collections.deque(map(fill, made, by_name[name]), maxlen=0)
        return made


def _asked(engine: sa.Engine, text: str, parameters: Any) -> Sequence[Any]:
    dialect, pooled = engine.dialect, None
    errors: Any = dialect.loaded_dbapi
    try:
        pooled = engine.raw_connection()
        with _without_begin(pooled):
            cursor = pooled.cursor()
            cursor.execute(text, parameters)
            return cursor.fetchall()
    except errors.Error as error:
        if pooled and dialect.is_disconnect(error, pooled.dbapi_connection, None):
            pooled.invalidate()
        raise exc.DBAPIError.instance(
            text, None, error, errors.Error, hide_parameters=True, dialect=dialect
        ) from None
    finally:
        if pooled:
            pooled.close()


@contextlib.contextmanager
def _without_begin(pooled: Any) -> Generator[None]:
    """Keep psycopg from beginning a transaction; SQLite's driver begins none."""
    driver = pooled.driver_connection
    if not hasattr(driver, "autocommit") or driver.autocommit is not False:
        yield
        return
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


@functools.lru_cache(maxsize=1024)
def prepared(statement: sa.Select[Any], dialect: sa.Dialect) -> Prepared:
    """*statement* for *dialect*, compiled at the first call."""
    made: Any = statement.compile(dialect=dialect)
    parameters = {name: parameter for parameter, name in made.bind_names.items()}
    processes = {name: _binds(one, dialect) for name, one in parameters.items()}
    changing = {name for name, one in parameters.items() if one.required}
    reads = [
        (place, _reads(one.type, dialect)) for place, one in enumerate(statement.selected_columns)
    ]
    return Prepared(
        text=str(made),
        order=None if made.positiontup is None else tuple(made.positiontup),
        constants={
            name: processes[name](one.value)
            for name, one in parameters.items()
            if name not in changing
        },
        processes={name: processes[name] for name in changing},
        columns=tuple(column.key or "" for column in statement.selected_columns),
        reads=tuple((place, read) for place, read in reads if read),
    )


_SLOTS: Mapping[str, Callable[[Document, Any], None]] = {
    field.name: getattr(Document, field.name).__set__ for field in attrs.fields(Document)
}
"""What puts a field into its slot of a document that is frozen."""


# -- Values ----------------------------------------------------------------------------------------


def _binds(parameter: sa.BindParameter[Any], dialect: sa.Dialect) -> Process:
    """What makes a value one that the driver takes."""
    return parameter.type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)


def _reads(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Read | None:
    """What makes a column of a driver's values one of ours, or None where they are."""
    if isinstance(kind, Labels):
        return lambda texts: list(map(_labels, texts))
    if isinstance(kind, Moment):
        return _where_there_is_one(_moments if dialect.name == "sqlite" else _aware)
    if dialect.name == "sqlite" and isinstance(kind, sa.Date):
        return _where_there_is_one(lambda days: list(map(dt.date.fromisoformat, days)))
    process = kind.dialect_impl(dialect).result_processor(dialect, None)
    return _where_there_is_one(lambda values: list(map(process, values))) if process else None


def _where_there_is_one(read: Read) -> Read:
    """*read*, past the NULLs of a column."""

    def past_nulls(values: Sequence[Any]) -> Sequence[Any]:
        if None not in values:
            return read(values)
        found = iter(read([value for value in values if value is not None]))
        return [None if value is None else next(found) for value in values]

    return past_nulls


@functools.lru_cache(maxsize=4096)
def _labels(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


def _moments(texts: Sequence[str]) -> Sequence[dt.datetime]:
    parsed = dt.datetime.fromisoformat
    return [parsed(text + "+00:00") for text in texts]


def _aware(moments: Sequence[dt.datetime]) -> Sequence[dt.datetime]:
    return [_EPOCH + (at - _NAIVE_EPOCH) for at in moments]  # ten times as fast as ``replace``
