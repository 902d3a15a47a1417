"""The life of an application."""

import datetime as dt
import functools
from typing import Any

import attrs
import pytest

from emrcore import applications, rules
from emrcore.access import Facts
from emrcore.applications import (
    AccessGranted,
    AccessRejected,
    Application,
    ApplicationFiled,
    ApplicationId,
    Asked,
    CheckRecorded,
    Decided,
    Event,
    Filed,
    Granted,
    NeedsKinship,
    Operator,
    OperatorId,
    Pending,
    Rejected,
    Rejection,
)
from emrcore.calendar import Counting, Deadline, deadline, russian_calendar
from emrcore.errors import RuleBroken
from emrcore.people import Account, AccountId, AccountLevel, KinshipStatus, PatientId, PersonId
from emrcore.rulebook import Check, Role
from emrcore.rules import Rule
from world import MOSCOW, Cards, moscow

NOW = moscow(2020, 1, 14, 10)
CALENDARS = {name: russian_calendar(name) for name in ("standard", "moscow")}
CARD = PatientId("card")
MOTHER = Account(id=AccountId("a1"), person=PersonId("mother"), level=AccountLevel.FULL)
CLERK = Operator(id=OperatorId("op"), person=PersonId("clerk"))


def due(at: dt.datetime) -> Deadline:
    return deadline(
        at,
        working_days=5,
        calendar=russian_calendar("moscow"),
        counting=Counting.A,
        zone=MOSCOW.key,
    )


def file(world: Cards, **changes: Any) -> tuple[Event, ...]:
    arguments: dict[str, Any] = {
        "id": ApplicationId("x"),
        "account": MOTHER,
        "asked": (Asked(patient=CARD, role=Role.GUARDIAN),),
        "cards": {CARD: world.facts(grants=())},
        "at": NOW,
        "edition": world.edition,
        "deadline": due(NOW),
        "calendars": CALENDARS,
    }
    return applications.file(**(arguments | changes))


def state_after(events: tuple[Event, ...], before: Application | None = None) -> Application:
    state = functools.reduce(applications.evolve, events, before)
    assert state is not None
    return state


def filed(world: Cards, *, checked: bool = True, **changes: Any) -> Filed:
    events: list[Event] = list(file(world, **changes))
    for check in Check if checked else ():
        result = CheckRecorded(id=ApplicationId("x"), check=check, passed=True, by=CLERK.id, at=NOW)
        events.append(result)
    state = state_after(tuple(events))
    assert isinstance(state, Filed)
    return state


def grant(cards: Cards, state: Filed, **changes: Any) -> AccessGranted:
    arguments: dict[str, Any] = {
        "facts": cards.facts(grants=()),
        "by": CLERK,
        "at": moscow(2020, 1, 16, 9),
        "edition": cards.edition,
    }
    return applications.grant(state, CARD, **(arguments | changes))


def refused(call: Any) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


@pytest.mark.parametrize("early", [moscow(2020, 1, 13, 23, 59), moscow(2019, 12, 31)])
def test_not_before_the_opening(cards: Cards, early: dt.datetime) -> None:
    """APP-1: before 14 January 2020 in Moscow no application is taken."""
    assert refused(lambda: file(cards, at=early)) is rules.APP_1
    assert file(cards, at=moscow(2020, 1, 14))


@pytest.mark.parametrize("level", list(AccountLevel))
def test_account_level(cards: Cards, level: AccountLevel) -> None:
    """APP-2: a standard or full account may apply, a simplified one may not."""
    account = attrs.evolve(MOTHER, level=level)
    if level is AccountLevel.SIMPLIFIED:
        assert refused(lambda: file(cards, account=account)) is rules.APP_2
    else:
        assert isinstance(file(cards, account=account)[0], ApplicationFiled)


def test_one_or_more_cards_each_once(cards: Cards) -> None:
    """APP-3: an application for no card, or for one card twice, is refused."""
    twice = (Asked(patient=CARD, role=Role.GUARDIAN), Asked(patient=CARD, role=Role.SELF))
    assert refused(lambda: file(cards, asked=())) is rules.APP_3
    assert refused(lambda: file(cards, asked=twice)) is rules.APP_3
    doctor = (Asked(patient=CARD, role=Role.DOCTOR),)
    assert refused(lambda: file(cards, asked=doctor)) is rules.APP_3


def test_each_card_is_decided_separately(cards: Cards) -> None:
    """APP-3: one card granted and one rejected decide the application, one alone does not."""
    own = PatientId("own")
    mother = attrs.evolve(cards.facts().person, id=PersonId("mother"), born=dt.date(1980, 1, 1))
    facts = {CARD: cards.facts(grants=()), own: Facts(patient=own, person=mother)}
    asked = (Asked(patient=CARD, role=Role.GUARDIAN), Asked(patient=own, role=Role.SELF))
    state = filed(cards, asked=asked, cards=facts)
    half = state_after((grant(cards, state),), state)
    assert isinstance(half, Filed)
    assert isinstance(half.outcomes[own], Pending)
    event = applications.reject(half, own, why=Rejection.IDENTITY_NOT_VERIFIED, by=CLERK, at=NOW)
    whole = state_after((event,), half)
    assert isinstance(whole, Decided)
    assert isinstance(whole.filed.outcomes[CARD], Granted)
    assert whole.filed.outcomes[own] == Rejected(
        at=NOW, why=Rejection.IDENTITY_NOT_VERIFIED, by=CLERK.id
    )


def test_deadline_is_part_of_the_application(cards: Cards) -> None:
    """APP-4: filed on 14 January 2020, the answer is due on 21 January, day by day."""
    state = filed(cards)
    assert state.deadline.due_on == dt.date(2020, 1, 21)
    assert [line.number for line in state.deadline.receipt] == [None, 1, 2, 3, None, None, 4, 5]


def test_no_card_yet(cards: Cards) -> None:
    """APP-5: asking for a card that does not exist is recorded and rejected with its reason."""
    events = file(cards, cards={})
    rejected = events[1]
    assert isinstance(rejected, AccessRejected)
    assert (rejected.why, rejected.by) == (Rejection.NO_RECORD_YET, None)
    assert isinstance(state_after(events), Decided)


def test_checks_come_first(cards: Cards) -> None:
    """APP-6: an open or failed check refuses the grant; the last result of a check counts."""
    state = filed(cards, checked=False)
    assert refused(lambda: grant(cards, state)) is rules.APP_6
    done = filed(cards)
    assert grant(cards, done).patient == CARD
    failed = applications.record_check(done, check=Check.PHOTO, passed=False, by=CLERK, at=NOW)
    again = state_after((failed,), done)
    assert isinstance(again, Filed)
    assert refused(lambda: grant(cards, again)) is rules.APP_6


def test_nobody_decides_the_own_application(cards: Cards) -> None:
    """APP-7: an operator who is the applicant neither checks nor grants nor rejects."""
    herself, state = attrs.evolve(CLERK, person=PersonId("mother")), filed(cards)
    assert refused(lambda: grant(cards, state, by=herself)) is rules.APP_7
    check = functools.partial(applications.record_check, state, check=Check.PHOTO, passed=True)
    assert refused(lambda: check(by=herself, at=NOW)) is rules.APP_7
    reject = functools.partial(applications.reject, state, CARD, why=Rejection.NOT_ENTITLED)
    assert refused(lambda: reject(by=herself, at=NOW)) is rules.APP_7


def test_unconfirmed_tie_stays_open(cards: Cards) -> None:
    """APP-8: a claimed tie is filed, not granted, and granted once it is confirmed."""
    claimed = cards.facts(grants=(), kinships=(cards.tie(KinshipStatus.CLAIMED),))
    state = filed(cards, cards={CARD: claimed})
    assert isinstance(state.outcomes[CARD], NeedsKinship)
    assert refused(lambda: grant(cards, state, facts=claimed)) is rules.ACC_5
    assert grant(cards, state).patient == CARD


def test_fifteen_between_filing_and_decision(cards: Cards) -> None:
    """APP-9: a child who turned 15 after the filing is not opened to the parent any more."""
    turned = moscow(2025, 5, 6)
    state = filed(cards, at=moscow(2025, 5, 5), deadline=due(moscow(2025, 5, 5)))
    assert refused(lambda: grant(cards, state, at=turned)) is rules.ACC_4


def test_child_of_fifteen_at_the_door(cards: Cards) -> None:
    """APP-9, ACC-4: an application for a child of 15 is refused at once."""
    assert refused(lambda: file(cards, at=moscow(2025, 5, 6))) is rules.ACC_4


def test_decided_once(cards: Cards) -> None:
    """APP-10: a card that is granted is not granted or rejected again, nor is an unknown one."""
    own = Asked(patient=PatientId("own"), role=Role.SELF)
    mother = attrs.evolve(cards.facts().person, id=PersonId("mother"), born=dt.date(1980, 1, 1))
    facts = {
        CARD: cards.facts(grants=()),
        own.patient: Facts(patient=own.patient, person=mother),
    }
    state = filed(cards, asked=(Asked(patient=CARD, role=Role.GUARDIAN), own), cards=facts)
    after = state_after((grant(cards, state),), state)
    assert isinstance(after, Filed)
    assert refused(lambda: grant(cards, after)) is rules.APP_10
    reject = functools.partial(applications.reject, after, why=Rejection.NOT_ENTITLED)
    assert refused(lambda: reject(CARD, by=CLERK, at=NOW)) is rules.APP_10
    assert refused(lambda: reject(PatientId("none"), by=CLERK, at=NOW)) is rules.APP_10


def test_decided_does_not_change(cards: Cards) -> None:
    """APP-10: no event changes a decided application."""
    state = filed(cards)
    event = grant(cards, state)
    decided = state_after((event,), state)
    with pytest.raises(TypeError):
        applications.evolve(decided, event)
