"""Norway (``no-helsenorge``): custody and a shared address, and less from 12 on."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts
from emrcore.people import Custody, Nomination, Person, PersonId, Residence, Restriction
from emrcore.records import judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
CARDS = Cards(shipped("no-helsenorge").editions[0])
MOTHER, CHILD = PersonId("mother"), PersonId("child")
BORN = dt.date(2014, 7, 1)


def oslo(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=OSLO)


NOON = oslo(2025, 3, 1, 12)
CUSTODY = (Custody(guardian=MOTHER, ward=CHILD, since=BORN),)
ADDRESS = (Residence(guardian=MOTHER, ward=CHILD, since=BORN),)


def facts_of(**changes: Any) -> Facts:
    """A child at its mother's, who has custody; nobody has applied for anything."""
    known = {
        "person": Person(id=CHILD, born=BORN),
        "custodies": CUSTODY,
        "residences": ADDRESS,
        "grants": (),
    }
    return CARDS.facts(**(known | changes))


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def sections(at: dt.datetime, *, person: str = "mother", role: Role = Role.GUARDIAN) -> set[str]:
    view = CARDS.view(facts_of(), person=person, role=role, at=at)
    return {one.section for one in view.allowances}


ALL = {"prescriptions", "vaccinations", "gp-appointments", "messages"}


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (oslo(2026, 6, 30, 23, 59), ALL),
        (oslo(2026, 7, 1), ALL - {"messages"}),
        (oslo(2030, 6, 30, 23, 59), ALL - {"messages"}),
        (oslo(2030, 7, 1), set[str]()),
    ],
)
def test_less_at_twelve_and_nothing_at_sixteen(at: dt.datetime, shown: set[str]) -> None:
    """ACC-4, ACC-12: on the 12th birthday messages close to the parents, on the 16th everything."""
    assert sections(at) == shown


def test_why_messages_close() -> None:
    """ACC-12: the section that closes at 12 says so; the card itself stays open."""
    view = CARDS.view(facts_of(), at=oslo(2026, 7, 1))
    assert view.refusal is None
    assert view.closed["messages"].rule is rules.ACC_12
    assert CARDS.view(facts_of(), at=NOON).until == oslo(2026, 7, 1)


@pytest.mark.parametrize(
    ("at", "rule"),
    [(oslo(2030, 6, 30, 23, 59), rules.ACC_3), (oslo(2030, 7, 1), None)],
)
def test_own_access(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: one logs in from the 16th birthday on, and sees all."""
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is rule
    assert sections(at, person="child", role=Role.SELF) == (set[str]() if rule else ALL)


def test_parental_consent_cannot_be_said() -> None:
    """ACC-3: the own access at 13 to 15 by a parent's consent is left out, and so is closed."""
    assert refusal(facts_of(), oslo(2028, 1, 1), person="child", role=Role.SELF) is rules.ACC_3


@pytest.mark.parametrize("missing", ["custodies", "residences"])
@pytest.mark.parametrize("at", [NOON, oslo(2027, 1, 1)])
def test_custody_and_address(missing: str, at: dt.datetime) -> None:
    """ACC-17: a parent needs both, parental responsibility and the child's address, at any age."""
    assert refusal(facts_of(), at) is None
    assert refusal(facts_of(**{missing: ()}), at) is rules.ACC_17


def test_moving_out() -> None:
    """ACC-17: a parent who moves out looks until the day before, and the view says so."""
    left = (Residence(guardian=MOTHER, ward=CHILD, since=BORN, until=dt.date(2025, 4, 1)),)
    facts = facts_of(residences=left)
    assert CARDS.view(facts, at=NOON).until == oslo(2025, 4, 1)
    assert refusal(facts, oslo(2025, 3, 31, 23, 59)) is None
    assert refusal(facts, oslo(2025, 4, 1)) is rules.ACC_17


def test_address_of_the_other_parent_does_not_do() -> None:
    """ACC-17: of two pages that differ, the narrower holds: each parent must live there."""
    father = (Residence(guardian=PersonId("father"), ward=CHILD, since=BORN),)
    assert refusal(facts_of(residences=father)) is rules.ACC_17


def test_confidential_address() -> None:
    """ACC-6: a confidential address bars everybody who represents, and not the patient."""
    secret = Restriction(
        ward=CHILD, person=None, since=dt.date(2025, 2, 1), authority="register", reason="code 6"
    )
    given = (Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2025, 1, 1)),)
    facts = facts_of(restrictions=(secret,))
    assert refusal(facts, oslo(2025, 1, 31, 23, 59)) is None
    assert refusal(facts, oslo(2025, 2, 1)) is rules.ACC_6
    grown = facts_of(
        person=Person(id=CHILD, born=dt.date(2000, 1, 1)),
        restrictions=(secret,),
        nominations=given,
    )
    assert refusal(grown, person="aunt", role=Role.REPRESENTATIVE) is rules.ACC_6
    assert refusal(grown, person="child", role=Role.SELF) is None


@pytest.mark.parametrize(
    ("at", "rule"),
    [(oslo(2030, 6, 30, 23, 59), rules.ACC_3), (oslo(2030, 7, 1), None)],
)
def test_power_of_attorney(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3, ACC-17: a power of attorney counts if the giver is 16, and while it holds."""
    given = Nomination(
        giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2030, 1, 1), until=dt.date(2031, 1, 1)
    )
    facts = facts_of(nominations=(given,))
    assert refusal(facts, at, person="aunt", role=Role.REPRESENTATIVE) is rule
    ended = oslo(2031, 1, 1)
    assert refusal(facts, ended, person="aunt", role=Role.REPRESENTATIVE) is rules.ACC_17
    assert refusal(facts_of(), at, person="aunt", role=Role.REPRESENTATIVE) is rules.ACC_17


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CREW])
def test_of_whom_no_rule_was_found(role: Role) -> None:
    """ACC-20: doctors and crews see nothing."""
    assert refusal(facts_of(), role=role) is rules.ACC_20


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "nominations": (Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2020, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, BORN, May.ACT),
    ("mother", Role.GUARDIAN, dt.date(2012, 6, 1), May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.ACT),
    ("aunt", Role.REPRESENTATIVE, dt.date(1990, 1, 1), May.ACT),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(person=Person(id=CHILD, born=born), **EVERYTHING)
    first = oslo(2025, 1, 1)
    before = first - dt.timedelta(minutes=1)
    assert refusal(facts, before, person=person, role=role) is rules.ACC_1
    view = CARDS.view(facts, person=person, role=role, at=first)
    assert {one.may for one in view.allowances} == {may}
    assert set(view.closed) == ({"messages"} if born.year == 2012 else set[str]())


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_what_closes_each_way(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-6, ACC-7, ACC-11: death closes each way in, and so do orders and labels.

    An order for everybody is about those who represent, and not about the patient.
    """
    del may
    facts = facts_of(person=Person(id=CHILD, born=born), **EVERYTHING)
    dead = attrs.evolve(facts.person, died=NOON.date())
    assert refusal(attrs.evolve(facts, person=dead), NOON, person=person, role=role) is rules.ACC_7
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    barred = attrs.evolve(facts, restrictions=(order,))
    expected = None if role is Role.SELF else rules.ACC_6
    assert refusal(barred, NOON, person=person, role=role) is expected
    view = CARDS.view(facts, person=person, role=role, at=NOON)
    plain = CARDS.document("prescriptions")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
