"""The mobile number."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import Mobile, parse_mobile

DATA = Path(__file__).parents[2] / "data" / "people" / "papers.json"
ROWS: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text(encoding="utf-8"))["mobile"]


@pytest.mark.parametrize("row", ROWS["valid"], ids=lambda row: row["typed"])
def test_a_mobile_number_is_known_by_its_international_form(row: dict[str, Any]) -> None:
    """ID-13: however it is spaced, and whether it begins with +7, 7, 8 or the 9."""
    assert parse_mobile(row["typed"]).e164 == row["canonical"]
    assert parse_mobile(row["typed"]).canonical == row["canonical"]


@given(rest=st.from_regex(r"[0-9]{9}", fullmatch=True), begin=st.sampled_from(["+7", "7", "8", ""]))
def test_any_nine_digits_after_the_9_are_a_mobile_number(rest: str, begin: str) -> None:
    """ID-13: the four beginnings are one number."""
    assert parse_mobile(f"{begin}9{rest}") == Mobile(f"+79{rest}")


@pytest.mark.parametrize(
    "typed",
    [row["typed"] for row in ROWS["invalid"]]
    + [
        "+7 916 123 45 678",
        "+8 916 123 45 67",
        "+7 495 123 45 67",
        "+1 916 123 45 67",
        "++79161234567",
        "8 (916) 123-45-6O",
        "８9161234567",
        "",
    ],
)
def test_what_no_message_can_be_sent_to_is_refused(typed: str) -> None:
    """ID-13: a digit more or less, a landline, another country, an extension."""
    with pytest.raises(Malformed) as caught:
        parse_mobile(typed)

    (fault,) = caught.value.faults
    assert (fault.where, fault.rule and fault.rule.id) == ("mobile", "ID-13")


def test_a_mobile_number_cannot_be_made_of_what_is_none() -> None:
    """ID-13: the value takes the international form only."""
    with pytest.raises(Malformed):
        Mobile("89161234567")


def test_a_mobile_number_is_not_shown() -> None:
    """PPL-10: not a digit."""
    assert repr(parse_mobile("+79161234567")) == "Mobile()"
