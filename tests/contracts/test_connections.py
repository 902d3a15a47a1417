"""In a connection of the host's, async or not, the same promises are kept."""

import asyncio
import datetime as dt
import pathlib
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from emrcore.access import View
from emrcore.adapters.sql import SqlStorage, migrate, prepare
from emrcore.journal import Entry, Head, Link
from emrcore.people import PatientId
from emrcore.ports import Batch, Fate, Key, Leased, Shard, Storage, Stored
from emrcore.records import Document, Page, Versions
from emrcore.testing.contracts import StorageContract

T = TypeVar("T")


class Through:
    """A storage whose every call is made in a connection of its own."""

    def _call(self, call: Callable[[SqlStorage], T]) -> T:
        raise NotImplementedError

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

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        return self._call(lambda storage: storage.versions(patient, source, id))

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        return self._call(lambda storage: storage.lease(at=at, until=until, limit=limit))

    def settle(self, leased: Leased, fate: Fate) -> bool:
        return self._call(lambda storage: storage.settle(leased, fate))

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        return self._call(lambda storage: storage.links(shard, after=after, limit=limit))

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        return self._call(lambda storage: storage.heads(after=after, limit=limit))

    def trim(self, shard: Shard, *, upto: int) -> None:
        self._call(lambda storage: storage.trim(shard, upto=upto))


class HostCommits(Through):
    """As in a host that owns the transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def _call(self, call: Callable[[SqlStorage], T]) -> T:
        with self._engine.begin() as connection:
            return call(SqlStorage(connection, host_commits=True))


class OnLoop(Through):
    """As in an async host, on another thread's event loop."""

    def __init__(self, url: sa.URL) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._engine = create_async_engine(url)
        prepare(self._engine.sync_engine)
        self._run(self._created())

    async def _created(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(migrate)

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


class TestAiosqlite(StorageContract):
    rounds = 5

    @pytest.fixture
    def storage(self, tmp_path: pathlib.Path) -> Generator[Storage]:
        path = str(tmp_path / "emrcore.db")
        storage = OnLoop(sa.URL.create("sqlite+aiosqlite", database=path))
        yield storage
        storage.close()


@pytest.fixture(scope="module")
def on_loop(postgres_engine: sa.Engine) -> Generator[Storage]:
    """One event loop over PostgreSQL for all."""
    storage = OnLoop(postgres_engine.url)
    yield storage
    storage.close()


class TestAsyncPsycopg(StorageContract):
    rounds = 5

    @pytest.fixture
    def storage(self, postgres: sa.Engine, on_loop: Storage) -> Storage:  # noqa: ARG002 - emptied
        return on_loop


class TestHostCommits(StorageContract):
    rounds = 5

    @pytest.fixture
    def storage(self, postgres: sa.Engine) -> Storage:
        return HostCommits(postgres)
