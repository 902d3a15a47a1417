"""Austria (``at-elga``): what is dated in a time of opting out never comes back."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts
from emrcore.people import Nomination, OptOut, Person, PersonId, Restriction
from emrcore.records import Verdict, judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

VIENNA = zoneinfo.ZoneInfo("Europe/Vienna")
CARDS = Cards(shipped("at-elga").editions[0])
MOTHER, CHILD = PersonId("mother"), PersonId("child")


def vienna(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=VIENNA)


NOON = vienna(2025, 3, 1, 12)


def facts_of(born: dt.date = dt.date(2012, 7, 1), **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **({"grants": ()} | changes))


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def seen(facts: Facts, day: dt.date, section: str = "findings", **asking: Any) -> Verdict:
    view = CARDS.view(facts, at=NOON, **asking)
    return judge(view, CARDS.document(section, occurred_on=day))


OUT = OptOut(person=CHILD, since=dt.date(2018, 3, 1), until=dt.date(2018, 6, 1))


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (vienna(2026, 6, 30, 23, 59), rules.ACC_3, None),
        (vienna(2026, 7, 1), None, rules.ACC_4),
    ],
)
def test_hand_over_at_fourteen(at: dt.datetime, own: Rule | None, guardian: Rule | None) -> None:
    """ACC-3, ACC-4: the 14th year is completed as the 14th birthday begins."""
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is own
    assert refusal(facts_of(), at) is guardian


@pytest.mark.parametrize("section", ["findings", "medication"])
@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (dt.date(2018, 2, 28), True),
        (dt.date(2018, 3, 1), False),
        (dt.date(2018, 5, 31), False),
        (dt.date(2018, 6, 1), True),
    ],
)
def test_time_of_opting_out(day: dt.date, shown: bool, section: str) -> None:
    """ACC-21: of the time of opting out nothing is shown, of the days around it everything."""
    verdict = seen(facts_of(opt_outs=(OUT,)), day, section)
    assert verdict.visible is shown
    assert shown or verdict.reason.rule is rules.ACC_21


def test_two_times_of_opting_out() -> None:
    """ACC-21: what lies between two such times is shown."""
    second = OptOut(person=CHILD, since=dt.date(2018, 6, 2))
    facts = facts_of(opt_outs=(OUT, second))
    shown = [seen(facts, dt.date(2018, 6, day)).visible for day in (1, 2, 3)]
    assert shown == [True, False, False]


def test_it_binds_whoever_looks() -> None:
    """ACC-21: patient and representative see no more of that time than the parents."""
    given = Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2025, 1, 1))
    facts = facts_of(dt.date(1990, 1, 1), opt_outs=(OUT,), nominations=(given,))
    for person, role in (("child", Role.SELF), ("aunt", Role.REPRESENTATIVE)):
        assert not seen(facts, dt.date(2018, 4, 1), person=person, role=role).visible
        assert seen(facts, dt.date(2018, 7, 1), person=person, role=role).visible


def test_opting_out_of_somebody_else() -> None:
    """ACC-21: that a parent opted out hides nothing of the child's."""
    other = OptOut(person=MOTHER, since=dt.date(2018, 1, 1))
    assert seen(facts_of(opt_outs=(other,)), dt.date(2018, 4, 1)).visible


@pytest.mark.parametrize(
    ("born", "nominated", "rule"),
    [
        (dt.date(2011, 3, 1), True, None),
        (dt.date(2011, 3, 2), True, rules.ACC_3),
        (dt.date(2011, 3, 1), False, rules.ACC_17),
    ],
)
def test_power_of_attorney(born: dt.date, nominated: bool, rule: Rule | None) -> None:
    """ACC-3, ACC-17: a power of attorney opens the card of somebody of 14 or older."""
    given = Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2025, 1, 1))
    facts = facts_of(born, nominations=(given,) if nominated else ())
    assert refusal(facts, person="aunt", role=Role.REPRESENTATIVE) is rule


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CREW])
def test_what_cannot_be_said_is_closed(role: Role) -> None:
    """ACC-20: providers, whose access the patient lengthens or shortens, see nothing here."""
    assert refusal(facts_of(), role=role) is rules.ACC_20


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "nominations": (Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2020, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2020, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.ACT),
    ("aunt", Role.REPRESENTATIVE, dt.date(1990, 1, 1), May.ACT),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born, **EVERYTHING)
    first = vienna(2025, 1, 1)
    before = first - dt.timedelta(minutes=1)
    assert refusal(facts, before, person=person, role=role) is rules.ACC_1
    view = CARDS.view(facts, person=person, role=role, at=first)
    assert {one.may for one in view.allowances} == {may}
    assert not view.closed


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_what_closes_each_way(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-6, ACC-7, ACC-11: death closes each way in, and so do orders and labels.

    An order for everybody is for the patient, too.
    """
    del may
    facts = facts_of(born, **EVERYTHING)
    dead = attrs.evolve(facts.person, died=NOON.date())
    assert refusal(attrs.evolve(facts, person=dead), NOON, person=person, role=role) is rules.ACC_7
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    barred = attrs.evolve(facts, restrictions=(order,))
    expected = rules.ACC_6
    assert refusal(barred, NOON, person=person, role=role) is expected
    view = CARDS.view(facts, person=person, role=role, at=NOON)
    plain = CARDS.document("findings")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
