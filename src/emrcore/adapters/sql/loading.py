"""Inserting many documents at once, by the quickest road of the driver.

SQLite's driver runs one prepared statement over all rows; psycopg's synchronous one streams them
with binary COPY. Every other road is SQLAlchemy's own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from emrcore.adapters.sql import statements as st
from emrcore.adapters.sql.schema import documents

STREAMED_FROM = 50
"""How many rows a COPY takes to pay."""

_COLUMNS = list(documents.columns)
_COPY = f"""COPY {documents.name} ({", ".join(f'"{column.name}"' for column in _COLUMNS)})
FROM STDIN (FORMAT BINARY)"""


def insert(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows* of documents."""
    dialect = connection.dialect
    streams = dialect.driver == "psycopg" and not dialect.is_async
    if streams and len(rows) >= STREAMED_FROM:
        _stream(connection, rows)
    else:
        connection.execute(st.NEW_DOCUMENT, list(rows))


def _stream(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """COPY *rows*; the driver's errors are told as SQLAlchemy's."""
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    binds = [
        (column.name, column.type.dialect_impl(dialect).bind_processor(dialect))
        for column in _COLUMNS
    ]
    types = [column.type.compile(dialect).lower().split(" collate ")[0] for column in _COLUMNS]
    errors: Any = dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row([bind(row[name]) if bind else row[name] for name, bind in binds])
    except errors.DataError as error:
        raise exc.DataError(_COPY, None, error) from None
    except errors.Error as error:
        raise exc.OperationalError(_COPY, None, error) from None
