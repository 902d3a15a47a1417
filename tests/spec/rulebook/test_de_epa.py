"""Germany (``de-epa``): parents by the lower of two printed ages, and five representatives."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts, Grant, Viewer, admitted
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Malformed
from emrcore.office import Office
from emrcore.people import Nomination, Person, PersonId, Restriction
from emrcore.records import judge
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from world import Cards, CountedBytes, HandClock, new_town

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
BOOK = shipped("de-epa")
CARDS = Cards(BOOK.editions[0])
CHILD, AUNT = PersonId("child"), PersonId("aunt")


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=BERLIN)


NOON = berlin(2025, 3, 1, 12)


def facts_of(born: dt.date = dt.date(2010, 7, 1), **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **changes)


def refusal(
    facts: Facts, at: dt.datetime = NOON, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    reason = CARDS.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


GIVEN = Nomination(giver=CHILD, receiver=AUNT, since=dt.date(2025, 1, 1))
LET_IN = Grant(viewer=AUNT, since=berlin(2025, 1, 2))


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (berlin(2025, 6, 30, 23, 59), rules.ACC_3, None),
        (berlin(2025, 7, 1), None, rules.ACC_4),
        (berlin(2026, 6, 30), None, rules.ACC_4),
    ],
)
def test_lower_of_two_ages(at: dt.datetime, own: Rule | None, guardian: Rule | None) -> None:
    """ACC-3, ACC-4: 15 and 16 are printed; at 15 the parents stop and the patient begins."""
    assert refusal(facts_of(), at, person="child", role=Role.SELF) is own
    assert refusal(facts_of(), at) is guardian


@pytest.mark.parametrize(
    ("nominations", "grants", "rule"),
    [
        ((), (LET_IN,), rules.ACC_17),
        ((GIVEN,), (), rules.ACC_8),
        ((GIVEN,), (LET_IN,), None),
    ],
)
def test_representative(
    nominations: tuple[Nomination, ...], grants: tuple[Grant, ...], rule: Rule | None
) -> None:
    """ACC-8, ACC-17: a representative is appointed by the patient, and then set up."""
    facts = facts_of(dt.date(1990, 1, 1), nominations=nominations, grants=grants)
    assert refusal(facts, person="aunt", role=Role.REPRESENTATIVE) is rule


def test_no_end_in_time() -> None:
    """ACC-14: a representation has no end that is known; withdrawn, it ends on that day."""
    facts = facts_of(dt.date(1990, 1, 1), nominations=(GIVEN,), grants=(LET_IN,))
    view = CARDS.view(facts, person="aunt", role=Role.REPRESENTATIVE, at=NOON)
    assert (view.refusal, view.until) == (None, None)
    withdrawn = Nomination(
        giver=CHILD, receiver=AUNT, since=dt.date(2025, 1, 1), until=dt.date(2025, 4, 1)
    )
    ended = facts_of(dt.date(1990, 1, 1), nominations=(withdrawn,), grants=(LET_IN,))
    assert refusal(ended, berlin(2025, 3, 31, 23, 59), person="aunt", role=Role.REPRESENTATIVE) is (
        None
    )
    assert refusal(ended, berlin(2025, 4, 1), person="aunt", role=Role.REPRESENTATIVE) is (
        rules.ACC_17
    )


def test_nobody_appoints_for_another() -> None:
    """ACC-17: whom a representative appoints is nobody's representative."""
    second = Nomination(giver=AUNT, receiver=PersonId("friend"), since=dt.date(2025, 1, 1))
    facts = facts_of(
        dt.date(1990, 1, 1),
        nominations=(GIVEN, second),
        grants=(LET_IN, Grant(viewer=PersonId("friend"), since=berlin(2025, 1, 2))),
    )
    assert refusal(facts, person="friend", role=Role.REPRESENTATIVE) is rules.ACC_17


def test_at_most_five() -> None:
    """APP-12: the band that lets a representative in says that there are five at most."""
    facts = facts_of(dt.date(1990, 1, 1), nominations=(GIVEN,))
    viewer = Viewer(person=AUNT, role=Role.REPRESENTATIVE)
    (band,), _ = admitted(facts, viewer, at=NOON, edition=CARDS.edition, ungranted=True)
    assert band.most_viewers is not None
    assert band.most_viewers.value == 5
    assert band.grant_months is None


def test_an_office_refuses_it() -> None:
    """APP-12: an office that could not keep to the limit does not open under this rulebook."""
    town = new_town()
    with pytest.raises(Malformed):
        Office(
            rulebook=BOOK,
            calendars={},
            storage=MemoryStorage(),
            keys=town.office.keys,
            clock=HandClock(NOON),
            randomness=CountedBytes(),
        )


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CREW])
def test_what_cannot_be_said_is_closed(role: Role) -> None:
    """ACC-20: practices and pharmacies, who look for 90 and 3 days, see nothing here."""
    assert refusal(facts_of(), role=role) is rules.ACC_20


@pytest.mark.parametrize(
    ("at", "rule"),
    [(berlin(2025, 6, 30, 23, 59), rules.ACC_3), (berlin(2025, 7, 1), None)],
)
def test_representatives_from_fifteen(at: dt.datetime, rule: Rule | None) -> None:
    """ACC-3: below 15 the parents act, and nobody else is appointed."""
    facts = facts_of(nominations=(GIVEN,), grants=(LET_IN,))
    assert refusal(facts, at, person="aunt", role=Role.REPRESENTATIVE) is rule


def test_who_is_set_up() -> None:
    """ACC-8: parents are set up like representatives; the patient needs nothing but the age."""
    assert refusal(facts_of(grants=())) is rules.ACC_8
    grown = facts_of(dt.date(1990, 1, 1), grants=())
    assert refusal(grown, person="child", role=Role.SELF) is None


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "nominations": (Nomination(giver=CHILD, receiver=AUNT, since=dt.date(2020, 1, 1)),),
    "grants": tuple(
        Grant(viewer=viewer, since=berlin(2020, 1, 1)) for viewer in (AUNT, PersonId("mother"))
    ),
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
    first = berlin(2025, 1, 1)
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
    plain = CARDS.document("documents")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11
