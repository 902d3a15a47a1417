"""England (``en-nhs``): the GP record in the NHS App."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts, Grant
from emrcore.people import Assent, Assessment, Person, PersonId, Restriction
from emrcore.records import Document, judge, withheld
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

LONDON = zoneinfo.ZoneInfo("Europe/London")
CARDS = Cards(shipped("en-nhs").editions[0])
MOTHER, CHILD = PersonId("mother"), PersonId("child")


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=LONDON)


NOON = london(2024, 2, 1, 12)


def facts_of(born: dt.date, **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **changes)


def refusal(
    facts: Facts, at: dt.datetime, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def assent(given: bool = True) -> tuple[Assent, ...]:
    return (Assent(guardian=MOTHER, ward=CHILD, given=given, since=dt.date(2023, 1, 1)),)


def entry(section: str = "letters", **changes: Any) -> Document:
    return CARDS.document(section, **({"published_at": london(2024, 1, 15, 9)} | changes))


@pytest.mark.parametrize(
    ("at", "rule"),
    [(london(2023, 10, 30, 23, 59), rules.ACC_1), (london(2023, 10, 31), None)],
)
def test_switch_on(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-1: nobody looks before 31 October 2023, 00:00 in London."""
    facts = facts_of(dt.date(1990, 1, 1))
    assert refusal(facts, at, person="child", role=Role.SELF) is rule


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (london(2024, 6, 30, 23, 59), rules.ACC_17),
        (london(2024, 7, 1), None),
        (london(2024, 7, 2), None),
    ],
)
def test_own_access_comes_by_itself(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: from the 16th birthday on, 00:00 summer time, one looks without having asked."""
    facts = facts_of(dt.date(2008, 7, 1), grants=())
    assert refusal(facts, at, person="child", role=Role.SELF) is rule


@pytest.mark.parametrize(
    ("at", "assessed", "rule"),
    [
        (london(2024, 6, 30, 23, 59), True, rules.ACC_3),
        (london(2024, 7, 1), True, None),
        (london(2024, 7, 1), False, rules.ACC_17),
    ],
)
def test_thirteen_after_an_assessment(at: dt.datetime, assessed: bool, rule: Rule | None) -> None:
    """ACC-17: at 13 to 15 one looks after an assessment, and not before 13 even so."""
    found = (Assessment(person=CHILD, since=dt.date(2024, 1, 1)),) if assessed else ()
    facts = facts_of(dt.date(2011, 7, 1), assessments=found)
    assert refusal(facts, at, person="child", role=Role.SELF) is rule


@pytest.mark.parametrize(
    ("at", "alone", "agreed"),
    [
        (london(2024, 6, 30, 23, 59), None, None),
        (london(2024, 7, 1), rules.ACC_17, None),
        (london(2029, 6, 30, 23, 59), rules.ACC_17, None),
        (london(2029, 7, 1), rules.ACC_4, rules.ACC_4),
    ],
)
def test_parents(at: dt.datetime, alone: Rule | None, agreed: Rule | None) -> None:
    """ACC-4, ACC-17: parents look until 11, until 16 if the child agrees, and then no more."""
    born = dt.date(2013, 7, 1)
    assert refusal(facts_of(born), at) is alone
    assert refusal(facts_of(born, assents=assent()), at) is agreed


def test_refused_assent() -> None:
    """ACC-17: a child of 12 that was asked and said no has not agreed."""
    facts = facts_of(dt.date(2012, 1, 1), assents=assent(given=False))
    assert refusal(facts, NOON) is rules.ACC_17


def test_parent_and_child_of_fourteen() -> None:
    """RB-3: at 13 to 15 both may look, each with what is asked of them."""
    facts = facts_of(
        dt.date(2010, 1, 1),
        assents=assent(),
        assessments=(Assessment(person=CHILD, since=dt.date(2023, 1, 1)),),
    )
    assert refusal(facts, NOON) is None
    assert refusal(facts, NOON, person="child", role=Role.SELF) is None


@pytest.mark.parametrize("section", list(CARDS.edition.sections))
@pytest.mark.parametrize(
    ("published", "shown"),
    [(london(2023, 10, 30, 23, 59), False), (london(2023, 10, 31), True)],
)
def test_only_new_entries(section: str, published: dt.datetime, shown: bool) -> None:
    """ACC-10: an entry is shown if it was added since the switch-on, whenever it happened."""
    view = CARDS.view(facts_of(dt.date(1990, 1, 1)), person="child", role=Role.SELF, at=NOON)
    document = entry(
        section,
        published_at=published,
        acknowledged_at=published,
        occurred_on=dt.date(2022, 1, 1),
    )
    assert judge(view, document).visible is shown


@pytest.mark.parametrize(
    ("granted", "first"),
    [
        (london(2020, 1, 1), london(2023, 10, 31)),
        (london(2023, 12, 5, 15), london(2023, 12, 5)),
    ],
)
@pytest.mark.parametrize(
    ("person", "role", "born"),
    [
        ("mother", Role.GUARDIAN, dt.date(2016, 1, 1)),
        ("mother", Role.GUARDIAN, dt.date(2012, 1, 1)),
        ("child", Role.SELF, dt.date(2010, 1, 1)),
    ],
)
def test_later_of_two_days(
    granted: dt.datetime, first: dt.datetime, person: str, role: Role, born: dt.date
) -> None:
    """ACC-10: whoever was let in sees what was added since the switch-on and since the grant."""
    facts = facts_of(
        born,
        assents=assent(),
        assessments=(Assessment(person=CHILD, since=dt.date(2020, 1, 1)),),
        grants=(Grant(viewer=PersonId(person), since=granted),),
    )
    view = CARDS.view(facts, person=person, role=role, at=NOON)
    before = first - dt.timedelta(minutes=1)
    assert not judge(view, entry(published_at=before)).visible
    assert judge(view, entry(published_at=first)).visible


@pytest.mark.parametrize(
    ("filed", "shown"),
    [(None, False), (NOON + dt.timedelta(minutes=1), False), (NOON, True)],
)
def test_results_wait_until_they_are_filed(filed: dt.datetime | None, shown: bool) -> None:
    """ACC-19: a result is hidden from the patient until a clinician has filed it."""
    facts = facts_of(dt.date(1990, 1, 1))
    result = entry("test-results", acknowledged_at=filed)
    verdict = judge(CARDS.view(facts, person="child", role=Role.SELF, at=NOON), result)
    assert verdict.visible is shown
    assert shown or verdict.reason.rule is rules.ACC_19
    assert judge(CARDS.view(facts, person="gp", role=Role.DOCTOR, at=NOON), result).visible


def test_redaction_is_whole_and_silent() -> None:
    """ACC-16: a redacted entry is hidden from patient and parent, who are not told; not from staff.

    Its label is not in the bands' labels, and not flagged either.
    """
    redacted = entry(labels=frozenset({"redacted"}))
    child = facts_of(dt.date(2016, 1, 1))
    adult = facts_of(dt.date(1990, 1, 1))
    parent = CARDS.view(child, at=NOON)
    patient = CARDS.view(adult, person="child", role=Role.SELF, at=NOON)
    for view in (parent, patient):
        assert not judge(view, redacted).visible
        assert withheld(view, [redacted]) == 0
    assert judge(CARDS.view(adult, person="gp", role=Role.DOCTOR, at=NOON), redacted).visible


@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.CREW])
def test_of_whom_no_rule_was_found(role: Role) -> None:
    """ACC-20: proxies of adults and crews see nothing."""
    assert refusal(facts_of(dt.date(1990, 1, 1)), NOON, role=role) is rules.ACC_20


def test_born_on_leap_day() -> None:
    """ACC-4: born on 29 February 2016, a child is 11 on 28 February 2027."""
    facts = facts_of(dt.date(2016, 2, 29))
    assert refusal(facts, london(2027, 2, 27, 23, 59)) is None
    assert refusal(facts, london(2027, 2, 28)) is rules.ACC_17


def test_order_of_a_court() -> None:
    """ACC-6: an order that names a parent keeps that parent out."""
    order = Restriction(
        ward=CHILD, person=MOTHER, since=dt.date(2024, 1, 1), authority="court", reason="order"
    )
    facts = facts_of(dt.date(2016, 1, 1), restrictions=(order,))
    assert refusal(facts, london(2023, 12, 31, 23, 59)) is None
    assert refusal(facts, NOON) is rules.ACC_6


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "assents": (Assent(guardian=MOTHER, ward=CHILD, given=True, since=dt.date(2020, 1, 1)),),
    "assessments": (Assessment(person=CHILD, since=dt.date(2020, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2016, 1, 1), May.ACT),
    ("mother", Role.GUARDIAN, dt.date(2011, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(2010, 1, 1), May.VIEW),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born, **EVERYTHING)
    first = london(2023, 10, 31)
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
    plain = CARDS.document("letters", published_at=london(2024, 1, 15))
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11


def test_clinicians() -> None:
    """ACC-6, ACC-7, ACC-15: clinicians look whoever is barred, and before the switch-on, too.

    Of the time after death nothing is said, so they do not.
    """
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    facts = facts_of(dt.date(1990, 1, 1), restrictions=(order,))
    view = CARDS.view(facts, person="gp", role=Role.DOCTOR, at=NOON)
    assert judge(view, entry(published_at=london(2020, 1, 1))).visible
    assert {one.may for one in view.allowances} == {May.VIEW}
    dead = attrs.evolve(facts, person=attrs.evolve(facts.person, died=NOON.date()))
    assert refusal(dead, NOON, person="gp", role=Role.DOCTOR) is rules.ACC_7
