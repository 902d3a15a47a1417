"""British Columbia (``ca-bc``): the Health Gateway, and the one day on which a child is 12."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts
from emrcore.people import KinshipStatus, Nomination, Person, PersonId, Restriction
from emrcore.records import judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

VANCOUVER = zoneinfo.ZoneInfo("America/Vancouver")
CARDS = Cards(shipped("ca-bc").editions[0])
CHILD = PersonId("child")


def vancouver(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=VANCOUVER)


NOON = vancouver(2026, 8, 1, 12)


def facts_of(born: dt.date = dt.date(2015, 3, 1), **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **changes)


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (vancouver(2027, 2, 28, 23, 59), rules.ACC_3, None),
        (vancouver(2027, 3, 1), None, rules.ACC_4),
        (vancouver(2027, 3, 1, 0, 1), None, rules.ACC_4),
    ],
)
def test_hand_over_at_twelve(at: dt.datetime, own: Rule | None, guardian: Rule | None) -> None:
    """ACC-3, ACC-4: the parent looks until the 12th birthday begins, the child from then on."""
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is own
    assert refusal(facts_of(), at) is guardian


@pytest.mark.parametrize(
    ("hour", "rule"), [(7, None), (8, rules.ACC_4)], ids=["evening-before", "birthday"]
)
def test_one_clock(hour: int, rule: Rule | None) -> None:
    """ACC-4: the birthday begins at midnight in Vancouver, which is eight in the morning UTC."""
    assert refusal(facts_of(), dt.datetime(2027, 3, 1, hour, tzinfo=dt.UTC)) is rule


def test_born_on_leap_day() -> None:
    """ACC-4: twelve years after a 29 February there is another, and the card passes on it."""
    facts = facts_of(dt.date(2016, 2, 29))
    assert refusal(facts, vancouver(2028, 2, 28, 23, 59)) is None
    assert refusal(facts, vancouver(2028, 2, 29)) is rules.ACC_4


def test_child_of_eleven() -> None:
    """ACC-3: a child of 11 is refused the own card, and learns the age that decides."""
    view = CARDS.view(facts_of(), person="child", role=Role.SELF, at=NOON)
    assert view.refusal is not None
    assert (view.refusal.rule, view.refusal.constant) == (rules.ACC_3, 12)


def test_parent_adds_the_child() -> None:
    """ACC-8: a parent sees the child that was added; at 12 one has an account without asking."""
    assert refusal(facts_of(grants=())) is rules.ACC_8
    grown = facts_of(dt.date(2010, 1, 1), grants=())
    assert refusal(grown, person="child", role=Role.SELF) is None


def test_knowing_the_numbers_is_no_tie() -> None:
    """ACC-5: a tie that is only claimed opens nothing, whatever the claimant knows of the child."""
    assert refusal(facts_of(kinships=(CARDS.tie(KinshipStatus.CLAIMED),))) is rules.ACC_5


def test_protected_child() -> None:
    """ACC-6: a protected child is closed to everybody else, and not to itself at 12."""
    protected = Restriction(
        ward=CHILD, person=None, since=dt.date(2026, 7, 15), authority="ministry", reason="safety"
    )
    facts = facts_of(restrictions=(protected,))
    assert refusal(facts, vancouver(2026, 7, 14, 23, 59)) is None
    assert refusal(facts) is rules.ACC_6
    assert refusal(facts, vancouver(2027, 3, 1), person="child", role=Role.SELF) is None


def test_nothing_is_claimed_before_the_code_was_read() -> None:
    """ACC-1: before 30 June 2026 the rulebook opens nothing."""
    assert refusal(facts_of(), vancouver(2026, 6, 29, 23, 59)) is rules.ACC_1
    assert refusal(facts_of(), vancouver(2026, 6, 30)) is None


@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.DOCTOR, Role.CREW])
def test_of_whom_no_rule_was_found(role: Role) -> None:
    """ACC-20: delegates, doctors and crews see nothing, nominated or not."""
    given = Nomination(giver=CHILD, receiver=PersonId("mother"), since=dt.date(2026, 1, 1))
    assert refusal(facts_of(dt.date(2000, 1, 1), nominations=(given,)), role=role) is rules.ACC_20


WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2020, 1, 1), May.VIEW),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born)
    first = vancouver(2026, 6, 30)
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
    facts = facts_of(born)
    dead = attrs.evolve(facts.person, died=NOON.date())
    assert refusal(attrs.evolve(facts, person=dead), NOON, person=person, role=role) is rules.ACC_7
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    barred = attrs.evolve(facts, restrictions=(order,))
    expected = None if role is Role.SELF else rules.ACC_6
    assert refusal(barred, NOON, person=person, role=role) is expected
    view = CARDS.view(facts, person=person, role=role, at=NOON)
    plain = CARDS.document("immunizations")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
