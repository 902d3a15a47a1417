"""Own words, wishes and polls, over every storage, and off the event loop."""

import asyncio
import concurrent.futures

import attrs
import pytest
import sqlalchemy as sa

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.adapters.threads import InThreads
from emrcore.diary import Audience, Note, read_note
from emrcore.errors import RuleBroken
from emrcore.feedback import PollQuestion
from emrcore.office import AsyncOffice, Office
from emrcore.people import Account, AccountId, AccountLevel, PersonId
from emrcore.rulebook import Role
from families import let_in, signed_in, writing_town
from world import Town, moscow

ASKED = (PollQuestion(id="support", options=("yes", "no")),)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def town(request: pytest.FixtureRequest) -> Town:
    """A town whose office keeps its things in memory, in a file, on a server."""
    known = writing_town()
    if request.param == "memory":
        storage: MemoryStorage | SqlStorage = MemoryStorage()
    else:
        engine: sa.Engine = request.getfixturevalue(request.param)
        storage = SqlStorage(engine)
    return attrs.evolve(known, office=attrs.evolve(known.office, storage=storage))


def account(number: int) -> Account:
    return Account(
        id=AccountId(f"a{number}"), person=PersonId(f"p{number}"), level=AccountLevel.FULL
    )


def test_own_words(town: Town) -> None:
    """OWN-5, OWN-6: written, corrected, told, withdrawn, and read back each time."""
    town.move_in()
    mother = let_in(town, town.mother, (town.own, Role.SELF))
    citizen = signed_in(town, mother, Role.SELF)
    at = town.clock.at
    office = AsyncOffice(office=town.office, execute=InThreads(town.office.storage))

    async def walk() -> list[int]:
        words = await office.run(
            Office.write_words, citizen, town.own, read_note("first", at=at, now=at)
        )
        second = read_note("second", at=at, now=at)
        await office.run(Office.correct_words, citizen, town.own, words, second)
        await office.run(Office.name_audience, citizen, town.own, words, (Audience.CREWS,))
        await office.run(Office.withdraw_words, citizen, town.own, words)
        (shown,) = await office.run(Office.read_words, citizen, town.own)
        assert shown.versions[-1].content == Note(text="second", at=at)
        return [one.number for one in shown.versions]

    assert asyncio.run(walk()) == [1, 2]


def test_votes_at_once(town: Town) -> None:
    """FBK-4: twelve votes of six accounts at the same moment are six."""
    office = town.office
    wish = office.file_wish(account(0), "Show vaccinations")
    office.publish_wish(wish, by=town.operator)

    def vote(one: int) -> bool:
        return office.vote_for(account(one % 6), wish)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(vote, range(12)))
    assert sum(answers) == 6
    assert office.count_votes().standings[0].votes == 6
    assert office.ranked_wishes()[0].votes == 6


def test_ballots_at_once(town: Town) -> None:
    """FBK-9, FBK-11: twelve ballots of six accounts at the same moment are six, and all counted."""
    office = town.office
    poll = office.open_poll(ASKED, until=moscow(2020, 2, 14), by=town.operator, least=6)

    def cast(one: int) -> bool:
        try:
            office.cast_ballot(account(one % 6), poll, {"support": "yes"})
        except RuleBroken as refusal:
            return refusal.rule is not rules.FBK_9
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(cast, range(12))) == 6
    office.close_poll(poll, by=town.operator)
    assert office.count_poll(poll).ballots == 6
    assert office.count_poll(poll).questions[0].options[0].votes is None
