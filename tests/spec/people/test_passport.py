"""The passport."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import Passport, parse_passport

DATA = Path(__file__).parents[2] / "data" / "people" / "papers.json"
ROWS: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text(encoding="utf-8"))["passport"]
UNLISTED = ["02", "06", "09", "13", "16", "31", "39", "48", "51", "59", "62", "72"]


def faults_of(text: str, year: int = 2020) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        parse_passport(text, year=year)
    return [(fault.where, fault.rule.id) for fault in caught.value.faults if fault.rule]


@pytest.mark.parametrize("row", ROWS["valid"], ids=lambda row: row["typed"])
def test_a_passport_is_known_by_its_ten_digits(row: dict[str, Any]) -> None:
    """ID-8: however they are spaced."""
    passport = parse_passport(row["typed"], year=2020)

    assert passport.canonical == row["canonical"]
    assert passport == Passport(series=row["canonical"][:4], number=row["canonical"][4:])


@pytest.mark.parametrize("row", ROWS["invalid"], ids=lambda row: row["but"])
def test_a_passport_that_is_none_is_refused(row: dict[str, Any]) -> None:
    """ID-8: more or fewer than ten digits, or a letter among them."""
    assert faults_of(row["typed"]) == [("passport", rule) for rule in row["rules"]]


@given(region=st.integers(1, 99), made=st.integers(1997, 2021), number=st.integers(101, 999_999))
def test_any_region_year_and_number_in_the_limits_is_a_passport(
    region: int, made: int, number: int
) -> None:
    """ID-8: series and number are read back as they were typed."""
    passport = parse_passport(f"{region:02} {made % 100:02} {number:06}", year=2020)

    assert passport.series == f"{region:02}{made % 100:02}"
    assert passport.number == f"{number:06}"


def test_the_lowest_number_is_101() -> None:
    """ID-8: 100 is refused, 101 and 102 pass."""
    assert faults_of("45 04 000100") == [("passport.number", "ID-8")]
    assert parse_passport("45 04 000101", year=2020).number == "000101"
    assert parse_passport("45 04 000102", year=2020).number == "000102"


@pytest.mark.parametrize(
    ("made", "year", "known"),
    [
        ("96", 2020, False),
        ("97", 2020, True),
        ("98", 2020, True),
        ("99", 2020, True),
        ("00", 2020, True),
        ("20", 2020, True),
        ("21", 2020, True),
        ("22", 2020, False),
        ("22", 2021, True),
        ("97", 1997, True),
        ("98", 1997, True),
        ("99", 1997, False),
        ("00", 1999, True),
        ("00", 1998, False),
    ],
)
def test_a_blank_was_made_between_1997_and_next_year(made: str, year: int, known: bool) -> None:
    """ID-9: the year is told, never read from a clock."""
    if known:
        assert parse_passport(f"45 {made} 123456", year=year).series == f"45{made}"
    else:
        assert faults_of(f"45 {made} 123456", year) == [("passport.series", "ID-9")]


def test_no_region_is_00() -> None:
    """ID-10: 00 is refused, 01 is the first region."""
    assert faults_of("00 04 123456") == [("passport.series", "ID-10")]
    assert not parse_passport("01 04 123456", year=2020).warnings


@pytest.mark.parametrize("region", UNLISTED)
def test_a_region_outside_okato_is_warned_about(region: str) -> None:
    """ID-10: the passport passes, and says what an operator should look at."""
    (warning,) = parse_passport(f"{region} 04 123456", year=2020).warnings

    assert (warning.where, warning.rule and warning.rule.id) == ("passport.series", "ID-10")


@given(region=st.integers(1, 99).map("{:02}".format).filter(lambda code: code not in UNLISTED))
def test_a_region_of_okato_is_not_warned_about(region: str) -> None:
    """ID-10: Moscow's 45 and all the others."""
    assert parse_passport(f"{region} 04 123456", year=2020).warnings == ()


def test_all_faults_of_a_passport_are_told() -> None:
    """ID-8: region, year and number may be wrong together."""
    assert faults_of("00 96 000100") == [
        ("passport.series", "ID-10"),
        ("passport.number", "ID-8"),
        ("passport.series", "ID-9"),
    ]


@pytest.mark.parametrize(
    ("series", "number"), [("450", "123456"), ("4504", "12345"), ("0004", "123456")]
)
def test_a_passport_cannot_be_made_of_what_is_none(series: str, number: str) -> None:
    """ID-8: whoever holds a passport holds one that passed."""
    with pytest.raises(Malformed):
        Passport(series=series, number=number)


def test_a_passport_shows_nothing_of_its_number() -> None:
    """PPL-10: nor does a warning about it."""
    passport = parse_passport("72 04 123456", year=2020)

    assert repr(passport) == "Passport()"
    assert "72" not in repr(passport.warnings)
