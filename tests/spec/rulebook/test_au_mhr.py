"""Australia (``au-mhr``): My Health Record, its delays and its codes."""

import datetime as dt
import zoneinfo
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts, Viewer
from emrcore.errors import RuleBroken
from emrcore.people import Capacity, CapacityKind, Nomination, Person, PersonId, Restriction
from emrcore.records import judge, withheld
from emrcore.rulebook import May, Role, shipped
from emrcore.rules import Rule
from emrcore.sharing import Cause, GlassId, Stated, break_glass
from world import Cards

SYDNEY = zoneinfo.ZoneInfo("Australia/Sydney")
BOOK = shipped("au-mhr")
CARDS = Cards(BOOK.editions[-1])
MOTHER, CHILD = PersonId("mother"), PersonId("child")


def sydney(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=SYDNEY)


NOON = sydney(2026, 6, 1, 12)


def facts_of(born: dt.date, **changes: Any) -> Facts:
    return CARDS.facts(person=Person(id=CHILD, born=born), **changes)


YOUNG, ADULT = facts_of(dt.date(2020, 1, 1)), facts_of(dt.date(1990, 1, 1))


def refusal(
    facts: Facts, at: dt.datetime, *, person: str = "mother", role: Role = Role.GUARDIAN
) -> Rule | None:
    cards = Cards(BOOK.edition_at(at))
    reason = cards.view(facts, person=person, role=role, at=at).refusal
    return reason.rule if reason else None


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (sydney(2026, 6, 30, 23, 59), rules.ACC_3, None),
        (sydney(2026, 7, 1), None, rules.ACC_4),
        (sydney(2026, 7, 2), None, rules.ACC_4),
    ],
)
def test_hand_over_at_fourteen(at: dt.datetime, own: Rule | None, guardian: Rule | None) -> None:
    """ACC-3, ACC-4: on the 14th birthday the parents are removed, and the child begins."""
    facts = facts_of(dt.date(2012, 7, 1))
    assert refusal(facts, at, person="child", role=Role.SELF) is own
    assert refusal(facts, at) is guardian
    alone = attrs.evolve(facts, grants=())
    assert refusal(alone, at, person="child", role=Role.SELF) is own


def test_supervised_contact() -> None:
    """ACC-6: a parent under an order of supervised contact is out, the other parent is not."""
    order = Restriction(
        ward=CHILD, person=MOTHER, since=dt.date(2026, 5, 1), authority="court", reason="order"
    )
    father = CARDS.tie(guardian=PersonId("father"))
    facts = facts_of(
        dt.date(2020, 1, 1), restrictions=(order,), kinships=(CARDS.tie(), father), grants=()
    )
    assert refusal(facts, sydney(2026, 4, 30, 23, 59)) is rules.ACC_8
    assert refusal(facts, sydney(2026, 5, 1)) is rules.ACC_6
    assert refusal(facts, sydney(2026, 5, 1), person="father") is rules.ACC_8


def test_parent_invited_anew() -> None:
    """ACC-17: at 14 a parent looks as a nominated representative, while the child wants it."""
    invited = Nomination(
        giver=CHILD, receiver=MOTHER, since=dt.date(2026, 7, 1), until=dt.date(2026, 9, 1)
    )
    facts = facts_of(dt.date(2012, 7, 1), nominations=(invited,))
    asking = {"role": Role.REPRESENTATIVE}
    assert refusal(facts, sydney(2026, 6, 30, 23, 59), **asking) is rules.ACC_17
    assert refusal(facts, sydney(2026, 7, 1), **asking) is None
    assert refusal(facts, sydney(2026, 9, 1), **asking) is rules.ACC_17


def test_no_nomination_by_a_child_of_thirteen() -> None:
    """ACC-3: before 14 a nomination opens nothing."""
    early = Nomination(giver=CHILD, receiver=MOTHER, since=dt.date(2026, 1, 1))
    facts = facts_of(dt.date(2012, 7, 1), nominations=(early,))
    assert refusal(facts, sydney(2026, 6, 30), role=Role.REPRESENTATIVE) is rules.ACC_3


def test_lacking_capacity() -> None:
    """ACC-18: whoever lacks capacity at 14 or later keeps an authorised representative."""
    finding = Capacity(person=CHILD, kind=CapacityKind.NONE, since=dt.date(2026, 1, 1))
    assert refusal(ADULT, NOON) is rules.ACC_4
    facts = facts_of(dt.date(1990, 1, 1), capacities=(finding,))
    assert refusal(facts, NOON) is None
    assert refusal(facts, NOON, person="child", role=Role.SELF) is rules.ACC_18


DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("section", "kind", "before", "since"),
    [
        ("pathology", "blood-test", 0, 0),
        ("pathology", "urine-test", 0, 0),
        ("pathology", "anatomical-pathology", 7, 5),
        ("pathology", "cytopathology", 7, 5),
        ("pathology", "genetic-test", 7, 5),
        ("diagnostic-imaging", "limb-x-ray", 7, 0),
        ("diagnostic-imaging", "other-x-ray", 7, 5),
        ("diagnostic-imaging", "ct", 7, 5),
        ("diagnostic-imaging", "mri", 7, 5),
    ],
)
def test_delays(section: str, kind: str, before: int, since: int) -> None:
    """ACC-19: a report opens so many days after its upload, to the minute, by its kind."""
    for at, days in ((sydney(2026, 2, 1, 12), before), (NOON, since)):
        cards = Cards(BOOK.edition_at(at))
        view = cards.view(YOUNG, at=at)
        uploaded = at - days * DAY
        report = cards.document(section, kind=kind, published_at=uploaded)
        later = cards.document(section, kind=kind, published_at=uploaded + dt.timedelta(minutes=1))
        assert judge(view, report).visible
        assert judge(view, later).reason.rule is (rules.ACC_19 if days else rules.ACC_13)


def test_day_the_delay_is_cut() -> None:
    """RB-4, ACC-19: a report of 23 February opens on 1 March, when 7 days become 5."""
    report = CARDS.document("pathology", kind="genetic-test", published_at=sydney(2026, 2, 23, 9))
    for at, shown in ((sydney(2026, 2, 28, 23, 59), False), (sydney(2026, 3, 1), True)):
        assert judge(Cards(BOOK.edition_at(at)).view(YOUNG, at=at), report).visible is shown


def test_clinicians_do_not_wait() -> None:
    """ACC-15: delays are for consumers."""
    view = CARDS.view(YOUNG, person="gp", role=Role.DOCTOR, at=NOON)
    report = CARDS.document("pathology", kind="genetic-test", published_at=NOON)
    assert judge(view, report).visible


@pytest.mark.parametrize(
    ("label", "patient", "doctor", "emergency"),
    [
        ("record-code", True, False, True),
        ("document-code", True, False, True),
        ("hidden", False, False, False),
    ],
)
def test_codes(label: str, patient: bool, doctor: bool, emergency: bool) -> None:
    """ACC-11: a code hides from providers in silence, but for emergencies; hiding, from all."""
    document = CARDS.document("clinical-documents", labels=frozenset({label}))
    seen: list[bool] = []
    for person, role in (("child", Role.SELF), ("gp", Role.DOCTOR), ("crew", Role.CREW)):
        view = CARDS.view(ADULT, person=person, role=role, at=NOON)
        seen.append(judge(view, document).visible)
        assert withheld(view, [document]) == 0
    assert seen == [patient, doctor, emergency]
    assert judge(CARDS.view(YOUNG, at=NOON), document).visible is patient


def test_personal_health_notes() -> None:
    """ACC-12: notes are for the patient and the parents, in an emergency, too."""
    note = CARDS.document("personal-health-notes")
    assert judge(CARDS.view(YOUNG, at=NOON), note).visible
    for role in (Role.DOCTOR, Role.CREW):
        view = CARDS.view(YOUNG, person="staff", role=role, at=NOON)
        assert judge(view, note).reason.rule is rules.ACC_12


def test_emergency_lasts_five_days() -> None:
    """EMG-2: emergency access ends after 5 days, and a doctor has to ask nobody for it."""
    crew = Viewer(person=PersonId("crew"), role=Role.CREW, organisation="ambulance")
    stated = Stated(cause=Cause.UNCONSCIOUS, reason="unconscious", shift="shift-1")
    id_ = GlassId("1")
    broken = break_glass(crew, YOUNG.patient, id=id_, stated=stated, at=NOON, edition=CARDS.edition)
    assert broken.until == NOON + 5 * DAY
    doctor = Viewer(person=PersonId("gp"), role=Role.DOCTOR)
    with pytest.raises(RuleBroken):
        break_glass(doctor, YOUNG.patient, id=id_, stated=stated, at=NOON, edition=CARDS.edition)


def test_parents_manage_and_the_nominated_look() -> None:
    """ACC-12: a parent acts as if the record were the own; a nominated representative views."""
    invited = Nomination(giver=CHILD, receiver=MOTHER, since=dt.date(2026, 1, 1))
    nominated = CARDS.view(
        facts_of(dt.date(1990, 1, 1), nominations=(invited,)), role=Role.REPRESENTATIVE, at=NOON
    )
    assert {one.may for one in CARDS.view(YOUNG, at=NOON).allowances} == {May.ACT}
    assert {one.may for one in nominated.allowances} == {May.VIEW}


# Everything that anybody may be asked for, so that only what is under test can be missing.
EVERYTHING: dict[str, Any] = {
    "nominations": (Nomination(giver=CHILD, receiver=PersonId("aunt"), since=dt.date(2020, 1, 1)),),
}
WAYS = [
    ("mother", Role.GUARDIAN, dt.date(2020, 1, 1), May.ACT),
    ("child", Role.SELF, dt.date(1990, 1, 1), May.ACT),
    ("aunt", Role.REPRESENTATIVE, dt.date(1990, 1, 1), May.VIEW),
]


@pytest.mark.parametrize(("person", "role", "born", "may"), WAYS)
def test_each_way_opens_on_its_day(person: str, role: Role, born: dt.date, may: May) -> None:
    """ACC-1, ACC-12: each way in opens on its first day, and lets do what it says."""
    facts = facts_of(born, **EVERYTHING)
    first = sydney(2026, 1, 1)
    before = first - dt.timedelta(minutes=1)
    assert refusal(facts, before, person=person, role=role) is rules.ACC_1
    view = CARDS.view(facts, person=person, role=role, at=first)
    assert {one.may for one in view.allowances} == {may}
    closed = {"personal-health-notes"} if role is Role.REPRESENTATIVE else set[str]()
    assert set(view.closed) == closed


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
    plain = CARDS.document("clinical-documents")
    assert judge(view, plain).visible
    labelled = attrs.evolve(plain, labels=frozenset({"sealed"}))
    assert judge(view, labelled).reason.rule is rules.ACC_11


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CREW])
def test_staff(role: Role) -> None:
    """ACC-6, ACC-7: an order about who may know bars no staff; death closes the record to them."""
    order = Restriction(
        ward=CHILD, person=None, since=dt.date(2010, 1, 1), authority="court", reason="order"
    )
    facts = attrs.evolve(ADULT, restrictions=(order,))
    view = CARDS.view(facts, person="staff", role=role, at=NOON)
    assert {one.may for one in view.allowances} == {May.VIEW}
    dead = attrs.evolve(facts, person=attrs.evolve(facts.person, died=NOON.date()))
    assert refusal(dead, NOON, person="staff", role=role) is rules.ACC_7
