"""Running the office in connections of an async engine (SQLAlchemy's asyncio extension)."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import attrs
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from emrcore.adapters.sql.storage import SqlStorage
from emrcore.office import Pause
from emrcore.ports import Storage

T = TypeVar("T")


def _as_it_is(storage: Storage) -> Storage:
    return storage


@attrs.frozen
class InConnections:
    """An execution for ``AsyncOffice``: each unit of work in a connection of ``engine``.

    The engine's ``sync_engine`` must have gone through ``prepare``. ``over`` puts something over
    the storage of each, such as ``SealedRecords``.
    """

    engine: AsyncEngine
    over: Callable[[Storage], Storage] = attrs.field(default=_as_it_is, repr=False)

    async def __call__(self, work: Callable[[Storage, Pause], T]) -> T:
        """See ``Execution``."""

        def in_connection(lent: sa.Connection) -> T:
            return work(self.over(SqlStorage(lent)), _wait)

        async with self.engine.connect() as connection:
            return await connection.run_sync(in_connection)


def _wait(seconds: float) -> None:
    """Wait and let the loop go on meanwhile."""
    await_only(asyncio.sleep(seconds))
