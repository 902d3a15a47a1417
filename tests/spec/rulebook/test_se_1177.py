"""Sweden (``se-1177``): the record that nobody reads from 13 to 16."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts, Viewer, timeline
from emrcore.people import Assent, Assessment, Custody, Person, PersonId, Restriction
from emrcore.records import judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

STOCKHOLM = zoneinfo.ZoneInfo("Europe/Stockholm")
BOOK = shipped("se-1177")
CARDS = Cards(BOOK.editions[0])
MOTHER, CHILD = PersonId("mother"), PersonId("child")
BORN = dt.date(2012, 7, 1)


def stockholm(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM)


NOON = stockholm(2025, 3, 1, 12)


def facts_of(**changes: Any) -> Facts:
    """A child in its mother's custody; nobody has applied for anything."""
    known = {
        "person": Person(id=CHILD, born=BORN),
        "custodies": (Custody(guardian=MOTHER, ward=CHILD, since=BORN),),
        "grants": (),
    }
    return CARDS.facts(**(known | changes))


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (stockholm(2025, 6, 30, 23, 59), rules.ACC_3, None),
        (stockholm(2025, 7, 1), rules.ACC_3, rules.ACC_4),
        (stockholm(2028, 6, 30, 23, 59), rules.ACC_3, rules.ACC_4),
        (stockholm(2028, 7, 1), None, rules.ACC_4),
    ],
)
def test_three_years_of_nobody(at: dt.datetime, own: Rule | None, guardian: Rule | None) -> None:
    """ACC-3, ACC-4: the guardian reads until the 13th birthday, the child from the 16th on."""
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is own
    assert refusal(facts_of(), at) is guardian


def test_gap_is_declared() -> None:
    """RB-3: the ages that nobody has stand in the rulebook, with their source."""
    gap = CARDS.edition.ages.gap
    assert gap is not None
    assert gap.value == (13, 16)
    assert gap.source.startswith("orebro")


def test_gap_in_a_timeline() -> None:
    """ACC-14: a family can be told beforehand when the years of nobody begin and end."""
    until = stockholm(2030, 1, 1)
    answers = {
        role: [
            (view.at, view.refusal is None)
            for view in timeline(
                facts_of(), Viewer(person=who, role=role), since=NOON, until=until, rulebook=BOOK
            )
        ]
        for who, role in ((MOTHER, Role.GUARDIAN), (CHILD, Role.SELF))
    }
    assert answers == {
        Role.GUARDIAN: [(NOON, True), (stockholm(2025, 7, 1), False)],
        Role.SELF: [(NOON, False), (stockholm(2028, 7, 1), True)],
    }


def test_exceptions_open_nothing() -> None:
    """ACC-3, ACC-4: an exception is one unit's and a card is not, so none opens it."""
    facts = facts_of(
        assents=(Assent(guardian=MOTHER, ward=CHILD, given=True, since=dt.date(2025, 7, 1)),),
        assessments=(Assessment(person=CHILD, since=dt.date(2025, 7, 1)),),
        grants=CARDS.facts().grants,
    )
    at = stockholm(2026, 1, 1)
    assert refusal(facts, at) is rules.ACC_4
    assert refusal(facts, at, person="child", role=Role.SELF) is rules.ACC_3


def test_custody_is_asked_for() -> None:
    """ACC-17: a parent without custody does not read."""
    assert refusal(facts_of(custodies=())) is rules.ACC_17


def test_protected_identity() -> None:
    """ACC-6: of a child with a protected identity guardians see nothing; at 16 it reads itself."""
    protected = Restriction(
        ward=CHILD, person=None, since=dt.date(2025, 3, 1), authority="register", reason="threat"
    )
    facts = facts_of(restrictions=(protected,))
    assert refusal(facts, stockholm(2025, 2, 28, 23, 59)) is None
    assert refusal(facts, stockholm(2025, 3, 1)) is rules.ACC_6
    assert refusal(facts, stockholm(2028, 7, 1), person="child", role=Role.SELF) is None


def test_blocked_first_and_examined_later() -> None:
    """ACC-6: one guardian is blocked until a day on which it is looked at again."""
    blocked = Restriction(
        ward=CHILD,
        person=MOTHER,
        since=dt.date(2025, 3, 1),
        until=dt.date(2025, 3, 15),
        authority="head of unit",
        reason="report",
    )
    father = PersonId("father")
    facts = facts_of(
        restrictions=(blocked,),
        kinships=(CARDS.tie(), CARDS.tie(guardian=father)),
        custodies=(
            Custody(guardian=MOTHER, ward=CHILD, since=BORN),
            Custody(guardian=father, ward=CHILD, since=BORN),
        ),
    )
    assert refusal(facts, stockholm(2025, 3, 14, 23, 59)) is rules.ACC_6
    assert refusal(facts, stockholm(2025, 3, 14), person="father") is None
    assert refusal(facts, stockholm(2025, 3, 15)) is None


def test_guardians_act_and_patients_read() -> None:
    """ACC-12: a guardian manages the child's care; of the own record reading is what is told."""
    guardian = CARDS.view(facts_of(), at=NOON)
    own = CARDS.view(facts_of(), person="child", role=Role.SELF, at=stockholm(2028, 7, 1))
    assert [one.may for one in guardian.allowances] == [May.ACT]
    assert [one.may for one in own.allowances] == [May.VIEW]


@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.DOCTOR, Role.CREW])
def test_of_whom_no_rule_was_found(role: Role) -> None:
    """ACC-20: agents of adults, doctors and crews see nothing."""
    assert refusal(facts_of(), role=role) is rules.ACC_20


WAYS = [
    ("mother", Role.GUARDIAN, BORN, May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(person=Person(id=CHILD, born=born))
    first = stockholm(2025, 1, 1)
    before = first - dt.timedelta(minutes=1)
    assert refusal(facts, before, person=person, role=role) is rules.ACC_1
    view = CARDS.view(facts, person=person, role=role, at=first)
    assert {one.may for one in view.allowances} == {may}
    assert not view.closed


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_what_closes_each_way(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-6, ACC-7, ACC-11: death closes each way in, and so do orders and labels.

    An order for everybody is about those who represent, and not about the patient.
    """
    del may
    facts = facts_of(person=Person(id=CHILD, born=born))
    dead = attrs.evolve(facts.person, died=NOON.date())
    assert refusal(attrs.evolve(facts, person=dead), NOON, person=person, role=role) is rules.ACC_7
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    barred = attrs.evolve(facts, restrictions=(order,))
    expected = None if role is Role.SELF else rules.ACC_6
    assert refusal(barred, NOON, person=person, role=role) is expected
    view = CARDS.view(facts, person=person, role=role, at=NOON)
    plain = CARDS.document("journal")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
