"""A SQLite file keeps what every storage promises."""

import pathlib
from collections.abc import Generator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from emrcore.adapters.sql import SqlStorage, create_schema, sqlite_engine
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract


def hasty(engine: sa.Engine) -> sa.Engine:
    """*engine* without syncing, which no test here can tell."""

    def unsynced(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()

    event.listen(engine, "connect", unsynced)
    return engine


class TestSqlite(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: pathlib.Path) -> Generator[Storage]:
        engine = hasty(sqlite_engine(tmp_path / "emrcore.db"))
        create_schema(engine)
        yield SqlStorage(engine)
        engine.dispose()
