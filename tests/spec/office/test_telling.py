"""What people are told unasked, who is, and how often."""

import datetime as dt
import re

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer, decide
from emrcore.applications import Asked, Filed, Rejection
from emrcore.errors import RuleBroken
from emrcore.office import Citizen, notices
from emrcore.office.telling import spread
from emrcore.people import AccountId, Kinship, KinshipStatus, PersonId, Restriction
from emrcore.ports import Shard
from emrcore.rulebook import Role
from emrcore.sessions import OPTIONAL, NoticeKind, NoticePreferences, NoticeRoute
from emrcore.texts import Language, say
from shares import left, opened, share, signed_in, wrong
from world import Town, actions, check_all, moscow

CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
SHARED = "was opened by a share"
EMERGENCY = "was opened in an emergency"
CHANGE = "what you may see of a medical record changes"


def inside(town: Town) -> Citizen:
    town.grant_both()
    return Citizen(account=town.account, token=town.enter())


def told(town: Town, words: str) -> int:
    """How often the phone was told *words*, after all that waits was sent."""
    while town.office.dispatch(town.sender()):
        continue
    return town.phone.getvalue().count(words)


# -- Who is told of what happens to a card ---------------------------------------------------------


def test_who_may_see_the_card_is_told_of_an_emergency(town: Town) -> None:
    """NTC-2 (R75): the patient of the own card, the guardian of the child's; once each."""
    inside(town)
    town.break_glass(CREW, town.own)
    assert told(town, EMERGENCY) == 1
    town.break_glass(CREW, town.wards)
    assert told(town, EMERGENCY) == 2


def test_an_opened_share_is_told(town: Town) -> None:
    """NTC-2, NTC-3: once for each opening; a passcode that is wrong opens nothing."""
    made = share(town, signed_in(town))
    opened(town, made)
    assert told(town, SHARED) == 1
    left(town, made, wrong(made))
    assert told(town, SHARED) == 1
    opened(town, made)
    assert told(town, SHARED) == 2


def test_each_emergency_is_told(town: Town) -> None:
    """NTC-3: two of one crew are two, whatever was told of the first."""
    inside(town)
    town.break_glass(CREW, town.own)
    town.break_glass(CREW, town.own)
    assert told(town, EMERGENCY) == 2


def test_work_that_is_done_again_tells_nothing_anew(town: Town) -> None:
    """NTC-3: whoever spreads the news and is killed before that is kept begins anew."""
    inside(town)
    assert told(town, EMERGENCY) == 0
    town.break_glass(CREW, town.own)
    (leased,) = town.office.storage.lease(
        at=town.clock.at, until=town.clock.at + dt.timedelta(seconds=1), limit=1
    )
    spread(town.office, leased.item)
    town.clock.turn(seconds=2)
    assert told(town, EMERGENCY) == 1


def test_a_restricted_parent_is_told_nothing(town: Town) -> None:
    """NTC-2, ACC-6: not where the child was in need, nor that it was."""
    inside(town)
    bar = Restriction(
        ward=town.child.id,
        person=town.mother.id,
        since=dt.date(2020, 1, 14),
        until=None,
        authority="court",
        reason="x",
    )
    town.office.record_restriction(town.wards, bar)
    town.break_glass(CREW, town.wards)
    assert told(town, EMERGENCY) == 0


@pytest.mark.parametrize(("day", "times"), [(5, 1), (6, 0)])
def test_a_parent_is_told_until_the_child_is_fifteen(town: Town, day: int, times: int) -> None:
    """NTC-2, ACC-4: on the birthday for the last time; from the day after it is the child's own."""
    inside(town)
    town.clock.at = moscow(2025, 5, day, 12)
    town.break_glass(CREW, town.wards)
    assert told(town, EMERGENCY) == times


def test_nobody_without_a_grant_is_told(town: Town) -> None:
    """NTC-2: an account that applied and was not let in learns nothing."""
    town.move_in()
    filed = town.office.file(
        town.account, asked=(Asked(patient=town.own, role=Role.SELF),), papers=town.papers
    )
    assert isinstance(filed, Filed)
    town.break_glass(CREW, town.own)
    assert told(town, EMERGENCY) == 0


# -- What is about to change -----------------------------------------------------------------------


@pytest.mark.parametrize(("day", "times"), [(5, 0), (6, 1)])
def test_a_change_is_told_thirty_days_before(town: Town, day: int, times: int) -> None:
    """NTC-4: the child is 15 on 6 May 2025; on 5 April nothing is told, on the 6th the day is."""
    inside(town)
    town.office.attend_changes()
    town.clock.at = moscow(2025, 4, day)
    foretold = [one for _ in range(9) for one in town.office.attend_changes()]
    wards = [one for one in foretold if one.patient == town.wards]
    assert [one.change_at for one in wards] == [moscow(2025, 5, 6)] * times
    assert told(town, "On 2025-05-06 what you may see") == times


def test_a_change_is_told_once(town: Town) -> None:
    """NTC-4, NTC-3: however often the work is done, and by whatever edition it is reckoned."""
    inside(town)
    town.office.attend_changes()
    town.clock.at = moscow(2025, 4, 20)
    assert len(town.office.attend_changes()) == 1
    assert told(town, CHANGE) == 1
    book = town.office.rulebook
    edition = attrs.evolve(book.editions[0], fingerprint="f" * 64)
    again = attrs.evolve(town.office, rulebook=attrs.evolve(book, editions=(edition,)))
    for office in (town.office, again):
        for _ in range(3):
            assert office.attend_changes() == ()
            town.clock.turn(days=1)
    account = Shard.of_account(town.account.id)
    assert actions(town, account).count("change-foretold.1") == 1
    assert told(town, CHANGE) == 1


def test_a_grant_given_anew_tells_no_change_anew(town: Town) -> None:
    """NTC-4, NTC-3: what was told stays told, whatever lets the outlook fall due again."""
    inside(town)
    town.clock.at = moscow(2025, 4, 20)
    assert len(town.office.attend_changes()) == 1
    asked = (Asked(patient=town.wards, role=Role.GUARDIAN),)
    filed = town.office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    check_all(town, filed.id)
    town.office.grant(town.account.id, filed.id, town.wards, by=town.operator)
    assert town.office.attend_changes() == ()


def test_a_change_that_is_none_is_not_told(town: Town) -> None:
    """NTC-4: the own card has no birthday ahead."""
    inside(town)
    town.clock.at = moscow(2025, 4, 20)
    assert {one.patient for one in town.office.attend_changes()} == {town.wards}


def test_no_right_hangs_on_the_notice(town: Town) -> None:
    """NTC-4, ACC-4: whether or not anybody was told, the card closes on its day."""
    inside(town)
    facts = town.office.find_facts(town.wards, town.account.id)
    viewer = Viewer(person=town.mother.id, role=Role.GUARDIAN)
    at = moscow(2025, 5, 6)
    view = decide(facts, viewer, at=at, edition=town.office.edition(at))
    assert view.refusal is not None
    assert view.refusal.rule is rules.ACC_4


def test_the_end_of_a_tie_is_a_change_too(town: Town) -> None:
    """NTC-4: as the register says it beforehand."""
    inside(town)
    ends = Kinship(
        guardian=town.mother.id,
        ward=town.child.id,
        since=dt.date(2019, 11, 1),
        until=dt.date(2020, 2, 1),
        status=KinshipStatus.CONFIRMED,
    )
    town.office.record_kinship(town.wards, ends)
    (foretold,) = town.office.attend_changes()
    assert foretold.change_at == moscow(2020, 2, 1)


# -- What can be chosen ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(NoticeKind))
def test_what_can_be_switched_off(town: Town, kind: NoticeKind) -> None:
    """NTC-5: decisions, changes and shares can; nothing about security, and no emergency."""
    reader = inside(town)
    wanted = NoticePreferences(muted=(kind,))
    if kind in OPTIONAL:
        town.office.choose_notices(reader, wanted)
        assert town.office.find_notices(reader) == wanted
    else:
        with pytest.raises(RuleBroken) as error:
            town.office.choose_notices(reader, wanted)
        assert error.value.rule is rules.NTC_5
        assert town.office.find_notices(reader) == NoticePreferences()


def test_what_is_switched_off_is_not_told(town: Town) -> None:
    """NTC-5: and that something was switched off is told, for whoever did not do it."""
    reader = inside(town)
    town.office.choose_notices(reader, NoticePreferences(muted=(NoticeKind.ACCESS_CHANGE,)))
    assert told(town, "What you are told about the medical record was changed.") == 1
    town.clock.at = moscow(2025, 4, 20)
    assert len(town.office.attend_changes()) == 1
    assert told(town, CHANGE) == 0


@pytest.mark.parametrize(
    ("route", "phone", "second"),
    [(NoticeRoute.PHONE, 1, 0), (NoticeRoute.SECOND, 0, 1), (NoticeRoute.BOTH, 1, 1)],
)
def test_where_notices_go(town: Town, route: NoticeRoute, phone: int, second: int) -> None:
    """NTC-5: the choice counts for what can be switched off; an emergency goes everywhere."""
    reader = inside(town)
    town.office.choose_notices(reader, NoticePreferences(route=route))
    town.clock.at = moscow(2025, 4, 20)
    town.office.attend_changes()
    town.break_glass(CREW, town.own)
    mails: list[str] = []

    def mail(account: AccountId, text: str) -> None:
        assert account == town.account.id
        mails.append(text)

    sender = attrs.evolve(town.sender(), second=mail)
    for _ in range(5):
        town.office.dispatch(sender)
    for words, times in ((CHANGE, (phone, second)), (EMERGENCY, (1, 1))):
        found = (town.phone.getvalue().count(words), sum(words in text for text in mails))
        assert found == times


def test_a_stranger_chooses_nothing(town: Town) -> None:
    """NTC-5, SES-8: it takes a session."""
    reader = attrs.evolve(inside(town), token="0.0")
    with pytest.raises(RuleBroken) as error:
        town.office.choose_notices(reader, NoticePreferences())
    assert error.value.rule is rules.SES_8


# -- Decisions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("granted", [True, False])
def test_a_decision_is_told_to_the_phone_that_is_bound(town: Town, granted: bool) -> None:
    """NTC-6: whichever way it was decided, and not before every card is."""
    inside(town)
    filed = town.office.file(
        town.account, asked=(Asked(patient=town.own, role=Role.SELF),), papers=town.papers
    )
    assert isinstance(filed, Filed)
    check_all(town, filed.id)
    assert told(town, "Your application is decided.") == 0
    if granted:
        town.office.grant(town.account.id, filed.id, town.own, by=town.operator)
    else:
        town.office.reject(
            town.account.id,
            filed.id,
            town.own,
            why=Rejection.NOT_ENTITLED,
            by=town.operator,
        )
    assert told(town, "Your application is decided.") == 1


# -- The words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(NoticeKind))
def test_no_notice_names_anything(kind: NoticeKind) -> None:
    """NTC-1: no name, number, illness, section or secret: only a day may stand in it."""
    words = notices.TEXTS[kind]
    assert set(re.findall(r"\{(\w+)\}", words)) <= {"day"}
    day = dt.date(2025, 5, 6)
    for language in Language:
        text = say(language, words, day=day)
        assert not re.search(r"\d", text.replace("2025-05-06", "").replace("06.05.2025", ""))
        assert say(Language.RU, words, day=day) != say(Language.EN, words, day=day)
