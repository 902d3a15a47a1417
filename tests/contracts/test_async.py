"""An async host runs the same code in its connection, and is kept the same promises."""

import asyncio
import datetime as dt
import pathlib
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from emrcore.access import View
from emrcore.adapters.sql import SqlStorage, create_schema, prepare
from emrcore.journal import Entry, Link
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Key, Leased, Shard, Storage, Stored
from emrcore.records import Document, Page
from emrcore.testing.contracts import StorageContract

T = TypeVar("T")


class Facade:
    """Runs each call in a connection of its own of an async engine, on another thread's loop."""

    def __init__(self, url: sa.URL) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._engine = create_async_engine(url)
        prepare(self._engine.sync_engine)
        self._run(_created(self._engine))

    def close(self) -> None:
        self._run(self._engine.dispose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, doing: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    def _call(self, call: Callable[[SqlStorage], T]) -> T:
        async def called() -> T:
            async with self._engine.connect() as connection:
                return await connection.run_sync(lambda lent: call(SqlStorage(lent)))

        return self._run(called())

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        return self._call(lambda storage: storage.load(*keys))

    def commit(self, batch: Batch) -> None:
        self._call(lambda storage: storage.commit(batch))

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        return self._call(lambda storage: storage.find(shard, kind))

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        return self._call(lambda storage: storage.due(kind, before, limit))

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        return self._call(lambda storage: storage.add(patient, documents, entry))

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        return self._call(
            lambda storage: storage.page(view, cursor=cursor, section=section, size=size)
        )

    def count(self, view: View) -> Mapping[str, int]:
        return self._call(lambda storage: storage.count(view))

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        return self._call(lambda storage: storage.get(view, source, id))

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        return self._call(lambda storage: storage.lease(at=at, until=until, limit=limit))

    def settle(self, leased: Leased, fate: Fate) -> bool:
        return self._call(lambda storage: storage.settle(leased, fate))

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        return self._call(lambda storage: storage.links(shard, after=after, limit=limit))


async def _created(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(create_schema)


class TestAiosqlite(StorageContract):
    rounds = 5

    @pytest.fixture
    def storage(self, tmp_path: pathlib.Path) -> Generator[Storage]:
        path = str(tmp_path / "emrcore.db")
        facade = Facade(sa.URL.create("sqlite+aiosqlite", database=path))
        yield facade
        facade.close()


class TestAsyncPsycopg(StorageContract):
    @pytest.fixture
    def storage(self, postgres_schema: sa.URL) -> Generator[Storage]:
        facade = Facade(postgres_schema)
        yield facade
        facade.close()
