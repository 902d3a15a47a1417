"""The number of the pension account."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import Snils, parse_snils

DATA = Path(__file__).parents[2] / "data" / "people" / "papers.json"
ROWS: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text(encoding="utf-8"))["snils"]

accounts = st.integers(1, 999_999_999).map("{:09}".format)


def control(account: str) -> str:
    total = sum((9 - place) * int(digit) for place, digit in enumerate(account))
    remainder = total % 101
    return "00" if remainder == 100 else f"{remainder:02}"


def rules_against(text: str) -> list[str]:
    with pytest.raises(Malformed) as caught:
        parse_snils(text)
    return [fault.rule.id for fault in caught.value.faults if fault.rule]


@pytest.mark.parametrize("row", ROWS["valid"], ids=lambda row: row["because"])
def test_a_snils_is_known_by_its_eleven_digits(row: dict[str, Any]) -> None:
    """ID-6: the control number is the remainder by 101, of which 100 is written 00."""
    assert parse_snils(row["typed"]).canonical == row["canonical"]


@pytest.mark.parametrize("row", ROWS["invalid"], ids=lambda row: row["but"])
def test_a_snils_that_is_none_is_refused(row: dict[str, Any]) -> None:
    """ID-6: a false length and a false control number are one rule."""
    assert rules_against(row["typed"]) == row["rules"]


@given(account=accounts)
def test_any_account_with_its_control_number_passes(account: str) -> None:
    """ID-6: also below the limit, where it is not looked at."""
    assert parse_snils(account + control(account)) == Snils(account + control(account))


@given(account=accounts.filter(lambda text: text > "001001998"), off=st.integers(1, 99))
def test_any_other_control_number_is_refused(account: str, off: int) -> None:
    """ID-6: one number of the hundred passes."""
    other = (int(control(account)) + off) % 100

    assert rules_against(f"{account}{other:02}") == ["ID-6"]


@pytest.mark.parametrize(
    ("account", "checked"),
    [("001-001-997", False), ("001-001-998", False), ("001-001-999", True)],
)
def test_the_control_number_is_checked_above_001_001_998(account: str, checked: bool) -> None:
    """ID-6: up to and with that account it says nothing."""
    if checked:
        assert rules_against(f"{account} 99") == ["ID-6"]
    else:
        assert parse_snils(f"{account} 99").canonical.endswith("99")


def test_the_snils_of_zeros_is_nobodys() -> None:
    """ID-7: though it lies below the checked numbers; the next one passes."""
    assert rules_against("000-000-000 00") == ["ID-7"]
    assert parse_snils("000-000-001 00").canonical == "00000000100"


def test_a_snils_shows_nothing_of_its_number() -> None:
    """PPL-10: not a digit."""
    assert repr(parse_snils("112-233-445 95")) == "Snils()"
