"""What an application goes through between its filing and its end, and what its clocks do."""

import datetime as dt
import functools
from typing import Any

import attrs
import pytest

from emrcore import applications, rules
from emrcore.access import Facts
from emrcore.applications import (
    Application,
    ApplicationFiled,
    ApplicationId,
    Asked,
    Assistance,
    CardSuperseded,
    Channel,
    Decided,
    Event,
    Expired,
    Filed,
    Help,
    NeedsKinship,
    OpenApplication,
    Operator,
    OperatorId,
    Paper,
    Pending,
    Question,
    Rejection,
    Returned,
    Superseded,
    Suspended,
    Withdrawn,
    told,
)
from emrcore.calendar import Counting, Suspension, deadline, russian_calendar, stands
from emrcore.errors import RuleBroken
from emrcore.people import (
    Account,
    AccountId,
    AccountLevel,
    KinshipStatus,
    Mobile,
    PatientId,
    Person,
    PersonId,
)
from emrcore.rulebook import Check, Role
from emrcore.rules import Rule
from emrcore.texts import Language
from world import MOSCOW, Cards, moscow

TUESDAY = moscow(2020, 1, 14, 10)
CALENDARS = {name: russian_calendar(name) for name in ("standard", "moscow")}
OWN, CHILD = PatientId("own"), PatientId("card")
MOTHER = Account(id=AccountId("a1"), person=PersonId("mother"), level=AccountLevel.FULL)
CLERK = Operator(id=OperatorId("op"), person=PersonId("clerk"))
TICK = dt.timedelta.resolution


def facts_of(cards: Cards, tie: KinshipStatus) -> dict[PatientId, Facts]:
    mother = Person(id=PersonId("mother"), born=dt.date(1980, 1, 1))
    child = cards.facts(grants=(), kinships=(cards.tie(tie),))
    return {OWN: Facts(patient=OWN, person=mother), CHILD: child}


def file(
    cards: Cards,
    *,
    tie: KinshipStatus = KinshipStatus.CONFIRMED,
    patients: tuple[PatientId, ...] = (OWN, CHILD),
    at: dt.datetime = TUESDAY,
    **changes: Any,
) -> tuple[Event, ...]:
    roles = {OWN: Role.SELF, CHILD: Role.GUARDIAN}
    given = deadline(
        at, working_days=5, calendar=CALENDARS["moscow"], counting=Counting.A, zone=MOSCOW.key
    )
    arguments: dict[str, Any] = {
        "id": ApplicationId("x"),
        "account": MOTHER,
        "asked": tuple(Asked(patient=one, role=roles[one]) for one in patients),
        "cards": facts_of(cards, tie),
        "at": at,
        "edition": cards.edition,
        "deadline": given,
        "calendars": CALENDARS,
    }
    return applications.file(**(arguments | changes))


def after(state: Application | None, *events: Event) -> Any:
    return functools.reduce(applications.evolve, events, state)


def filed(cards: Cards, **changes: Any) -> Filed:
    state = after(None, *file(cards, **changes))
    assert isinstance(state, Filed)
    return state


def asked(cards: Cards, state: Filed, at: dt.datetime) -> Suspended:
    event = applications.ask(
        state,
        questions=[Question.PHOTO_UNCLEAR],
        by=CLERK,
        at=at,
        edition=cards.edition,
        calendars=CALENDARS,
    )
    found = after(state, event)
    assert isinstance(found, Suspended)
    return found


def returned(cards: Cards, state: Filed, at: dt.datetime) -> Returned:
    event = applications.send_back(
        state,
        papers=[Paper.PASSPORT, Paper.MOBILE, Paper.PASSPORT],
        by=CLERK,
        at=at,
        edition=cards.edition,
        calendars=CALENDARS,
    )
    found = after(state, event)
    assert isinstance(found, Returned)
    return found


def answered(state: Suspended, at: dt.datetime) -> Filed:
    event = applications.answer(state, by=MOTHER.person, at=at, calendars=CALENDARS)
    found = after(state, event)
    assert isinstance(found, Filed)
    return found


def tied(cards: Cards, state: OpenApplication, at: dt.datetime) -> Any:
    facts = facts_of(cards, KinshipStatus.CONFIRMED)
    events = applications.confirm_ties(
        state, cards=facts, at=at, edition=cards.edition, calendars=CALENDARS
    )
    return after(state, *events)


def due_on(state: Application, patient: PatientId) -> dt.date | None:
    return applications.waiting(state)[patient].deadline.due_on


def refused(call: Any) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


# -- Questions -------------------------------------------------------------------------------------


def test_a_question_stops_the_clock(cards: Cards) -> None:
    """APP-14: asked on day 1, answered on 20 January: the four days left begin on the 21st."""
    suspended = asked(cards, filed(cards), moscow(2020, 1, 15, 16))
    assert due_on(suspended, OWN) is None
    state = answered(suspended, moscow(2020, 1, 20, 9))
    assert due_on(state, OWN) == due_on(state, CHILD) == dt.date(2020, 1, 24)
    clock = applications.waiting(state)[OWN].deadline
    assert clock.suspended == (
        Suspension(on=dt.date(2020, 1, 15), resumed_on=dt.date(2020, 1, 20)),
    )


def test_a_second_question(cards: Cards) -> None:
    """APP-14: each question stops the clock for itself, and what was counted stays counted."""
    state = answered(asked(cards, filed(cards), moscow(2020, 1, 15)), moscow(2020, 1, 20))
    again = answered(asked(cards, state, moscow(2020, 1, 22)), moscow(2020, 1, 27))
    assert due_on(again, OWN) == dt.date(2020, 1, 29)
    assert len(applications.waiting(again)[OWN].deadline.suspended) == 2


@pytest.mark.parametrize(
    ("day", "left"), [(20, dt.date(2020, 2, 4)), (21, dt.date(2020, 1, 21))], ids=["20th", "21st"]
)
def test_a_question_on_the_last_day_is_too_late(cards: Cards, day: int, left: dt.date) -> None:
    """APP-14: on the day before it leaves one day; on the last day it changes nothing."""
    suspended = asked(cards, filed(cards), moscow(2020, 1, day, 9))
    state = answered(suspended, moscow(2020, 2, 3, 9))
    assert due_on(state, OWN) == left


def test_the_days_to_answer(cards: Cards) -> None:
    """APP-15: asked on 15 January, there are thirty whole days: until 15 February, exclusive."""
    suspended = asked(cards, filed(cards), moscow(2020, 1, 15, 23, 59))
    end = moscow(2020, 2, 15)
    assert suspended.until == end
    assert isinstance(answered(suspended, end - TICK), Filed)
    for at in (end, end + TICK):
        assert refused(lambda at=at: answered(suspended, at)) is rules.APP_15
    assert applications.expire(suspended, at=end - TICK) is None
    for at in (end, end + TICK):
        expired = applications.expire(suspended, at=at)
        assert expired
        decided = after(suspended, expired)
        assert isinstance(decided, Decided)
        assert set(decided.filed.outcomes.values()) == {Expired(at=at)}


def test_a_filed_application_does_not_expire(cards: Cards) -> None:
    """APP-15: only what the applicant was asked does, and a form that was sent back."""
    assert applications.expire(filed(cards), at=moscow(2030, 1, 1)) is None
    back = returned(cards, filed(cards), TUESDAY)
    assert applications.expire(back, at=back.until)


def test_something_is_asked(cards: Cards) -> None:
    """APP-15: a question about nothing is none, and each is asked once."""
    ask = functools.partial(
        applications.ask, by=CLERK, at=TUESDAY, edition=cards.edition, calendars=CALENDARS
    )
    assert refused(lambda: ask(filed(cards), questions=[])) is rules.APP_15
    assert returned(cards, filed(cards), TUESDAY).papers == (Paper.PASSPORT, Paper.MOBILE)


def test_a_correction_opens_the_checks_again(cards: Cards) -> None:
    """APP-6: what was checked against the old papers is checked anew, and the clock goes on."""
    checks = [
        applications.record_check(filed(cards), check=one, passed=True, by=CLERK, at=TUESDAY)
        for one in Check
    ]
    state = after(filed(cards), *checks)
    assert applications.missing(state, cards.edition) == ()
    back = returned(cards, state, moscow(2020, 1, 16))
    event = applications.correct(
        back, by=MOTHER.person, at=moscow(2020, 1, 17), calendars=CALENDARS
    )
    corrected = after(back, event)
    assert applications.missing(corrected, cards.edition) == tuple(Check)
    assert due_on(corrected, OWN) == dt.date(2020, 1, 22)


def test_the_applicant_alone(cards: Cards) -> None:
    """APP-13: nobody else answers, corrects or withdraws, not even the office."""
    suspended, back = (
        asked(cards, filed(cards), TUESDAY),
        returned(cards, filed(cards), TUESDAY),
    )
    other: dict[str, Any] = {"by": CLERK.person, "at": TUESDAY}
    clocked: dict[str, Any] = {**other, "calendars": CALENDARS}
    answer = refused(lambda: applications.answer(suspended, **clocked))
    correct = refused(lambda: applications.correct(back, **clocked))
    withdraw = refused(lambda: applications.withdraw(suspended, **other))
    assert {answer, correct, withdraw} == {rules.APP_13}


def test_nobody_asks_in_an_own_matter(cards: Cards) -> None:
    """APP-7: an operator who is the applicant neither asks nor sends back."""
    herself = attrs.evolve(CLERK, person=MOTHER.person)
    common: dict[str, Any] = {
        "by": herself,
        "at": TUESDAY,
        "edition": cards.edition,
        "calendars": CALENDARS,
    }
    ask = refused(lambda: applications.ask(filed(cards), questions=Question, **common))
    back = refused(lambda: applications.send_back(filed(cards), papers=Paper, **common))
    assert {ask, back} == {rules.APP_7}


# -- Kinship ---------------------------------------------------------------------------------------


def test_a_card_that_needs_kinship_has_a_clock_that_stands(cards: Cards) -> None:
    """APP-8: the other card's clock runs, and its own starts when the tie is confirmed."""
    state = filed(cards, tie=KinshipStatus.CLAIMED)
    needs = state.outcomes[CHILD]
    assert isinstance(needs, NeedsKinship)
    assert stands(needs.deadline)
    assert (due_on(state, OWN), due_on(state, CHILD)) == (dt.date(2020, 1, 21), None)
    confirmed = tied(cards, state, moscow(2020, 1, 28, 9))
    assert isinstance(confirmed.outcomes[CHILD], Pending)
    assert due_on(confirmed, CHILD) == dt.date(2020, 2, 4)
    assert due_on(confirmed, OWN) == dt.date(2020, 1, 21)


@pytest.mark.parametrize(
    "status", [KinshipStatus.CLAIMED, KinshipStatus.DISPUTED, KinshipStatus.ENDED]
)
def test_only_a_confirmed_tie_starts_the_clock(cards: Cards, status: KinshipStatus) -> None:
    """APP-8: as long as the register says anything else, nothing happens."""
    state = filed(cards, tie=KinshipStatus.CLAIMED)
    confirm = functools.partial(
        applications.confirm_ties, state, edition=cards.edition, calendars=CALENDARS
    )
    assert confirm(cards=facts_of(cards, status), at=moscow(2020, 1, 28)) == ()
    assert confirm(cards={}, at=moscow(2020, 1, 28)) == ()


def test_a_tie_confirmed_during_a_question(cards: Cards) -> None:
    """APP-8, APP-14: the clock still stands for the question, and goes on after the answer."""
    state = filed(cards, tie=KinshipStatus.CLAIMED, patients=(CHILD,))
    suspended = asked(cards, state, moscow(2020, 1, 15))
    confirmed = tied(cards, suspended, moscow(2020, 1, 16))
    assert isinstance(confirmed, Suspended)
    assert isinstance(confirmed.filed.outcomes[CHILD], Pending)
    assert due_on(confirmed, CHILD) is None
    assert due_on(answered(confirmed, moscow(2020, 1, 28)), CHILD) == dt.date(2020, 2, 4)


def test_an_answer_does_not_confirm_a_tie(cards: Cards) -> None:
    """APP-8: a card that needs kinship waits on when a question about another is answered."""
    state = filed(cards, tie=KinshipStatus.CLAIMED)
    after_answer = answered(asked(cards, state, moscow(2020, 1, 15)), moscow(2020, 1, 16))
    assert isinstance(after_answer.outcomes[CHILD], NeedsKinship)
    assert due_on(after_answer, CHILD) is None


# -- Deadlines -------------------------------------------------------------------------------------


def test_a_missed_deadline_is_noted_once(cards: Cards) -> None:
    """APP-17: not before the end of the last day; then for each card, once; and nothing opens."""
    state, end = filed(cards), moscow(2020, 1, 22)
    assert applications.note_missed(state, at=end - TICK) == ()
    missed = applications.note_missed(state, at=end)
    assert [event.patient for event in missed] == [OWN, CHILD]
    noted = after(state, *missed)
    assert isinstance(noted, Filed)
    assert set(applications.waiting(noted)) == {OWN, CHILD}
    assert applications.note_missed(noted, at=end + TICK) == ()


def test_no_deadline_is_missed_while_the_clock_stands(cards: Cards) -> None:
    """APP-14, APP-17: not by a card that needs kinship, and not during a question."""
    state = filed(cards, tie=KinshipStatus.CLAIMED, patients=(CHILD,))
    assert applications.note_missed(state, at=moscow(2021, 1, 1)) == ()
    suspended = asked(cards, filed(cards), TUESDAY)
    assert applications.note_missed(suspended, at=moscow(2021, 1, 1)) == ()


def test_whose_turn_it_is(cards: Cards) -> None:
    """APP-4: an application is due for the office only while the office has to act."""
    state = filed(cards)
    assert applications.due_at(state) == moscow(2020, 1, 22)
    assert applications.due_at(asked(cards, state, TUESDAY)) is None
    waits = filed(cards, tie=KinshipStatus.CLAIMED, patients=(CHILD,))
    assert applications.due_at(waits) is None


# -- Endings ---------------------------------------------------------------------------------------


def test_withdrawing(cards: Cards) -> None:
    """APP-13: the applicant takes back what is open; what is decided stays."""
    state = filed(cards)
    reject = applications.reject(state, OWN, why=Rejection.NOT_NEEDED, by=CLERK, at=TUESDAY)
    half = after(state, reject)
    event = applications.withdraw(half, by=MOTHER.person, at=TUESDAY)
    decided = after(half, event)
    assert isinstance(decided, Decided)
    assert decided.filed.outcomes[OWN] == half.outcomes[OWN]
    assert decided.filed.outcomes[CHILD] == Withdrawn(at=TUESDAY)


def test_a_later_application_replaces_an_earlier_one(cards: Cards) -> None:
    """APP-16: only in the cards it asks for, and only in those that are open."""
    suspended = asked(cards, filed(cards), TUESDAY)
    later = ApplicationId("y")
    event = applications.supersede(suspended, CHILD, by=later, at=TUESDAY)
    assert isinstance(event, CardSuperseded)
    half = after(suspended, event)
    assert isinstance(half, Suspended)
    assert half.filed.outcomes[CHILD] == Superseded(at=TUESDAY, by=later)
    assert applications.supersede(half, CHILD, by=later, at=TUESDAY) is None
    last = applications.supersede(half, OWN, by=later, at=TUESDAY)
    assert last
    assert isinstance(after(half, last), Decided)


# -- Help at a centre ------------------------------------------------------------------------------

PHONE, OTHER_PHONE = Mobile("+79161234567"), Mobile("+79160000000")


def helped(**changes: Any) -> dict[str, Any]:
    given = Assistance(operator=CLERK, consented_at=TUESDAY, mobile=OTHER_PHONE)
    return {
        "channel": Channel.ASSISTED,
        "assistance": attrs.evolve(given, **changes),
        "mobile": PHONE,
    }


def without(name: str, instead: object) -> dict[str, Any]:
    """As `helped` says, but for one thing."""
    return {**helped(), name: instead}


def test_who_helped_is_on_record(cards: Cards) -> None:
    """APP-18: the operator who typed and the consent; the deadline is the same as anywhere."""
    state = filed(cards, **helped())
    assert state.channel is Channel.ASSISTED
    assert state.help == Help(operator=CLERK.id, consented_at=TUESDAY)
    assert state.deadline == filed(cards, channel=Channel.KIOSK).deadline == filed(cards).deadline
    assert "+7916" not in repr(helped())


def test_help_is_agreed_to(cards: Cards) -> None:
    """APP-18: before the filing or at that moment, by somebody else than the helper."""
    before = filed(cards, **helped(consented_at=TUESDAY - TICK))
    assert before.help == Help(operator=CLERK.id, consented_at=TUESDAY - TICK)
    late = refused(lambda: file(cards, **helped(consented_at=TUESDAY + TICK)))
    herself = attrs.evolve(CLERK, person=MOTHER.person)
    own = refused(lambda: file(cards, **helped(operator=herself)))
    unnamed = refused(lambda: file(cards, channel=Channel.ASSISTED))
    silent = refused(lambda: file(cards, **without("channel", Channel.PORTAL)))
    assert {late, own, unnamed, silent} == {rules.APP_18}


def test_whoever_typed_does_not_decide(cards: Cards) -> None:
    """APP-18: who helped with an application neither checks nor decides it; a colleague does."""
    state = filed(cards, **helped())
    check = functools.partial(
        applications.record_check, state, check=Check.PHOTO, passed=True, at=TUESDAY
    )
    assert refused(lambda: check(by=CLERK)) is rules.APP_18
    reject = functools.partial(
        applications.reject, state, OWN, why=Rejection.NOT_ENTITLED, at=TUESDAY
    )
    assert refused(lambda: reject(by=CLERK)) is rules.APP_18
    colleague = Operator(id=OperatorId("op-2"), person=PersonId("colleague"))
    assert check(by=colleague).by == colleague.id


def test_the_helpers_phone_is_refused(cards: Cards) -> None:
    """APP-19: codes to the operator's own number would make help access."""
    assert refused(lambda: file(cards, **helped(mobile=PHONE))) is rules.APP_19
    unknown = refused(lambda: file(cards, **without("mobile", None)))
    assert unknown is rules.APP_19
    first = file(cards, **helped(mobile=None))[0]
    assert isinstance(first, ApplicationFiled)


# -- Words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [*Question, *Rejection])
def test_every_question_and_reason_is_told(what: Question | Rejection) -> None:
    """APP-15, APP-20: in both languages, so that no operator has to write anything."""
    english, russian = told(what, Language.EN), told(what, Language.RU)
    assert english
    assert russian != english


def test_what_is_feared_is_not_told() -> None:
    """APP-20: a rejection for safeguarding does not say so."""
    assert told(Rejection.SAFEGUARDING, Language.EN) == "The record cannot be opened to you."
