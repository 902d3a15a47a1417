"""Running the office in worker threads, for storages that are safe to use from any thread."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import attrs

from emrcore.office import Pause
from emrcore.office.work import sleep
from emrcore.ports import Storage

T = TypeVar("T")


@attrs.frozen
class InThreads:
    """An execution for ``AsyncOffice``: each unit of work in a thread of its own."""

    storage: Storage

    async def __call__(self, work: Callable[[Storage, Pause], T]) -> T:
        """See ``Execution``."""
        return await asyncio.to_thread(work, self.storage, sleep)
