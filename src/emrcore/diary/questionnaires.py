"""Questionnaires as data, and reading the answers to one.

A form has an id and a version. What was asked is never changed: other questions make another
version, and answers name theirs.
"""

import datetime as dt
import enum
import functools
import importlib.resources
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed

LONGEST = 2000
"""The longest text that answers a question, in characters."""


class AnswerKind(enum.StrEnum):
    """What answers a question: ``many`` by a list of options, ``day`` by an ISO date."""

    YES_NO = "yes-no"
    ONE = "one"
    MANY = "many"
    NUMBER = "number"
    DAY = "day"
    TEXT = "text"


@attrs.frozen(kw_only=True)
class FormQuestion:
    """One question; a number is whole, and within ``low`` and ``high``, both included."""

    id: str
    text: Mapping[str, str]
    answer: AnswerKind
    options: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    required: bool = False


@attrs.frozen(kw_only=True)
class Questionnaire:
    """What is asked, in one version."""

    id: str
    version: int
    title: Mapping[str, str]
    questions: tuple[FormQuestion, ...]


@attrs.frozen(kw_only=True)
class Answers:
    """What was answered, by question: each answer as one text or, of many options, several."""

    questionnaire: str
    version: int
    given: Mapping[str, tuple[str, ...]] = attrs.field(repr=False)


_FORM = {"id": str, "version": int, "title": dict, "question": list}
_QUESTION = {
    "id": str,
    "text": dict,
    "answer": str,
    "options": list,
    "low": int,
    "high": int,
    "required": bool,
}


def parse_questionnaire(text: str) -> Questionnaire:
    """The form in *text*, which is TOML.

    Raises:
        Malformed: OWN-1, with every fault.
    """
    try:
        form = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed("questionnaire", (Fault("file", "is no TOML", rules.OWN_1),)) from error
    faults = list(_unknown(form, _FORM, "form"))
    asked = cast("list[object]", form.get("question", []))
    tables = [cast("dict[str, Any]", one) for one in asked if isinstance(one, dict)]
    ids = [str(one.get("id")) for one in tables]
    if not tables or len(tables) != len(asked) or len(set(ids)) != len(ids):
        faults.append(Fault("question", "must be tables, each with an id of its own", rules.OWN_1))
    for number, one in enumerate(tables, 1):
        faults += _question_faults(one, f"question {number}")
    faults += [
        Fault(key, "is missing", rules.OWN_1)
        for key in ("id", "version", "title")
        if key not in form
    ]
    if faults:
        raise Malformed("questionnaire", tuple(faults))
    return Questionnaire(
        id=form["id"],
        version=form["version"],
        title=form["title"],
        questions=tuple(_question(one) for one in tables),
    )


def _question(one: Mapping[str, Any]) -> FormQuestion:
    return FormQuestion(
        id=one["id"],
        text=one["text"],
        answer=AnswerKind(one["answer"]),
        options=tuple(one.get("options", ())),
        low=one.get("low", 0),
        high=one.get("high", 0),
        required=one.get("required", False),
    )


def _unknown(table: Mapping[str, object], known: Mapping[str, type], where: str) -> Iterator[Fault]:
    for key, value in table.items():
        if key not in known:
            yield Fault(f"{where} {key}", "is unknown", rules.OWN_1)
        elif type(value) is not known[key]:
            yield Fault(f"{where} {key}", f"must be {known[key].__name__}", rules.OWN_1)


def _question_faults(one: Mapping[str, Any], where: str) -> Iterator[Fault]:
    yield from _unknown(one, _QUESTION, where)
    for key in ("id", "text", "answer"):
        if key not in one:
            yield Fault(f"{where} {key}", "is missing", rules.OWN_1)
    kind = one.get("answer")
    if "answer" in one and kind not in set(AnswerKind):
        yield Fault(f"{where} answer", f"must be one of {', '.join(AnswerKind)}", rules.OWN_1)
    if (kind in {AnswerKind.ONE, AnswerKind.MANY}) is not bool(one.get("options")):
        yield Fault(f"{where} options", "must be there for one or many, and only then", rules.OWN_1)
    if (kind == AnswerKind.NUMBER) is not ("low" in one and "high" in one):
        yield Fault(f"{where} low, high", "must be there for a number, and only then", rules.OWN_1)


@functools.cache
def shipped_questionnaire(name: str) -> Questionnaire:
    """The shipped form of that name: ``life-history`` or ``family-history``.

    Raises:
        FileNotFoundError: there is none.
    """
    folder = importlib.resources.files("emrcore.diary") / "forms"
    return parse_questionnaire((folder / f"{name}.toml").read_text("utf-8"))


def read_answers(form: Questionnaire, typed: Mapping[str, object]) -> Answers:
    """What was *typed* into *form*, by question; one left out, or None, is not answered.

    Raises:
        Malformed: OWN-1, with every fault; none says what was typed.
    """
    known = {one.id for one in form.questions}
    faults = [
        Fault("answers", "hold one to a question that is not asked", rules.OWN_1)
        for name in typed
        if name not in known
    ]
    given: dict[str, tuple[str, ...]] = {}
    for question in form.questions:
        value = typed.get(question.id)
        if value is None:
            if question.required:
                faults.append(Fault(question.id, "must be answered", rules.OWN_1))
            continue
        try:
            given[question.id] = _read(question, value)
        except ValueError as error:
            faults.append(Fault(question.id, str(error), rules.OWN_1))
    if faults:
        raise Malformed("answers", tuple(faults))
    return Answers(questionnaire=form.id, version=form.version, given=given)


def _read(question: FormQuestion, value: object) -> tuple[str, ...]:
    match question.answer:
        case AnswerKind.YES_NO:
            if not isinstance(value, bool):
                raise ValueError("must be true or false")  # noqa: TRY004 - typed by a person: a fault
            return ("yes" if value else "no",)
        case AnswerKind.ONE:
            return _options(question, [value], "must be one of")
        case AnswerKind.MANY:
            listed = cast("list[object]", value) if isinstance(value, list) else [None]
            return _options(question, listed, "must be some of")
        case AnswerKind.NUMBER:
            if type(value) is not int or not question.low <= value <= question.high:
                raise ValueError(f"must be a whole number, {question.low} to {question.high}")
            return (str(value),)
        case AnswerKind.DAY:
            return (_day(value),)
        case AnswerKind.TEXT:
            return (read_text(value),)


def _options(question: FormQuestion, listed: Iterable[object], what: str) -> tuple[str, ...]:
    chosen = tuple(listed)
    if len(set(map(repr, chosen))) != len(chosen) or any(
        one not in question.options for one in chosen
    ):
        raise ValueError(f"{what} {', '.join(question.options)}")
    return cast("tuple[str, ...]", chosen)


def _day(value: object) -> str:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise ValueError("must be a day, as 2020-01-14") from None


def read_text(value: object, *, longest: int = LONGEST) -> str:
    """What was typed as text: without control characters but for the ends of lines.

    Raises:
        ValueError: it is none, blank, or too long; the error says which.
    """
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - typed by a person: a fault, no bug
    text = value.replace("\r\n", "\n").strip()
    if not 0 < len(text) <= longest:
        raise ValueError(f"must be 1 to {longest} characters")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("holds what cannot be shown")
    return text
