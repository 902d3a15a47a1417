"""An emergency from the broken glass to the verdict, over every storage, awaited or not."""

import asyncio
import datetime as dt
import pathlib

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from emrcore.access import Viewer
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage, migrate, prepare
from emrcore.adapters.sql.asynchronous import InConnections
from emrcore.adapters.threads import InThreads
from emrcore.applications import Operator, OperatorId
from emrcore.office import AsyncOffice, Execution, Office, Staff
from emrcore.people import PersonId
from emrcore.ports import Shard
from emrcore.records import Known, Part, Statement, SummaryEntry
from emrcore.rulebook import Role
from emrcore.sharing import Broken, Cause, ReportOutcome, Reviewed, Unusual, Verdict
from world import Town, new_town

CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
OFFICER = Operator(id=OperatorId("officer"), person=PersonId("officer"))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def town(request: pytest.FixtureRequest) -> Town:
    """A town whose office keeps its things in memory, in a file, on a server."""
    known = new_town()
    if request.param == "memory":
        storage: MemoryStorage | SqlStorage = MemoryStorage()
    else:
        engine: sa.Engine = request.getfixturevalue(request.param)
        storage = SqlStorage(engine)
    return attrs.evolve(known, office=attrs.evolve(known.office, storage=storage))


def allergy(town: Town) -> Statement:
    entry = SummaryEntry(id="a1", text="penicillin", recorded_on=dt.date(2019, 5, 1))
    return Statement(part=Part.ALLERGIES, source="clinic-1", as_of=town.clock.at, entries=(entry,))


def test_from_the_broken_glass_to_the_verdict(town: Town) -> None:
    """EMG-4, EMG-5, EMG-6, EMG-7, EMG-8, NTC-2, NTC-4: the whole of it (R75)."""
    office = town.office
    town.grant_both()
    town.enter()
    assert office.file_statement(town.own, allergy(town))
    glass = town.break_glass(CREW, town.own, dispatched=False)
    (allergies, *_) = office.read_summary(Staff(viewer=CREW), town.own).parts
    assert allergies.known is Known.PRESENT
    office.dispatch(town.sender())
    office.dispatch(town.sender())
    assert town.phone.getvalue().count("was opened in an emergency") == 1
    (task,) = office.emergency_queue()
    assert task.emergency.unusual == (Unusual.NOT_DISPATCHED,)
    town.clock.at = glass.until
    assert [type(one).__name__ for one in office.attend_emergencies()] == ["GlassClosed"]
    office.report_emergency(
        CREW, town.own, glass.id, outcome=ReportOutcome.HANDED_OVER, text="handed over"
    )
    office.review_emergency(town.own, glass.id, verdict=Verdict.NOT_JUSTIFIED, by=OFFICER)
    assert office.emergency_queue() == ()
    town.clock.turn(days=365 * 5 + 90)
    assert [one.patient for one in office.attend_changes()] == [town.wards]
    assert office.attend_changes() == ()
    assert office.verify_journal(Shard.of_patient(town.own)) == ()


async def walk(town: Town, execute: Execution) -> None:
    """The same under an event loop."""
    run = AsyncOffice(office=town.office, execute=execute).run
    await run(Office.create_card, town.mother, patient=town.own, clinic="clinic-1")
    await run(Office.file_statement, town.own, allergy(town))
    glass = await run(
        Office.break_glass,
        CREW,
        town.own,
        cause=Cause.UNCONSCIOUS,
        reason="unconscious",
        shift="shift-1",
    )
    assert isinstance(glass, Broken)
    summary = await run(Office.read_summary, Staff(viewer=CREW), town.own)
    assert summary.parts[0].known is Known.PRESENT
    assert await run(Office.close_glass, CREW, town.own)
    outcome = ReportOutcome.HANDED_OVER
    await run(Office.report_emergency, CREW, town.own, glass.id, outcome=outcome, text="well")
    justified = Verdict.JUSTIFIED
    after = await run(Office.review_emergency, town.own, glass.id, verdict=justified, by=OFFICER)
    assert isinstance(after, Reviewed)
    assert await run(Office.emergency_queue) == ()


def test_in_threads() -> None:
    """EMG-6: the road leads to the verdict in worker threads over the memory."""
    town = new_town()
    asyncio.run(walk(town, InThreads(town.office.storage)))


def test_in_async_connections(tmp_path: pathlib.Path) -> None:
    """EMG-6: and over an async driver of SQLite."""

    async def main() -> None:
        address = sa.URL.create("sqlite+aiosqlite", database=str(tmp_path / "e.sqlite"))
        engine = create_async_engine(address)
        prepare(engine.sync_engine)
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        await walk(new_town(), InConnections(engine))
        await engine.dispose()

    asyncio.run(main())
