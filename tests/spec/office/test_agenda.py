"""What falls due: whose turn, how many, and in which order."""

import datetime as dt
import functools

import attrs
import pytest

from emrcore import rules
from emrcore.applications import Asked, Assistance, Channel, Operator, OperatorId, form
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.people import AccountId, PersonId
from emrcore.ports import Shard
from emrcore.rulebook import Check, Role
from lives import actions, apply, ask, check_all
from world import Town, moscow


def file_on(town: Town, *days: int) -> None:
    """File for the mother's card from one account after another."""
    asked = (Asked(patient=town.own, role=Role.SELF),)
    for number, day in enumerate(days):
        town.clock.at = moscow(2020, 1, day, 12)
        account = attrs.evolve(town.account, id=AccountId(f"b{number}"))
        town.office.file(account, asked=asked, papers=town.papers)


def test_the_queue(town: Town) -> None:
    """APP-4: the earliest due first, bounded, with what is missing on each."""
    town.move_in()
    file_on(town, 14, 16, 15)
    tasks = town.office.queue()
    assert [task.account for task in tasks] == ["b0", "b2", "b1"]
    assert [task.due_at for task in tasks] == [moscow(2020, 1, day) for day in (22, 23, 24)]
    assert {task.missing for task in tasks} == {tuple(Check)}
    assert [task.account for task in town.office.queue(limit=2)] == ["b0", "b2"]


def test_the_queue_keeps_what_is_late(town: Town) -> None:
    """APP-17: a missed application stays first in the queue until it is decided."""
    town.move_in()
    file_on(town, 14, 15)
    town.clock.at = moscow(2020, 1, 22)
    town.office.attend_due()
    assert [task.missed for task in town.office.queue()] == [(town.own,), ()]


def test_who_is_asked_is_not_in_the_queue(town: Town) -> None:
    """APP-14: it is the applicant's turn."""
    town.move_in()
    ask(town, apply(town))
    assert town.office.queue() == ()


def test_the_forecast(town: Town) -> None:
    """APP-4: how many fall due on each local day, those overdue apart, and whether that is all."""
    town.move_in()
    file_on(town, 14, 15, 15, 16)
    town.clock.at = moscow(2020, 1, 22, 9)
    seen = town.office.forecast(days=2)
    assert seen.overdue == 1
    assert seen.by_day == {dt.date(2020, 1, 22): 2, dt.date(2020, 1, 23): 1}
    assert seen.complete
    assert not town.office.forecast(days=2, limit=3).complete
    assert town.office.forecast(days=1).by_day == {dt.date(2020, 1, 22): 2}
    with pytest.raises(ValueError, match="at least one"):
        town.office.forecast(days=0)


def test_a_worker_takes_a_bounded_number(town: Town) -> None:
    """APP-17: what is left over is done at the next call, and nothing twice."""
    town.move_in()
    file_on(town, 14, 14, 14)
    town.clock.at = moscow(2020, 1, 22)
    assert [len(town.office.attend_due(limit=2)) for _ in range(3)] == [2, 1, 0]


def test_help_at_a_centre(town: Town) -> None:
    """APP-18, APP-19: the helper is in the journal, and the password goes to the applicant."""
    town.move_in()
    help_file = functools.partial(
        town.office.file,
        town.account,
        asked=(Asked(patient=town.own, role=Role.SELF),),
        papers=town.papers,
        channel=Channel.ASSISTED,
    )
    helper = Operator(id=OperatorId("op-at-the-centre"), person=PersonId("helper"))
    given = Assistance(operator=helper, consented_at=town.clock.at)
    with pytest.raises(RuleBroken) as refused:
        help_file(assistance=attrs.evolve(given, mobile=town.papers.mobile))
    assert refused.value.rule is rules.APP_19
    assert actions(town) == []
    filed = form(help_file(assistance=given))
    assert filed.deadline.due_on == dt.date(2020, 1, 21)
    (first,) = town.office.storage.links(Shard.of_account(town.account.id))
    assert first.entry.actor == Actor(kind=ActorKind.OPERATOR, id=helper.id)
    with pytest.raises(RuleBroken) as typed:
        town.office.grant(town.account.id, filed.id, town.own, by=helper)
    assert typed.value.rule is rules.APP_18
    check_all(town, filed.id)
    town.office.grant(town.account.id, filed.id, town.own, by=town.operator)
    town.office.dispatch(town.sender())
    assert town.phone.getvalue().startswith("SMS to +79161234567: First password")
