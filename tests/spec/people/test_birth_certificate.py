"""The certificate of birth."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import BirthCertificate, parse_birth_certificate

DATA = Path(__file__).parents[2] / "data" / "people" / "papers.json"
PAPERS: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
ROWS: dict[str, list[dict[str, Any]]] = PAPERS["birth certificate"]
TENS = ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"]
ONES = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
KEYBOARD = str.maketrans("IVXLC", "1УХЛС")

romans = st.integers(1, 399).map(lambda n: "C" * (n // 100) + TENS[n // 10 % 10] + ONES[n % 10])
letters = st.text("АБВГДЕЁЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯ", min_size=2, max_size=2)
numbers = st.from_regex(r"[0-9]{6}", fullmatch=True)


def where_wrong(text: str) -> list[str]:
    with pytest.raises(Malformed) as caught:
        parse_birth_certificate(text)
    assert {fault.rule and fault.rule.id for fault in caught.value.faults} == {"ID-11"}
    return [fault.where for fault in caught.value.faults]


@pytest.mark.parametrize("row", ROWS["valid"], ids=lambda row: row["typed"])
def test_a_certificate_is_known_by_series_and_number(row: dict[str, Any]) -> None:
    """ID-11: a Roman number, a hyphen, two letters, six digits."""
    assert parse_birth_certificate(row["typed"]).canonical == row["canonical"]


@pytest.mark.parametrize("row", ROWS["invalid"], ids=lambda row: row["but"])
def test_a_certificate_that_is_none_is_refused(row: dict[str, Any]) -> None:
    """ID-11: each of these is wrong in the series."""
    assert where_wrong(row["typed"]) == ["birth_certificate.series"]


@given(roman=romans, pair=letters, number=numbers)
def test_every_roman_number_is_read_from_either_keyboard(
    roman: str, pair: str, number: str
) -> None:
    """ID-12: typed with 1, У, Х, Л, С, in small letters and with any space or dash between."""
    meant = BirthCertificate(series=f"{roman}-{pair}", number=number)
    typed = f" {roman.translate(KEYBOARD).lower()} \u2013 {pair.lower()}  {number}"

    assert parse_birth_certificate(f"{roman}-{pair} {number}") == meant
    assert parse_birth_certificate(typed) == meant


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ("I-МЮ 12345", ["birth_certificate.number"]),
        ("I-МЮ 1234567", ["birth_certificate.number"]),
        ("A-М 12345", ["birth_certificate.series"] * 2 + ["birth_certificate.number"]),
        ("CCCC-МЮ 123456", ["birth_certificate.series"]),
        ("I-МЮ", ["birth_certificate"]),
        ("IМЮ 123456", ["birth_certificate"]),
        ("I-МЮ 123 456", ["birth_certificate"]),
        ("", ["birth_certificate"]),
    ],
)
def test_each_fault_of_a_certificate_names_its_field(typed: str, where: list[str]) -> None:
    """ID-11: three parts are needed before any of them can be told wrong."""
    assert where_wrong(typed) == where


@pytest.mark.parametrize(
    ("series", "number"), [("-МЮ", "123456"), ("I МЮ", "123456"), ("I-МЮ", "123")]
)
def test_a_certificate_cannot_be_made_of_what_is_none(series: str, number: str) -> None:
    """ID-11: whoever holds a certificate holds one that passed."""
    with pytest.raises(Malformed):
        BirthCertificate(series=series, number=number)


def test_a_certificate_shows_nothing_of_its_number() -> None:
    """PPL-10: nor of its series."""
    assert repr(parse_birth_certificate("II-МЮ 654321")) == "BirthCertificate()"
