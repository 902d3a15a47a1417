"""The whole life of an application, over every storage."""

import concurrent.futures
import datetime as dt

import attrs
import pytest
import sqlalchemy as sa

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.applications import (
    ApplicationExpired,
    DeadlineMissed,
    Deleted,
    Kept,
    NeedsKinship,
    Pending,
    Superseded,
    TieConfirmed,
    form,
)
from emrcore.errors import RuleBroken
from emrcore.people import KinshipStatus
from emrcore.ports import Shard
from emrcore.rulebook import Check
from lives import actions, album, apply, ask, check_all, is_decided, now_is, picture, send_back
from world import Cards, Town, moscow, new_town


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


def test_from_the_filing_to_the_last_trace(town: Town) -> None:
    """APP-8, APP-14, APP-17, APP-22: a tie, a question, a correction, a miss, no photo left."""
    office, where = town.office, album()
    office.create_card(town.mother, patient=town.own, clinic="clinic-1")
    office.create_card(town.child, patient=town.wards, clinic="clinic-1")
    ties = Cards(office.edition(town.clock.at))
    office.record_kinship(town.wards, ties.tie(KinshipStatus.CLAIMED))
    application = apply(town, wards=True)
    first = office.keep_photo(town.account, application, picture(), album=where)
    town.clock.at = moscow(2020, 1, 15, 9)
    ask(town, application)
    town.clock.at = moscow(2020, 1, 16, 9)
    photo = office.keep_photo(town.account, application, picture("PNG"), album=where)
    office.answer(town.account, application)
    assert office.delete_evidence(album=where) == 1
    assert [where.blobs.get(one) is None for one in (first, photo)] == [True, False]
    shown = office.show_photo(town.account.id, photo, by=town.operator, album=where)
    assert shown.startswith(b"\xff\xd8\xff")
    send_back(town, application)
    town.clock.at = moscow(2020, 1, 17, 9)
    office.correct(town.account, application, papers=town.papers)
    check_all(town, application)
    office.record_kinship(town.wards, ties.tie())
    state = office.confirm_ties(town.account.id, application)
    assert isinstance(form(state).outcomes[town.wards], Pending)
    (task,) = office.queue()
    assert (task.due_at, task.missing, task.untied) == (moscow(2020, 1, 24), (), ())
    town.clock.at = moscow(2020, 1, 24)
    (missed,) = office.attend_due()
    assert isinstance(missed, DeadlineMissed)
    assert missed.patient == town.own
    assert office.attend_due() == ()
    office.grant(town.account.id, application, town.own, by=town.operator)
    assert is_decided(office.grant(town.account.id, application, town.wards, by=town.operator))
    assert office.queue() == ()
    assert office.delete_evidence(album=where) == 1
    assert where.blobs.get(photo) is None
    assert all(isinstance(one, Deleted) for one in office.find_evidence(town.account.id))
    steps = actions(town)
    assert steps.count("deadline-missed.1") == 1
    assert steps.index("tie-confirmed.1") < steps.index("deadline-missed.1")
    assert steps[-1] == "evidence-deleted.1"
    assert office.verify_journal(Shard.of_account(town.account.id)) == ()


def test_a_late_decision_notes_the_miss(town: Town) -> None:
    """APP-17: when no worker came first, the decision itself notes it, before anything else."""
    town.move_in()
    application = apply(town)
    check_all(town, application)
    town.clock.at = moscow(2020, 1, 22)
    town.office.grant(town.account.id, application, town.own, by=town.operator)
    steps = actions(town)
    assert steps[steps.index("access-granted.1") - 1] == "deadline-missed.1"
    assert town.office.attend_due() == ()


@pytest.mark.parametrize("before", [True, False], ids=["before", "at"])
def test_an_unanswered_question_expires(town: Town, *, before: bool) -> None:
    """APP-15, APP-22: at the end of the last day, and not before; the photo goes with it."""
    town.move_in()
    application, where = apply(town), album()
    town.office.keep_photo(town.account, application, picture(), album=where)
    ask(town, application)
    town.clock.at = moscow(2020, 2, 14) - (dt.timedelta.resolution if before else dt.timedelta())
    happened = town.office.attend_due()
    assert [type(one) for one in happened] == ([] if before else [ApplicationExpired])
    assert is_decided(now_is(town, application)) is not before
    assert town.office.delete_evidence(album=where) == (0 if before else 1)


def test_a_tie_is_looked_up_every_day(town: Town) -> None:
    """APP-8: a host that forgets to say that a tie is confirmed loses a day and no more."""
    town.office.create_card(town.child, patient=town.wards, clinic="clinic-1")
    ties = Cards(town.office.edition(town.clock.at))
    application = apply(town, own=False, wards=True)
    assert isinstance(form(now_is(town, application)).outcomes[town.wards], NeedsKinship)
    town.clock.at = moscow(2020, 1, 15)
    assert town.office.attend_due() == ()
    assert town.office.attend_due() == ()
    assert actions(town)[-1] == "kinship-awaited.1"
    town.office.record_kinship(town.wards, ties.tie())
    assert town.office.attend_due() == ()
    town.clock.at = moscow(2020, 1, 16)
    (confirmed,) = town.office.attend_due()
    assert isinstance(confirmed, TieConfirmed)
    assert confirmed.deadline.due_on == dt.date(2020, 1, 23)


def test_a_later_application(town: Town) -> None:
    """APP-16: it replaces the open one in the card it asks for, and leaves the other."""
    town.move_in()
    earlier = apply(town, wards=True)
    ask(town, earlier)
    later = apply(town, own=False, wards=True)
    outcomes = form(now_is(town, earlier)).outcomes
    assert outcomes[town.wards] == Superseded(at=town.office.now(), by=later)
    assert isinstance(outcomes[town.own], Pending)
    assert [task.application for task in town.office.queue()] == [later]
    apply(town)
    assert is_decided(now_is(town, earlier))


def test_two_filings_at_once(town: Town) -> None:
    """APP-16, STO-2: of four for the same card at the same moment, one stays open."""
    town.move_in()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        filed = [pool.submit(apply, town) for _ in range(4)]
    ids = {one.result(30) for one in filed}
    open_ones = {one for one in ids if not is_decided(now_is(town, one))}
    assert len(ids) == 4
    assert len(open_ones) == 1
    assert {task.application for task in town.office.queue()} == open_ones


def test_evidence_has_an_end(town: Town) -> None:
    """APP-22: sixty whole days after it came in, whatever has become of the application."""
    town.move_in()
    application, where = apply(town), album()
    photo = town.office.keep_photo(town.account, application, picture(), album=where)
    (kept,) = town.office.find_evidence(town.account.id)
    assert isinstance(kept, Kept)
    assert (kept.purpose, kept.delete_at) == (Check.PHOTO, moscow(2020, 3, 15))
    town.clock.at = kept.delete_at - dt.timedelta.resolution
    assert town.office.delete_evidence(album=where) == 0
    town.clock.at = kept.delete_at
    assert town.office.delete_evidence(album=where) == 1
    assert town.office.delete_evidence(album=where) == 0
    with pytest.raises(RuleBroken) as gone:
        town.office.show_photo(town.account.id, photo, by=town.operator, album=where)
    assert gone.value.rule is rules.APP_22
