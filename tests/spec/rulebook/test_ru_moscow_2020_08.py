"""Moscow from August 2020 (``ru-moscow-2020-08``): parents see the card up to 18."""

import datetime as dt

import pytest

from emrcore import rules
from emrcore.access import Facts, Viewer, timeline
from emrcore.people import Capacity, CapacityKind, Person, PersonId
from emrcore.records import judge
from emrcore.rulebook import Edition, Role, shipped
from emrcore.rules import Rule
from world import Cards, moscow

BOOK = shipped("ru-moscow-2020-08")
BEFORE, AFTER = BOOK.editions
CARDS = Cards(AFTER)
LAW = moscow(2020, 8, 11)
SIXTEEN = Person(id=PersonId("child"), born=dt.date(2004, 5, 5))


def refusal(
    facts: Facts, at: dt.datetime, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    cards = Cards(BOOK.edition_at(at))
    reason = cards.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


def bands(edition: Edition) -> list[object]:
    return [list(relation.bands.values()) for relation in edition.relations.values()]


def test_first_edition_is_that_of_january() -> None:
    """RB-4: about the days before the law the rulebook says what ``ru-moscow-2020`` says."""
    january = shipped("ru-moscow-2020").editions[0]
    assert bands(BEFORE) == bands(january)
    assert BEFORE.ages == january.ages
    assert BEFORE.sections == january.sections
    assert (BEFORE.application, BEFORE.entry) == (january.application, january.entry)
    assert BEFORE.until == AFTER.valid_from


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (moscow(2020, 8, 9, 23, 59), rules.ACC_4),
        (moscow(2020, 8, 10), rules.ACC_4),
        (moscow(2020, 8, 10, 23, 59), rules.ACC_4),
        (LAW, None),
        (moscow(2020, 8, 11, 0, 1), None),
    ],
)
def test_law_opens_on_the_later_of_two_days(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-4: of a child of 16, parents see nothing on 10 August, and the card on 11 August 2020."""
    assert refusal(CARDS.facts(person=SIXTEEN), at) is rule


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (moscow(2022, 5, 4), None),
        (moscow(2022, 5, 5, 23, 59), None),
        (moscow(2022, 5, 6), rules.ACC_4),
    ],
)
def test_until_eighteen(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-4: a parent looks until 00:00 of the day after the 18th birthday."""
    assert refusal(CARDS.facts(person=SIXTEEN), at) is rule


@pytest.mark.parametrize(
    ("at", "rule"),
    [(moscow(2025, 5, 5, 23, 59), rules.ACC_3), (moscow(2025, 5, 6), None)],
)
def test_own_right_stays_at_fifteen(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: the law takes nothing from the patient, who is let in at 15 as before."""
    assert refusal(CARDS.facts(), at, person="child", role=Role.SELF) is rule


def test_both_look_from_fifteen_to_seventeen() -> None:
    """RB-3: the years that patient and parent share are declared, with their source."""
    assert BEFORE.ages.overlap is None
    assert AFTER.ages.overlap is not None
    assert AFTER.ages.overlap.value == (15, 18)
    facts = CARDS.facts(person=SIXTEEN)
    assert refusal(facts, LAW) is None
    assert refusal(facts, LAW, person="child", role=Role.SELF) is None


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(CapacityKind.FULL, rules.ACC_18), (CapacityKind.LIMITED, None), (None, None)],
)
def test_emancipated_or_married(kind: CapacityKind | None, rule: Rule | None) -> None:
    """ACC-18: of a minor who has full capacity the parents see nothing, of others all."""
    findings = (Capacity(person=SIXTEEN.id, kind=kind, since=dt.date(2020, 9, 1)),) if kind else ()
    facts = CARDS.facts(person=SIXTEEN, capacities=findings)
    assert refusal(facts, moscow(2020, 8, 31, 23, 59)) is None
    assert refusal(facts, moscow(2020, 9, 1)) is rule
    assert refusal(facts, moscow(2020, 9, 1), person="child", role=Role.SELF) is None


@pytest.mark.parametrize(
    ("kind", "born", "parents", "own"),
    [
        (CapacityKind.FULL, 2008, rules.ACC_18, None),
        (CapacityKind.FULL, 1989, rules.ACC_18, None),
        (CapacityKind.NONE, 2008, None, rules.ACC_18),
        (CapacityKind.NONE, 1989, None, rules.ACC_18),
        (CapacityKind.LIMITED, 2008, None, rules.ACC_3),
        (CapacityKind.LIMITED, 1989, rules.ACC_4, None),
    ],
)
def test_a_finding_leaves_the_card_to_one(
    kind: CapacityKind, born: int, parents: Rule | None, own: Rule | None
) -> None:
    """ACC-18, RB-3: at 12 and at 31, a finding on capacity opens the card to one of the two."""
    person = Person(id=SIXTEEN.id, born=dt.date(born, 5, 5))
    found = Capacity(person=person.id, kind=kind, since=dt.date(2020, 1, 1))
    facts = CARDS.facts(person=person, capacities=(found,))
    assert refusal(facts, LAW) is parents
    assert refusal(facts, LAW, person="child", role=Role.SELF) is own


def test_capacity_means_nothing_before_the_law() -> None:
    """RB-4: in the first edition the age alone decides."""
    married = Capacity(person=SIXTEEN.id, kind=CapacityKind.FULL, since=dt.date(2019, 1, 1))
    facts = CARDS.facts(capacities=(married,))
    assert refusal(facts, moscow(2020, 8, 10)) is None
    assert refusal(facts, LAW) is rules.ACC_18


@pytest.mark.parametrize(
    ("signed", "shown"),
    [(dt.date(2020, 4, 19), False), (dt.date(2020, 4, 20), True), (dt.date(2020, 4, 21), True)],
)
def test_covid_tests(signed: dt.date, shown: bool) -> None:
    """ACC-10: COVID-19 tests are shown from 20 April 2020 on."""
    view = CARDS.view(at=LAW)
    published = moscow(2020, 5, 1)
    document = CARDS.document("covid-tests", signed_on=signed, published_at=published)
    assert judge(view, document).visible is shown
    assert judge(Cards(BEFORE).view(), document).visible is False


@pytest.mark.parametrize(
    ("occurred", "shown"), [(dt.date(2018, 12, 31), False), (dt.date(2019, 1, 1), True)]
)
def test_instrumental_studies_go_back_further(occurred: dt.date, shown: bool) -> None:
    """ACC-10: instrumental studies are shown from 2019 on; asked about July, still from 2020 on."""
    document = CARDS.document("instrumental", occurred_on=occurred)
    july = moscow(2020, 7, 1)
    assert judge(CARDS.view(at=LAW), document).visible is shown
    assert not judge(Cards(BOOK.edition_at(july)).view(at=july), document).visible


def test_what_has_no_first_day_stays_announced() -> None:
    """ACC-9: a section whose first day no source tells stays closed."""
    assert CARDS.view(at=LAW).closed["child-vaccinations"].rule is rules.ACC_9


def test_grant_is_still_asked_for() -> None:
    """ACC-8: full accounts are granted at once, but they are granted."""
    assert refusal(CARDS.facts(person=SIXTEEN, grants=()), LAW) is rules.ACC_8


def test_timeline_of_the_mother_of_a_teenager() -> None:
    """ACC-14: the law gives back, and the 18th birthday takes; nothing had to be migrated."""
    viewer = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    facts = CARDS.facts(person=Person(id=SIXTEEN.id, born=dt.date(2005, 3, 1)))
    views = timeline(
        facts, viewer, since=moscow(2020, 2, 1), until=moscow(2030, 1, 1), rulebook=BOOK
    )
    answers = [(view.at, view.refusal.rule.id if view.refusal else "open") for view in views]
    assert answers == [
        (moscow(2020, 2, 1), "open"),
        (moscow(2020, 3, 2), "ACC-4"),
        (LAW, "open"),
        (moscow(2023, 3, 2), "ACC-4"),
    ]
