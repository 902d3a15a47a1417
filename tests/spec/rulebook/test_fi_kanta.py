"""Finland (``fi-kanta``): MyKanta, the age at the date of the document, the minor's decision."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts
from emrcore.people import Custody, Nomination, Person, PersonId, Restriction
from emrcore.records import Document, judge, visible, withheld
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards

HELSINKI = zoneinfo.ZoneInfo("Europe/Helsinki")
BOOK = shipped("fi-kanta")
CARDS = Cards(BOOK.editions[-1])
MOTHER, CHILD = PersonId("mother"), PersonId("child")
CUSTODY = (Custody(guardian=MOTHER, ward=CHILD, since=dt.date(2010, 6, 1)),)
TIE = (CARDS.tie(since=dt.date(2010, 6, 1)),)


def helsinki(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=HELSINKI)


NOON = helsinki(2024, 2, 1, 12)


def facts_of(born: dt.date = dt.date(2010, 6, 1), **changes: Any) -> Facts:
    """A minor whose mother has custody; nobody has applied for anything."""
    known = {"custodies": CUSTODY, "kinships": TIE, "grants": ()}
    return CARDS.facts(person=Person(id=CHILD, born=born), **(known | changes))


def refusal(
    facts: Facts, at: dt.datetime, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    cards = Cards(BOOK.edition_at(at))
    reason = cards.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def visit(day: dt.date, *labels: str) -> Document:
    published = dt.datetime.combine(day, dt.time(15), HELSINKI)
    return CARDS.document(
        "health-records", occurred_on=day, published_at=published, labels=frozenset(labels)
    )


def seen_by_mother(document: Document, at: dt.datetime, facts: Facts | None = None) -> bool:
    return judge(Cards(BOOK.edition_at(at)).view(facts or facts_of(), at=at), document).visible


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (dt.date(2016, 7, 31), False),
        (dt.date(2016, 8, 1), True),
        (dt.date(2020, 5, 31), True),
        (dt.date(2020, 6, 1), False),
        (dt.date(2022, 12, 31), False),
    ],
)
@pytest.mark.parametrize("at", [helsinki(2022, 12, 31, 23), helsinki(2024, 2, 1, 12)])
def test_what_is_dated_before_ten(day: dt.date, shown: bool, at: dt.datetime) -> None:
    """ACC-10: guardians see what is dated from August 2016 on and before the 10th birthday.

    They see it when the child is older, too, and the change of 2023 adds nothing to those days.
    """
    assert seen_by_mother(visit(day), at) is shown


@pytest.mark.parametrize(
    ("day", "shown"), [(dt.date(2022, 12, 31), False), (dt.date(2023, 1, 1), True)]
)
def test_what_is_dated_since_the_change(day: dt.date, shown: bool) -> None:
    """ACC-10: of a child of twelve, guardians see what is dated since the change."""
    assert seen_by_mother(visit(day, "minor-allows"), NOON) is shown


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("minor-not-capable", True),
        ("minor-allows", True),
        ("minor-denies", False),
        ("minor-undecided", False),
        ("something-new", False),
    ],
)
def test_decision_of_the_minor(label: str, shown: bool) -> None:
    """ACC-11: what a capable minor denies is hidden in silence, and so is what nobody decided."""
    document = visit(dt.date(2023, 5, 5), label)
    view = CARDS.view(facts_of(), at=NOON)
    assert judge(view, document).visible is shown
    assert withheld(view, [document]) == 0


def test_denied_before_ten() -> None:
    """ACC-11: a child of nine found capable can deny, too; what is not assessed is shown."""
    young = facts_of(dt.date(2014, 1, 1))
    day = dt.date(2023, 5, 5)
    shown = [
        seen_by_mother(visit(day, label), NOON, young)
        for label in ("minor-denies", "minor-undecided", "minor-not-capable")
    ]
    assert shown == [False, True, True]


def test_minor_sees_all_of_it() -> None:
    """ACC-16: the decision is about guardians; the minor sees every document of the own card."""
    documents = [
        visit(dt.date(2023, 5, 5), label)
        for label in ("minor-not-capable", "minor-allows", "minor-denies", "minor-undecided")
    ]
    view = CARDS.view(facts_of(), person="child", role=Role.SELF, at=NOON)
    assert visible(view, documents) == documents


@pytest.mark.parametrize(
    ("at", "rule"),
    [(helsinki(2028, 5, 31, 23, 59), None), (helsinki(2028, 6, 1), rules.ACC_4)],
)
def test_until_eighteen(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-4: from the 18th birthday on a guardian sees nothing, not even what is dated before ten.

    The patient looks at any age.
    """
    assert refusal(facts_of(), at) is rule
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is None
    for document in (visit(dt.date(2019, 1, 1)), visit(dt.date(2024, 1, 1), "minor-allows")):
        assert seen_by_mother(document, at) is (rule is None)


def test_custody_is_asked_for() -> None:
    """ACC-17: a parent without custody sees nothing."""
    assert refusal(facts_of(custodies=()), NOON) is rules.ACC_17
    ended = Custody(guardian=MOTHER, ward=CHILD, since=dt.date(2011, 1, 1), until=NOON.date())
    facts = facts_of(custodies=(ended,))
    assert refusal(facts, helsinki(2024, 1, 31, 23, 59)) is None
    assert refusal(facts, NOON) is rules.ACC_17


@pytest.mark.parametrize(
    ("at", "rule"),
    [(helsinki(2028, 5, 31, 23, 59), rules.ACC_3), (helsinki(2028, 6, 1), None)],
)
def test_no_mandate_on_behalf_of_a_minor(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: a mandate opens the card of an adult and never that of a minor."""
    mandate = Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2023, 1, 1))
    facts = facts_of(nominations=(mandate,))
    assert refusal(facts, at, person="aunt", role=Role.REPRESENTATIVE) is rule


def test_mandates_open_with_the_second_edition() -> None:
    """ACC-1: mandates of adults open nothing before 2023."""
    mandate = Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2020, 1, 1))
    facts = facts_of(dt.date(1980, 1, 1), nominations=(mandate,))
    for at, rule in ((helsinki(2022, 12, 31, 23, 59), rules.ACC_1), (helsinki(2023, 1, 1), None)):
        assert refusal(facts, at, person="aunt", role=Role.REPRESENTATIVE) is rule


def test_both_look_until_eighteen() -> None:
    """RB-3: minors use the service themselves, beside their guardians; this is declared."""
    overlap = CARDS.edition.ages.overlap
    assert overlap is not None
    assert overlap.value == (0, 18)


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "nominations": (Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2016, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2012, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(2012, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.ACT),
    ("aunt", Role.REPRESENTATIVE, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born, **EVERYTHING)
    first = helsinki(2023 if role is Role.REPRESENTATIVE else 2017, 1, 1)
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
    plain = CARDS.document("health-records", occurred_on=dt.date(2018, 1, 1))
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11


@pytest.mark.parametrize(("at", "shown"), [(helsinki(2023, 1, 1), True), (NOON, True)])
def test_second_way_has_the_same_conditions(at: dt.datetime, shown: bool) -> None:
    """ACC-6, ACC-7, ACC-17: what is dated after ten asks for all that the older way asks for."""
    document = visit(dt.date(2023, 1, 1), "minor-allows")
    later = at + dt.timedelta(hours=20)
    order = Restriction(
        ward=CHILD, person=MOTHER, since=dt.date(2020, 1, 1), authority="court", reason="order"
    )
    dead = Person(id=CHILD, born=dt.date(2010, 6, 1), died=at.date())
    assert seen_by_mother(document, later) is shown
    view = CARDS.view(facts_of(), at=later)
    assert {one.may for one in view.allowances} == {May.ACT}
    for changes in (
        {"restrictions": (order,)},
        {"person": dead},
        {"custodies": ()},
        {"kinships": ()},
    ):
        assert not seen_by_mother(document, later, attrs.evolve(facts_of(), **changes))
