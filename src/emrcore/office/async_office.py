"""The same office under an event loop, which it never blocks."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import attrs

from emrcore.office.office import Office
from emrcore.office.work import Pause
from emrcore.ports import Storage

P = ParamSpec("P")
T = TypeVar("T")


class Execution(Protocol):
    """How synchronous work over a storage is run by an event loop."""

    async def __call__(self, work: Callable[[Storage, Pause], T]) -> T:
        """Run *work* with a storage, and with the way to wait there, off the loop."""
        ...


@attrs.frozen(kw_only=True)
class AsyncOffice:
    """Runs any verb of *office* by *execute*, which brings the storage to use.

    ::

        await async_office.run(Office.open_card, reader, patient)
    """

    office: Office
    execute: Execution

    async def run(
        self, verb: Callable[Concatenate[Office, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The answer of ``verb(office, *args, **kwargs)``; one call is one unit of work."""

        def work(storage: Storage, pause: Pause) -> T:
            office = attrs.evolve(self.office, storage=storage, pause=pause)
            return verb(office, *args, **kwargs)

        return await self.execute(work)
