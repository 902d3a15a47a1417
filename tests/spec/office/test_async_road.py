"""The same road under an event loop, which is never blocked."""

import asyncio
import pathlib
import sqlite3
import threading
from collections.abc import Mapping

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import migrate, prepare
from emrcore.adapters.sql.asynchronous import InConnections
from emrcore.adapters.threads import InThreads
from emrcore.applications import Asked, Decided, Filed
from emrcore.errors import RuleBroken
from emrcore.office import AsyncOffice, Citizen, Execution, Office, OpenedShare
from emrcore.ports import Key, Shard, Stored
from emrcore.rulebook import Check, Role
from emrcore.sessions import NOTICE
from shares import terms
from world import Town


async def walk_on(town: Town, office: AsyncOffice, reader: Citizen) -> None:
    """And to the doctor elsewhere who opens what was shared."""
    town.clock.turn(minutes=1)
    asked = terms(town, "lab-results")
    action = town.office.share_action(reader, town.own, asked)
    await office.run(Office.begin_approval, reader, action)
    await office.run(Office.dispatch, town.sender())
    code = town.phone.getvalue().rsplit("#", 1)[1].strip()
    made = await office.run(Office.make_share, reader, town.own, asked, code)
    opened = await office.run(
        Office.open_share, made.address, recipient="Dr", passcode=made.passcode
    )
    assert isinstance(opened, OpenedShare)
    assert opened.key == made.key


async def walk(town: Town, office: AsyncOffice) -> None:
    """From the first visit to the opened card."""
    await office.run(Office.create_card, town.mother, patient=town.own, clinic="clinic-1")
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = await office.run(Office.file, town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    account = town.account.id
    for check in Check:
        await office.run(
            Office.record_check, account, filed.id, check=check, passed=True, by=town.operator
        )
    decided = await office.run(Office.grant, account, filed.id, town.own, by=town.operator)
    assert isinstance(decided, Decided)
    await office.run(Office.dispatch, town.sender())
    code = town.phone.getvalue().rsplit("#", 1)[1].strip()
    await office.run(Office.begin_login, town.account, host_session="h")
    signed_in = await office.run(
        Office.verify, town.account, code, host_session="h", acknowledged=NOTICE
    )
    reader = Citizen(account=town.account, token=signed_in.token)
    opened = await office.run(Office.open_card, reader, town.own)
    assert len(opened.view.allowances) == 5
    await walk_on(town, office, reader)
    assert await office.run(Office.verify_journal, Shard.of_account(account)) == ()
    with pytest.raises(RuleBroken) as refused:
        await office.run(Office.verify, town.account, code, host_session="h")
    assert refused.value.rule is rules.SES_3


async def sqlite_engine(path: pathlib.Path) -> AsyncEngine:
    engine = create_async_engine(sa.URL.create("sqlite+aiosqlite", database=str(path)))
    prepare(engine.sync_engine)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    return engine


def over(town: Town, execute: Execution) -> AsyncOffice:
    return AsyncOffice(office=town.office, execute=execute)


def test_in_threads(town: Town) -> None:
    """STO-1: the road leads to the card in worker threads over the memory."""
    asyncio.run(walk(town, over(town, InThreads(town.office.storage))))


def test_in_async_connections(town: Town, tmp_path: pathlib.Path) -> None:
    """STO-1: the road leads to the card over an async driver of SQLite."""

    async def main() -> None:
        engine = await sqlite_engine(tmp_path / "road.sqlite")
        await walk(town, over(town, InConnections(engine)))
        await engine.dispose()

    asyncio.run(main())


class Stopped(MemoryStorage):
    """A storage that answers only once it is let."""

    go = threading.Event()

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        assert self.go.wait(10), "the loop was blocked"
        return super().load(*keys)


def test_loop_goes_on_beside_a_slow_storage(town: Town) -> None:
    """STO-1: while a storage does not answer, the loop does, and lets it."""
    storage = Stopped()

    async def main() -> None:
        office = over(town, InThreads(storage))
        creating = asyncio.create_task(
            office.run(Office.create_card, town.mother, patient=town.own, clinic="clinic-1")
        )
        await asyncio.sleep(0.05)
        assert not creating.done()
        storage.go.set()
        assert await creating

    asyncio.run(main())


def test_loop_goes_on_beside_a_locked_database(town: Town, tmp_path: pathlib.Path) -> None:
    """STO-1: while another process holds the database, the loop goes on, and frees it."""

    async def main() -> None:
        path = tmp_path / "road.sqlite"
        engine = await sqlite_engine(path)
        office = over(town, InConnections(engine))
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            creating = asyncio.create_task(
                office.run(Office.create_card, town.mother, patient=town.own, clinic="clinic-1")
            )
            await asyncio.sleep(0.1)
            assert not creating.done()
            other.execute("ROLLBACK")
            assert await creating
        other.close()
        await engine.dispose()

    asyncio.run(main())


def test_many_at_once(town: Town, tmp_path: pathlib.Path) -> None:
    """STO-2: of twenty first visits at once, one creates the card, and all are answered."""

    async def main() -> list[bool]:
        engine = await sqlite_engine(tmp_path / "road.sqlite")
        office = over(town, InConnections(engine))
        visits = (
            office.run(Office.create_card, town.mother, patient=town.own, clinic=f"clinic-{n}")
            for n in range(20)
        )
        answers = await asyncio.gather(*visits)
        links = await office.run(_links, town)
        await engine.dispose()
        assert links == 1
        return answers

    assert sorted(asyncio.run(main())) == [False] * 19 + [True]


def _links(office: Office, town: Town) -> int:
    return len(office.storage.links(Shard.of_patient(town.own)))


def test_the_template_is_not_touched(town: Town) -> None:
    """STO-1: each unit of work has an office of its own over the storage it is given."""
    seen: list[object] = []
    other = MemoryStorage()

    def look(office: Office) -> None:
        seen.append(office.storage)

    asyncio.run(over(town, InThreads(other)).run(look))
    assert seen == [other]
    assert town.office.storage is not other
    assert attrs.evolve(town.office, storage=other).storage is other
