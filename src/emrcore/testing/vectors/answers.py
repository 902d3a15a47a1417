"""What the library answers to each case, and where that is not what was expected."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import assert_never

import attrs

from emrcore import rules
from emrcore.access import decide
from emrcore.calendar import Counting, DayKind, deadline, russian_calendar
from emrcore.errors import BeyondCalendar, Malformed
from emrcore.people import (
    UnifiedPolicy,
    has_reached,
    parse_birth_certificate,
    parse_mobile,
    parse_oms,
    parse_passport,
    parse_snils,
)
from emrcore.records import judge
from emrcore.rulebook import Edition, Rulebook
from emrcore.rules import Rule
from emrcore.testing.vectors.cases import (
    AgeAsked,
    DayAsked,
    DeadlineAsked,
    DecisionAsked,
    Failure,
    Fields,
    Paper,
    PaperAsked,
    Question,
    Vectors,
)
from emrcore.testing.vectors.questions import BEYOND_CALENDAR

_CLOSES, _CLOSES_SHORTENED = dt.time(18), dt.time(17)

_SHAPES: Mapping[Paper, Rule] = {
    Paper.OMS: rules.ID_2,
    Paper.SNILS: rules.ID_6,
    Paper.PASSPORT: rules.ID_8,
    Paper.BIRTH_CERTIFICATE: rules.ID_11,
    Paper.MOBILE: rules.ID_13,
}


def run(vectors: Vectors, *, year: int = dt.MAXYEAR) -> Iterator[Failure]:
    """The cases of *vectors* that fail, in their order.

    A passport is read in *year* where its case names none; by default no blank is too new.
    """
    for case in vectors.cases:
        answer = _answer(case.question, vectors.rulebook, year)
        parts = answer.parts
        wrong = [
            part
            for part, expected in case.expect.items()
            if part not in parts or parts[part] != expected
        ]
        if wrong:
            yield Failure(
                case=case.id,
                expected={part: case.expect[part] for part in wrong},
                got={part: parts[part] for part in wrong if part in parts} or parts,
                rule=answer.rule,
            )


@attrs.frozen(kw_only=True)
class _Answer:
    """All parts of an answer, and the rule that decided it, if one did."""

    parts: Fields
    rule: Rule | None


def _answer(question: Question, book: Rulebook, year: int) -> _Answer:
    try:
        match question:
            case DeadlineAsked():
                return _due(question, book.edition_at(question.filed))
            case DayAsked():
                return _working(question)
            case AgeAsked():
                return _reached(question, book)
            case PaperAsked():
                return _read(question, year)
            case DecisionAsked():
                return _decided(question, book.edition_at(question.at))
            case _:
                assert_never(question)
    except BeyondCalendar:
        return _Answer(parts={"error": BEYOND_CALENDAR}, rule=rules.CAL_2)


def _due(asked: DeadlineAsked, edition: Edition) -> _Answer:
    due = deadline(
        asked.filed,
        working_days=asked.working_days,
        calendar=russian_calendar(asked.calendar),
        counting=asked.counting,
        zone=edition.zone.key,
        closes=_CLOSES,
        closes_shortened=_CLOSES_SHORTENED,
        suspended=asked.suspended,
    )
    rule = rules.CAL_5 if asked.counting is Counting.A else rules.CAL_6
    return _Answer(parts={"due": due.due_on}, rule=rules.CAL_8 if asked.suspended else rule)


def _working(asked: DayAsked) -> _Answer:
    kind = russian_calendar(asked.calendar).why(asked.day).kind
    rule = rules.CAL_3 if kind is DayKind.DAY_OFF_BY_DECREE else rules.CAL_1
    return _Answer(parts={"working": kind.works}, rule=rule)


def _reached(asked: AgeAsked, book: Rulebook) -> _Answer:
    """By the rulebook's own answer to what the birthday of a leap day is."""
    first = book.editions[0]
    edition = book.edition_at(first.start_of(asked.on))
    reached = has_reached(
        asked.born,
        asked.years,
        asked.on,
        convention=asked.convention,
        leap=edition.ages.leap_birthday.value,
    )
    return _Answer(parts={"reached": reached}, rule=rules.PPL_1)


def _read(asked: PaperAsked, year: int) -> _Answer:
    nothing = dict.fromkeys(("born", "sex", "region", "e164"))
    try:
        told = _told(asked, year)
    except Malformed as refused:
        return _Answer(parts={"valid": False, **nothing}, rule=refused.faults[0].rule)
    return _Answer(parts={"valid": True, **nothing, **told}, rule=_SHAPES[asked.paper])


def _told(asked: PaperAsked, year: int) -> Fields:
    """What a paper tells beside being one."""
    match asked.paper:
        case Paper.OMS:
            policy = parse_oms(asked.value)
            if isinstance(policy, UnifiedPolicy):
                return {"born": policy.born, "sex": policy.sex, "region": policy.region}
        case Paper.SNILS:
            parse_snils(asked.value)
        case Paper.PASSPORT:
            parse_passport(asked.value, year=asked.year or year)
        case Paper.BIRTH_CERTIFICATE:
            parse_birth_certificate(asked.value)
        case Paper.MOBILE:
            return {"e164": parse_mobile(asked.value).e164}
        case _:
            assert_never(asked.paper)
    return {}


def _decided(asked: DecisionAsked, edition: Edition) -> _Answer:
    view = decide(asked.facts, asked.viewer, at=asked.at, edition=edition)
    visible, reason = view.refusal is None, view.refusal
    if asked.document:
        verdict = judge(view, asked.document)
        visible, reason = verdict.visible, verdict.reason
    rule = reason.rule if reason else None
    parts: Fields = {"visible": visible, "rule": rule.id if rule else None, "until": view.until}
    return _Answer(parts=parts, rule=rule)
