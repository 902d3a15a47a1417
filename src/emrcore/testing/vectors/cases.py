"""What a case asks, in the words of the library, and how its answer failed."""

import datetime as dt
import enum
import json
from collections.abc import Mapping
from typing import TypeAlias

import attrs

from emrcore.access import Facts, Viewer
from emrcore.calendar import Counting, Suspension
from emrcore.people import AgeConvention
from emrcore.records import Document
from emrcore.rulebook import Rulebook
from emrcore.rules import Rule


class Paper(enum.StrEnum):
    """A paper that the library knows the shape of."""

    OMS = "oms"
    SNILS = "snils"
    PASSPORT = "passport"
    BIRTH_CERTIFICATE = "birth-certificate"
    MOBILE = "mobile"


@attrs.frozen(kw_only=True)
class DeadlineAsked:
    """By when is due what was filed at ``filed``."""

    filed: dt.datetime
    working_days: int
    calendar: str
    counting: Counting
    suspended: tuple[Suspension, ...] = ()


@attrs.frozen(kw_only=True)
class DayAsked:
    """Whether ``day`` is a working day."""

    calendar: str
    day: dt.date


@attrs.frozen(kw_only=True)
class AgeAsked:
    """Whether who was ``born`` then has reached so many ``years`` on a day."""

    born: dt.date
    years: int
    on: dt.date
    convention: AgeConvention


@attrs.frozen(kw_only=True)
class PaperAsked:
    """Whether ``value`` is a paper; ``year`` is the one a passport is read in, if the case says."""

    paper: Paper
    value: str
    year: int | None = None


@attrs.frozen(kw_only=True)
class DecisionAsked:
    """Whether ``viewer`` may see ``document``, or without one, look at the card at all."""

    at: dt.datetime
    viewer: Viewer
    facts: Facts
    document: Document | None = None


Question: TypeAlias = DeadlineAsked | DayAsked | AgeAsked | PaperAsked | DecisionAsked
"""What a case asks, one class for each kind of case."""

Fields: TypeAlias = Mapping[str, bool | str | dt.date | None]
"""Parts of an answer by name; moments among them are aware, and equal as moments."""


@attrs.frozen(kw_only=True)
class Case:
    """One question with those parts of its answer that are expected."""

    id: str
    question: Question
    expect: Fields


@attrs.frozen(kw_only=True)
class Vectors:
    """The cases of one file, and the rulebook that its decisions are made by."""

    rulebook: Rulebook
    cases: tuple[Case, ...]


@attrs.frozen(kw_only=True)
class Failure:
    """Where an answer departs from what ``case`` expects: the parts that differ.

    ``rule`` decided the answer that was got; None: nothing refused the card.
    """

    case: str
    expected: Fields
    got: Fields
    rule: Rule | None

    def __str__(self) -> str:
        rule = f" [{self.rule.id}]" if self.rule else ""
        return f"{self.case}: expected {_written(self.expected)}, got {_written(self.got)}{rule}"


def _written(fields: Fields) -> str:
    """*fields* on one line, as they would stand in a file."""
    return json.dumps(dict(fields), default=lambda day: day.isoformat())
