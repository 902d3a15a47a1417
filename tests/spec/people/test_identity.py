"""The papers of an applicant, read together."""

import datetime as dt
import pickle
from typing import Any

import pytest

from emrcore.errors import Malformed
from emrcore.people import (
    IdentityPapers,
    Mobile,
    OldPolicy,
    Passport,
    Sex,
    Snils,
    UnifiedPolicy,
    parse_identity,
)

FORM: dict[str, Any] = {
    "passport": "45 04 123456",
    "oms": "7758840848999932",
    "mobile": "8 (916) 123-45-67",
    "snils": "112-233-445 95",
    "born": dt.date(1951, 1, 1),
    "sex": Sex.MALE,
    "year": 2020,
}


def filled(**changed: Any) -> IdentityPapers:
    return parse_identity(**(FORM | changed))


def faults_of(**changed: Any) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        filled(**changed)
    assert caught.value.subject == "identity"
    return [(fault.where, fault.rule.id) for fault in caught.value.faults if fault.rule]


def test_a_form_without_a_fault_gives_the_papers() -> None:
    """ID-14: four papers, each a value."""
    assert filled() == IdentityPapers(
        passport=Passport(series="4504", number="123456"),
        policy=UnifiedPolicy("7758840848999932"),
        mobile=Mobile("+79161234567"),
        snils=Snils("11223344595"),
    )


def test_the_snils_may_be_left_out() -> None:
    """ID-14: the announcement does not ask for it; but an empty field is a fault."""
    assert filled(snils=None).snils is None
    assert faults_of(snils="") == [("snils", "ID-6")]


def test_every_fault_of_every_paper_is_told_at_once() -> None:
    """ID-14: in the order of the form."""
    wrong = {
        "passport": "00 96 000100",
        "oms": "12/34",
        "oms_series": "7/7",
        "mobile": "495 123 45 67",
        "snils": "000-000-000 00",
    }

    assert faults_of(**wrong) == [
        ("passport.series", "ID-10"),
        ("passport.number", "ID-8"),
        ("passport.series", "ID-9"),
        ("oms.series", "ID-2"),
        ("oms.number", "ID-2"),
        ("mobile", "ID-13"),
        ("snils", "ID-7"),
    ]


@pytest.mark.parametrize("field", ["passport", "oms", "oms_series", "mobile", "snils"])
def test_one_unreadable_field_does_not_hide_the_others(field: str) -> None:
    """ID-14: a field that is no text is a fault like any other."""
    wrong: dict[str, Any] = {"passport": "4504", "mobile": "1", "snils": "2"} | {field: 7}

    assert len(faults_of(**wrong)) == len({"passport", "mobile", "snils"} | {field})


@pytest.mark.parametrize(
    ("born", "sex", "rules"),
    [
        (dt.date(1951, 1, 1), Sex.MALE, []),
        (dt.date(1951, 1, 1), None, []),
        (dt.date(1951, 1, 2), Sex.MALE, ["ID-5"]),
        (dt.date(1950, 12, 31), None, ["ID-5"]),
        (dt.date(1951, 1, 1), Sex.FEMALE, ["ID-5"]),
        (dt.date(1951, 1, 2), Sex.FEMALE, ["ID-5", "ID-5"]),
    ],
)
def test_a_unified_number_is_the_applicants_own(
    born: dt.date, sex: Sex | None, rules: list[str]
) -> None:
    """ID-5: its birth date and its sex are compared, an unknown sex is not."""
    if rules:
        assert faults_of(born=born, sex=sex) == [("oms.number", rule) for rule in rules]
    else:
        assert filled(born=born, sex=sex).policy == UnifiedPolicy(FORM["oms"])


def test_anothers_policy_is_told_along_with_the_other_faults() -> None:
    """ID-5: between the faults of the passport and of the mobile."""
    assert faults_of(passport="4504", born=dt.date(1951, 1, 2), mobile="1") == [
        ("passport", "ID-8"),
        ("oms.number", "ID-5"),
        ("mobile", "ID-13"),
    ]


def test_an_old_policy_tells_nothing_to_compare() -> None:
    """ID-5: only a unified number holds a birth date."""
    papers = filled(oms="1234567", oms_series="770000", born=dt.date(1980, 5, 5))

    assert papers.policy == OldPolicy(series="770000", number="1234567")


def test_the_applicant_is_born_on_a_day() -> None:
    """PPL-4: a moment is the host's mistake, not a fault of the form."""
    with pytest.raises(TypeError, match="PPL-4"):
        filled(born=dt.datetime(1951, 1, 1, tzinfo=dt.UTC))


def test_the_papers_are_not_shown() -> None:
    """PPL-10: not a digit of any."""
    assert not any(digit in repr(filled()) for digit in "0123456789")


def test_the_faults_survive_pickling() -> None:
    """ID-14: an error crosses to another process with every fault in it."""
    with pytest.raises(Malformed) as caught:
        filled(passport="4504", mobile="1")

    assert pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults  # noqa: S301
