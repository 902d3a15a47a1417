"""What is typed: any field of any paper may hold anything."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import (
    parse_birth_certificate,
    parse_mobile,
    parse_oms,
    parse_passport,
    parse_snils,
)

PARSERS: dict[str, Callable[[Any], Any]] = {
    "birth_certificate": parse_birth_certificate,
    "mobile": parse_mobile,
    "oms.number": parse_oms,
    "oms.series": lambda typed: parse_oms("1234567", typed),
    "passport": lambda typed: parse_passport(typed, year=2020),
    "snils": parse_snils,
}
fields = st.sampled_from(sorted(PARSERS))
ALPHABET = "0123456789 -+()IVXLC17УХЛСМЮабё\u0661\u00b2\u2013\u00a0\u0308\x00\ud800ßﬁ"
PAPERS = ["1х мю 123456", "8 (916) 123-45-67", "012345678", "аб-12 34", "4504123456", "11223344595"]

junk = st.text() | st.text(ALPHABET, max_size=70)


@pytest.mark.parametrize("where", PARSERS)
@pytest.mark.parametrize(
    "typed",
    [
        45_04_123456,
        b"4504123456",
        ["4504123456"],
        "4504\x00123456",
        "4504123456\ud83d",
        "4" * 65,
        " " * 65,
        "4" * 10_000_000,
    ],
    ids=lambda typed: f"{type(typed).__name__} {str(typed)[:6]!a}",
)
def test_what_cannot_be_read_is_one_fault(where: str, typed: object) -> None:
    """ID-1: no text, a text too long, one with NUL or half a character: refused unread."""
    with pytest.raises(Malformed) as caught:
        PARSERS[where](typed)

    (fault,) = caught.value.faults
    assert (fault.where, fault.rule and fault.rule.id) == (where, "ID-1")


@pytest.mark.parametrize("spaces", [53, 54, 55])
def test_64_characters_are_read_and_65_are_not(spaces: int) -> None:
    """ID-1: spaces count, since they are counted before anything is read."""
    typed = "4504123456" + " " * spaces

    if len(typed) <= 64:
        assert parse_passport(typed, year=2020).canonical == "4504123456"
    else:
        with pytest.raises(Malformed, match="ID-1"):
            parse_passport(typed, year=2020)


def outcome(where: str, typed: str) -> Any:
    """The paper, or why it is refused."""
    try:
        return PARSERS[where](typed)
    except Malformed as malformed:
        return malformed


@given(where=fields, typed=junk)
def test_junk_is_a_paper_or_refused_with_the_rules(where: str, typed: str) -> None:
    """ID-1: nothing that is typed raises anything else."""
    answer = outcome(where, typed)

    if isinstance(answer, Malformed):
        assert answer.faults
        assert all(fault.rule for fault in answer.faults)
    else:
        assert answer.canonical


@given(where=fields, typed=st.sampled_from(PAPERS) | st.text(ALPHABET, max_size=20))
def test_the_canonical_text_of_a_paper_is_read_as_that_paper(where: str, typed: str) -> None:
    """ID-1: so every spelling of a number is found under one blind index."""
    answer = outcome(where, typed)

    if not isinstance(answer, Malformed):
        parse = parse_oms if where == "oms.series" else PARSERS[where]
        assert parse(answer.canonical) == answer


@given(where=fields, typed=st.from_regex(r"[3-9]{7,70}", fullmatch=True))
def test_no_error_quotes_what_was_typed(where: str, typed: str) -> None:
    """PPL-10: neither its text, nor its repr, nor its traceback."""
    answer = outcome(where, typed)
    shown = [str(answer), repr(answer)]
    if isinstance(answer, Malformed):
        shown += traceback.format_exception(answer)

    assert not any(typed in text for text in shown)
