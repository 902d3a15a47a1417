"""The insurance policy, in each of its three forms."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import OldPolicy, Sex, TemporaryCertificate, UnifiedPolicy, parse_oms

DATA = Path(__file__).parents[2] / "data" / "people" / "papers.json"
PAPERS: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(DATA.read_text(encoding="utf-8"))
UNIFIED, TEMPORARY = PAPERS["unified policy"], PAPERS["temporary certificate"]
MARKS = ((1950, 20), (2000, 40), (9999, 0))
DOUBLED = "0246813579"

births = st.dates(dt.date(1, 1, 1))
sexes = st.sampled_from(Sex)
serials = st.from_regex(r"[0-9]{5}", fullmatch=True)
regions = st.from_regex(r"[0-9]{2}", fullmatch=True)


def with_check_digit(digits: str) -> str:
    doubled = "".join(DOUBLED[int(digit)] for digit in digits[::-2])
    return digits + str(-sum(map(int, doubled + digits[-2::-2])) % 10)


def disguised(year: int, month: int, day: int) -> str:
    plain = f"{month:02}{f'{year:04}'[::-1]}{day:02}"
    return "".join(str(9 - int(digit)) for digit in plain)


def unified(region: str, born: dt.date, sex: Sex, serial: str) -> str:
    mark = next(mark for last, mark in MARKS if born.year <= last)
    day = born.day + 50 * (sex is Sex.MALE)
    birth = disguised(born.year, born.month + mark, day)
    return with_check_digit(f"{region}{birth}{serial}")


def rules_against(text: str, series: str | None = None) -> list[str]:
    with pytest.raises(Malformed) as caught:
        parse_oms(text, series)
    return [fault.rule.id for fault in caught.value.faults if fault.rule]


@pytest.mark.parametrize("row", UNIFIED["valid"], ids=lambda row: row["born"])
def test_a_unified_number_tells_region_birth_and_sex(row: dict[str, Any]) -> None:
    """ID-4: eight digits of the number are the birth date and sex in disguise."""
    policy = parse_oms(row["typed"])

    assert isinstance(policy, UnifiedPolicy)
    assert policy.born == dt.date.fromisoformat(row["born"])
    assert (policy.region, policy.sex, policy.serial) == (row["region"], row["sex"], row["serial"])


@given(region=regions, born=births, sex=sexes, serial=serials)
def test_whatever_is_put_into_a_unified_number_is_read_out_of_it(
    region: str, born: dt.date, sex: Sex, serial: str
) -> None:
    """ID-4: of every date, either sex and any region and serial."""
    policy = parse_oms(unified(region, born, sex, serial))

    assert isinstance(policy, UnifiedPolicy)
    assert (policy.region, policy.born, policy.sex, policy.serial) == (region, born, sex, serial)


@pytest.mark.parametrize("paper", [UNIFIED, TEMPORARY], ids=["unified", "temporary"])
def test_a_policy_that_is_none_is_refused(paper: dict[str, list[dict[str, Any]]]) -> None:
    """ID-2: each with the rule that refuses it."""
    for row in paper["invalid"]:
        assert rules_against(row["typed"]) == row["rules"], row["but"]


@pytest.mark.parametrize(
    ("year", "mark", "rules"),
    [
        (1950, 20, []),
        (1950, 40, ["ID-4"]),
        (1951, 20, ["ID-4"]),
        (1951, 40, []),
        (2000, 40, []),
        (2000, 0, ["ID-4"]),
        (2001, 40, ["ID-4"]),
        (2001, 0, []),
        (2001, 60, ["ID-4"]),
        (2001, 80, ["ID-4"]),
        (0, 20, ["ID-4"]),
        (1, 20, []),
        (9999, 0, []),
    ],
)
def test_the_mark_of_the_month_is_that_of_the_era(year: int, mark: int, rules: list[str]) -> None:
    """ID-4: the eras change after 1950 and after 2000."""
    number = with_check_digit(f"77{disguised(year, 1 + mark, 14)}00001")

    if rules:
        assert rules_against(number) == rules
    else:
        assert parse_oms(number).canonical == number


@pytest.mark.parametrize(
    ("month", "day"),
    [(0, 14), (13, 14), (20, 14), (1, 0), (1, 32), (1, 50), (1, 51 + 31), (2, 29), (4, 31)],
)
def test_a_birth_date_that_does_not_exist_is_refused(month: int, day: int) -> None:
    """ID-4: neither a month nor a day off the calendar of 2001 passes."""
    assert rules_against(with_check_digit(f"77{disguised(2001, month, day)}00001")) == ["ID-4"]


def test_a_unified_number_may_be_wrong_twice() -> None:
    """ID-3: a false check digit does not hide a false date."""
    number = with_check_digit(f"77{disguised(2001, 13, 14)}00001")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)

    assert rules_against(wrong) == ["ID-3", "ID-4"]


@given(born=births, sex=sexes, serial=serials, place=st.integers(0, 15), change=st.integers(1, 9))
def test_one_mistyped_digit_of_a_unified_number_is_noticed(
    born: dt.date, sex: Sex, serial: str, place: int, change: int
) -> None:
    """ID-3: wherever the digit stands and whatever is typed for it."""
    number = unified("77", born, sex, serial)
    mistyped = str((int(number[place]) + change) % 10)

    assert "ID-3" in rules_against(number[:place] + mistyped + number[place + 1 :])


@pytest.mark.parametrize("row", TEMPORARY["valid"], ids=lambda row: row["typed"])
def test_nine_digits_are_a_temporary_certificate(row: dict[str, Any]) -> None:
    """ID-2: eight are too few, ten too many."""
    assert parse_oms(row["typed"]) == TemporaryCertificate(row["typed"])


@pytest.mark.parametrize(
    ("text", "series"),
    [("770000 1234567", None), ("1234567", "770000"), ("123 4567", " 77-00-00 ")],
)
def test_a_policy_with_a_series_is_of_the_old_form(text: str, series: str | None) -> None:
    """ID-2: the series stands in front of the number or in a field of its own."""
    assert parse_oms(text, series) == OldPolicy(series="770000", number="1234567")


def test_an_old_policy_is_known_by_series_and_number_in_capitals() -> None:
    """ID-2: letters of either alphabet are allowed, their case does not matter."""
    assert parse_oms("аб12 cd34").canonical == "АБ12 CD34"


@pytest.mark.parametrize("series", [None, "", "  ", "-"])
@pytest.mark.parametrize("typed", ["7778490835999911", "7778 4908 3599 9911", "7778-4908-35999911"])
def test_a_unified_number_has_no_series_and_any_spacing(typed: str, series: str | None) -> None:
    """ID-2: an empty field for the series is none."""
    assert parse_oms(typed, series) == UnifiedPolicy("7778490835999911")


def test_a_series_before_a_unified_number_is_refused() -> None:
    """ID-2: or the series would let a number pass unchecked."""
    assert rules_against("7778490835999911", "77") == ["ID-2"]
    assert rules_against("7778490835999912", "77") == ["ID-2"]


@pytest.mark.parametrize(
    ("text", "series", "where"),
    [
        ("12/34", "77", ["oms.number"]),
        ("1234", "7/7", ["oms.series"]),
        ("12/34", "7/7", ["oms.series", "oms.number"]),
        ("", "77", ["oms.number"]),
        ("", None, ["oms.number"]),
        ("１２３４５６７８９", None, ["oms.number"]),
        ("\u0661" * 16, None, ["oms.number"]),
    ],
)
def test_each_fault_of_a_policy_names_its_field(
    text: str, series: str | None, where: list[str]
) -> None:
    """ID-2: digits are 0 to 9 of ASCII, and letters Latin or Russian."""
    with pytest.raises(Malformed) as caught:
        parse_oms(text, series)

    assert [fault.where for fault in caught.value.faults] == where


def test_the_canonical_texts_of_the_forms_do_not_meet() -> None:
    """ID-2: nine digits, sixteen digits, and two words with a space between."""
    texts = [parse_oms(text).canonical for text in ["012345678", "7778490835999911", "01 2345678"]]

    assert texts == ["012345678", "7778490835999911", "01 2345678"]


@pytest.mark.parametrize("typed", ["7778490835999911", "012345678", "770000 1234567"])
def test_a_policy_shows_nothing_of_its_number(typed: str) -> None:
    """PPL-10: nor of the series or the birth date."""
    policy = parse_oms(typed)

    assert repr(policy) == f"{type(policy).__name__}()"
    assert str(policy) == repr(policy)


@pytest.mark.parametrize(
    "make",
    [
        lambda: UnifiedPolicy("7778490835999912"),
        lambda: TemporaryCertificate("12345678"),
        lambda: OldPolicy(series="", number="1234567"),
    ],
)
def test_a_policy_cannot_be_made_of_what_is_none(make: Any) -> None:
    """ID-2: whoever holds a policy holds one that passed."""
    with pytest.raises(Malformed):
        make()
