"""Questionnaires, measurements and notes, as they are entered."""

import datetime as dt

import pytest

from emrcore.diary import (
    measures,
    parse_questionnaire,
    read_answers,
    read_measured,
    read_note,
    shipped_questionnaire,
)
from emrcore.errors import Malformed
from world import NOW

LIFE = shipped_questionnaire("life-history")
ANSWERS: dict[str, object] = {"smoking": "never", "operations": False}
TICK = dt.timedelta.resolution


def faults(error: pytest.ExceptionInfo[Malformed]) -> list[str]:
    return [fault.where for fault in error.value.faults]


def test_answers() -> None:
    """OWN-1: answers name the version they were given to; what is not required may be left out."""
    answers = read_answers(LIFE, ANSWERS | {"cigarettes": 200, "illnesses": ["measles", "rubella"]})
    assert (answers.questionnaire, answers.version) == ("life-history", 1)
    assert answers.given == {
        "smoking": ("never",),
        "operations": ("no",),
        "cigarettes": ("200",),
        "illnesses": ("measles", "rubella"),
    }
    assert "never" not in repr(answers)


def test_every_fault_of_the_answers() -> None:
    """OWN-1: every fault at once, and none says what was answered."""
    typed: dict[str, object] = {
        "smoking": "sometimes",
        "cigarettes": 201,
        "allergies": " ",
        "illnesses": ["measles", "measles"],
        "last-visit": "2020-02-30",
        "shoes": 43,
    }
    with pytest.raises(Malformed) as error:
        read_answers(LIFE, typed)
    assert faults(error) == ["answers", *(one.id for one in LIFE.questions)]
    assert not any(str(one) in str(error.value) for one in ("sometimes", "2020-02-30"))


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("cigarettes", -1),
        ("cigarettes", True),
        ("cigarettes", 1.5),
        ("operations", "yes"),
        ("illnesses", "measles"),
        ("illnesses", [["measles"]]),
        ("allergies", "x" * 2001),
        ("allergies", "a\x00b"),
        ("last-visit", 2020),
    ],
)
def test_answers_of_the_wrong_kind(question: str, value: object) -> None:
    """OWN-1: each kind of question has one kind of answer."""
    with pytest.raises(Malformed) as error:
        read_answers(LIFE, ANSWERS | {question: value})
    assert faults(error) == [question]


def test_a_form_is_read_whole_or_not_at_all() -> None:
    """OWN-1: a form with an unknown key, kind or number is refused with every fault."""
    with pytest.raises(Malformed) as error:
        parse_questionnaire(
            """
            id = "x"
            version = "1"
            [[question]]
            id = "a"
            answer = "maybe"
            color = "red"
            [[question]]
            id = "a"
            text = { en = "?" }
            answer = "number"
            options = ["x"]
            """
        )
    assert faults(error) == [
        "form version",
        "question",
        "question 1 color",
        "question 1 text",
        "question 1 answer",
        "question 2 options",
        "question 2 low, high",
        "title",
    ]
    with pytest.raises(Malformed):
        parse_questionnaire("id = ")


def test_kept_as_entered() -> None:
    """OWN-2: 5,4 mmol/L and 97 mg/dL stay what they are; a comma is a point, and both are kept."""
    one = read_measured("glucose", {"value": "5,40"}, unit="mmol/L", at=NOW, now=NOW)
    other = read_measured("glucose", {"value": "97"}, unit="mg/dL", at=NOW, now=NOW)
    assert (one.entered["value"], one.unit, str(one.numbers["value"])) == ("5,40", "mmol/L", "5.40")
    assert (other.entered["value"], other.unit) == ("97", "mg/dL")
    assert "5,40" not in repr(one)


@pytest.mark.parametrize("unit", ["", "mg/dl", "mmol", "mmHg", "kPa"])
def test_a_unit_that_is_not_listed(unit: str) -> None:
    """OWN-2: a unit is a listed UCUM code, case and all; the refusal names those that are."""
    with pytest.raises(Malformed, match="mmol/L, mg/dL"):
        read_measured("glucose", {"value": "97"}, unit=unit, at=NOW, now=NOW)


def test_every_fault_of_a_measurement() -> None:
    """OWN-2, OWN-3: unit, parts, numbers and moment are told together."""
    typed = {"systolic": "120/80", "pulse": "60"}
    late = NOW + TICK
    with pytest.raises(Malformed) as error:
        read_measured("blood-pressure", typed, unit="kPa", at=late, now=NOW)
    assert faults(error) == ["at", "unit", "parts", "systolic"]
    with pytest.raises(Malformed, match="glucose"):
        read_measured("mood", {}, unit="", at=NOW, now=NOW)
    with pytest.raises(ValueError, match="aware"):
        read_measured("pulse", {}, unit="/min", at=NOW.replace(tzinfo=None), now=NOW)


@pytest.mark.parametrize(
    ("measure", "unit"),
    [(one.name, unit) for one in measures().values() for unit in one.units],
)
def test_bounds(measure: str, unit: str) -> None:
    """OWN-3: at either bound a value is taken, and just beyond it refused."""
    known = measures()[measure]
    bounds, part = known.units[unit], known.parts[0]
    rest = dict.fromkeys(known.parts[1:], "20")
    low = bounds.low + (1 if rest else 0)
    for number in (low, bounds.high):
        read_measured(measure, {part: str(number), **rest}, unit=unit, at=NOW, now=NOW)
    step = (bounds.high * 0 + 1) / 1000
    for number in (bounds.low - step, bounds.high + step):
        with pytest.raises(Malformed) as error:
            read_measured(measure, {part: f"{number:.3f}", **rest}, unit=unit, at=NOW, now=NOW)
        assert faults(error)[0] == part
    assert bounds.source


def test_systolic_is_above_diastolic() -> None:
    """OWN-3: values that were entered the wrong way round are refused."""
    read_measured(
        "blood-pressure", {"systolic": "81", "diastolic": "80"}, unit="mm[Hg]", at=NOW, now=NOW
    )
    for systolic in ("80", "79"):
        with pytest.raises(Malformed, match="above diastolic"):
            read_measured(
                "blood-pressure",
                {"systolic": systolic, "diastolic": "80"},
                unit="mm[Hg]",
                at=NOW,
                now=NOW,
            )


def test_notes() -> None:
    """OWN-1: a note is text of 1 to 2000 characters, about a moment that has been."""
    assert read_note(" x ", at=NOW, now=NOW).text == "x"
    assert len(read_note("x" * 2000, at=NOW, now=NOW).text) == 2000
    for typed in ("", "x" * 2001, 7):
        with pytest.raises(Malformed) as error:
            read_note(typed, at=NOW + TICK, now=NOW)
        assert faults(error) == ["text", "at"]
