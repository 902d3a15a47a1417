"""The Netherlands (``nl-wgbo``): portals by the ages of 12 and 16."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts
from emrcore.people import Assent, Person, PersonId, Restriction
from emrcore.records import judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

AMSTERDAM = zoneinfo.ZoneInfo("Europe/Amsterdam")
CARDS = Cards(shipped("nl-wgbo").editions[0])
MOTHER, CHILD = PersonId("mother"), PersonId("child")


def amsterdam(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM)


NOON = amsterdam(2025, 3, 1, 12)


def facts_of(born: dt.date = dt.date(2013, 7, 1), **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **changes)


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def assent(*, given: bool = True, until: dt.date | None = None) -> tuple[Assent, ...]:
    since = dt.date(2025, 7, 8)
    return (Assent(guardian=MOTHER, ward=CHILD, given=given, since=since, until=until),)


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (amsterdam(2025, 6, 30, 23, 59), None),
        (amsterdam(2025, 7, 1), rules.ACC_17),
        (amsterdam(2025, 7, 7, 23, 59), rules.ACC_17),
        (amsterdam(2025, 7, 8), None),
        (amsterdam(2029, 6, 30, 23, 59), None),
        (amsterdam(2029, 7, 1), rules.ACC_4),
    ],
)
def test_mandate_lapses_twice(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-17, ACC-4: at 12 a mandate opens nothing until the child agrees, at 16 nothing at all."""
    assert refusal(facts_of(assents=assent()), at) is rule


@pytest.mark.parametrize(
    ("at", "rule"),
    [(amsterdam(2025, 6, 30, 23, 59), rules.ACC_3), (amsterdam(2025, 7, 1), None)],
)
def test_own_access_at_twelve(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: from the 12th birthday on the child looks itself, mandate or not."""
    assert refusal(facts_of(grants=()), at, person="child", role=Role.SELF) is rule


def test_child_that_says_no() -> None:
    """ACC-17: a child of 13 that was asked and refused has not agreed."""
    facts = facts_of(assents=assent(given=False))
    assert refusal(facts, amsterdam(2026, 9, 1)) is rules.ACC_17


def test_permission_withdrawn() -> None:
    """ACC-17: when the child withdraws its permission the parent stops on that day."""
    facts = facts_of(assents=assent(until=dt.date(2026, 1, 10)))
    assert refusal(facts, amsterdam(2026, 1, 9, 23, 59)) is None
    assert refusal(facts, amsterdam(2026, 1, 10)) is rules.ACC_17


def test_permission_is_for_one_parent() -> None:
    """ACC-17: what the child allows to one parent it has not allowed to the other."""
    facts = facts_of(
        assents=assent(), kinships=(CARDS.tie(), CARDS.tie(guardian=PersonId("father")))
    )
    at = amsterdam(2025, 9, 1)
    assert refusal(facts, at) is None
    assert refusal(facts, at, person="father") is rules.ACC_17


def test_permission_is_no_mandate() -> None:
    """ACC-8: the practice sets the mandate; permission alone opens nothing."""
    facts = facts_of(assents=assent(), grants=())
    assert refusal(facts, amsterdam(2025, 9, 1)) is rules.ACC_8
    assert refusal(facts_of(grants=()), NOON) is rules.ACC_8


def test_both_look_from_twelve_to_fifteen() -> None:
    """RB-3: the years that child and parent share are declared, with their source."""
    overlap = CARDS.edition.ages.overlap
    assert overlap is not None
    assert overlap.value == (12, 16)


@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.DOCTOR, Role.CREW])
def test_of_whom_no_rule_was_found(role: Role) -> None:
    """ACC-20: mandated adults, doctors and crews see nothing."""
    assert refusal(facts_of(), role=role) is rules.ACC_20


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "assents": (Assent(guardian=MOTHER, ward=CHILD, given=True, since=dt.date(2020, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2020, 1, 1), May.ACT),
    ("mother", Role.GUARDIAN, dt.date(2011, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born, **EVERYTHING)
    first = amsterdam(2025, 1, 1)
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
    plain = CARDS.document("record")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
