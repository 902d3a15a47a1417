"""Which documents a view shows."""

import datetime as dt
from typing import Any

import pytest

from emrcore import rules
from emrcore.records import Standing, count, judge, verdicts, visible, withheld
from emrcore.rulebook import Role
from emrcore.rules import Rule
from world import Cards, moscow

STARTS = [
    ("exam-protocols", "occurred_on", dt.date(2017, 1, 1)),
    ("lab-results", "signed_on", dt.date(2019, 1, 1)),
    ("radiology", "signed_on", dt.date(2019, 1, 1)),
    ("instrumental", "occurred_on", dt.date(2020, 1, 1)),
    ("discharge-summaries", "signed_on", dt.date(2019, 1, 1)),
]


def hidden_by(cards: Cards, document: object, role: Role = Role.GUARDIAN) -> Rule | None:
    verdict = judge(cards.view(role=role), document)  # type: ignore[arg-type]
    return None if verdict.visible else verdict.reason.rule


@pytest.mark.parametrize(("section", "basis", "start"), STARTS)
def test_start_of_a_section(cards: Cards, section: str, basis: str, start: dt.date) -> None:
    """ACC-10: a document dated on the section's first day is shown, one of the day before not."""
    old = {"occurred_on": dt.date(1990, 1, 1), "signed_on": dt.date(1990, 1, 1)}
    published = moscow(2020, 1, 20)
    day_before = start - dt.timedelta(days=1)
    first = cards.document(section, **(old | {basis: start}), published_at=published)
    early = cards.document(section, **(old | {basis: day_before}), published_at=published)
    assert hidden_by(cards, first) is None
    assert hidden_by(cards, early) is rules.ACC_10
    assert judge(cards.view(), early).reason.constant == start
    assert hidden_by(cards, early, Role.DOCTOR) is None


def test_visit_signed_in_the_new_year(cards: Cards) -> None:
    """ACC-10: a visit of 31 December 2016 stays hidden though it was signed in 2017."""
    visit = cards.document(
        "exam-protocols", occurred_on=dt.date(2016, 12, 31), signed_on=dt.date(2017, 1, 2)
    )
    assert hidden_by(cards, visit) is rules.ACC_10


def test_sample_of_the_old_year(cards: Cards) -> None:
    """ACC-10: a sample of 29 December 2018 with a result of 3 January 2019 is shown."""
    result = cards.document(occurred_on=dt.date(2018, 12, 29), signed_on=dt.date(2019, 1, 3))
    assert hidden_by(cards, result) is None


def test_stay_over_new_year(cards: Cards) -> None:
    """ACC-10: a hospital stay counts by its discharge."""
    stay = cards.document(
        "discharge-summaries", occurred_on=dt.date(2018, 12, 28), signed_on=dt.date(2019, 1, 5)
    )
    assert hidden_by(cards, stay) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"section": "palm-reading"},
        {"section": "radiology", "kind": "x-ray"},
        {"labels": frozenset({"withheld"})},
        {"signed_on": None},
    ],
)
def test_unknown_is_hidden(cards: Cards, changes: dict[str, Any]) -> None:
    """ACC-11: an unknown section, kind or label and a missing date are hidden."""
    assert hidden_by(cards, cards.document(**changes)) is rules.ACC_11


@pytest.mark.parametrize("kind", [None, "ct", "mri", "mammography", "fluorography"])
def test_known_kinds(cards: Cards, kind: str | None) -> None:
    """ACC-11: the four kinds of radiology are shown, and one whose kind is not in question."""
    assert hidden_by(cards, cards.document("radiology", kind=kind)) is None


def test_announced_section(cards: Cards) -> None:
    """ACC-9: a prescription stays hidden from the patient while its section is only announced."""
    assert hidden_by(cards, cards.document("prescriptions")) is rules.ACC_9
    assert hidden_by(cards, cards.document("prescriptions"), Role.DOCTOR) is None


def test_not_for_this_viewer(cards: Cards) -> None:
    """ACC-12: an ambulance crew is not shown referrals."""
    assert hidden_by(cards, cards.document("referrals"), Role.CREW) is rules.ACC_12


def test_publication(cards: Cards) -> None:
    """ACC-13: a document is shown at the moment of its publication and not before."""
    now = moscow(2020, 2, 3, 12)
    early = cards.document(published_at=now + dt.timedelta(microseconds=1))
    assert hidden_by(cards, cards.document(published_at=now)) is None
    assert hidden_by(cards, early) is rules.ACC_13
    assert hidden_by(cards, early, Role.DOCTOR) is rules.ACC_13


def test_other_cards(cards: Cards) -> None:
    """ACC-2: a document of another card is never shown, whatever the view."""
    stray = cards.document(patient="other")
    assert hidden_by(cards, stray) is rules.ACC_2


def test_counts_are_of_visible_documents(cards: Cards) -> None:
    """REC-1: a hidden document is in no count."""
    documents = [
        cards.document(),
        cards.document(signed_on=dt.date(2018, 12, 31)),
        cards.document("radiology"),
        cards.document("prescriptions"),
    ]
    assert count(cards.view(), documents) == {"lab-results": 1, "radiology": 1}
    assert len(visible(cards.view(), documents)) == 2
    assert count(cards.view(at=moscow(2020, 1, 1)), documents) == {}


@pytest.mark.parametrize("role", [Role.SELF, Role.GUARDIAN, Role.DOCTOR, Role.CREW])
def test_many_are_judged_like_one(cards: Cards, role: Role) -> None:
    """ACC-14: of each of many documents it is told what is told of it alone."""
    documents = [
        cards.document(section, **changes)
        for section in (*cards.edition.sections, "palm-reading")
        for changes in (
            {},
            {"patient": "other"},
            {"published_at": moscow(2020, 2, 3, 12, 1)},
            {"signed_on": None, "occurred_on": dt.date(2016, 1, 1)},
            {"kind": "x-ray"},
            {"labels": frozenset({"withheld"})},
        )
    ]
    for view in (cards.view(role=role), cards.view(cards.facts(grants=(), kinships=()), role=role)):
        told = verdicts(view, documents)
        assert told == [judge(view, one) for one in documents]
        shown = [one for one, verdict in zip(documents, told, strict=True) if verdict.visible]
        assert shown == visible(view, documents)
        assert all((one.may is None) is not one.visible for one in told)


def test_naive_publication_is_refused(cards: Cards) -> None:
    """ACC-13: a document published at no particular moment is refused."""
    with pytest.raises(ValueError, match="aware"):
        cards.document(published_at=dt.datetime(2020, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("standing", Standing)
def test_only_the_current_version_is_shown(cards: Cards, standing: Standing) -> None:
    """REC-4: in no list, count, verdict or number of withheld, and the reason says why."""
    view = cards.view()
    documents = [
        cards.document(standing=standing),
        cards.document(standing=standing, labels=frozenset({"hiv"})),
    ]
    is_current = standing is Standing.CURRENT
    assert visible(view, documents) == (documents[:1] if is_current else [])
    assert count(view, documents) == ({"lab-results": 1} if is_current else {})
    told = verdicts(view, documents)
    assert told == [judge(view, one) for one in documents]
    assert {one.reason.rule for one in told if not is_current} <= {rules.REC_4}
    assert withheld(view, documents) <= is_current
