"""The policy of January 2020 as a table, and what engines are told of a viewer and a document."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from emrcore.access import Facts, Viewer
from emrcore.people import KinshipStatus
from emrcore.records import Document
from emrcore.rulebook import Role

MOSCOW = ZoneInfo("Europe/Moscow")
OPENING = dt.date(2020, 1, 14)
OWN_RIGHT = 15
STARTS = {
    "exam-protocols": ("occurred_on", dt.date(2017, 1, 1)),
    "lab-results": ("signed_on", dt.date(2019, 1, 1)),
    "radiology": ("signed_on", dt.date(2019, 1, 1)),
    "instrumental": ("occurred_on", dt.date(2020, 1, 1)),
    "discharge-summaries": ("signed_on", dt.date(2019, 1, 1)),
}
"""What patients and guardians see: by which date, and from when on."""

KINDS = {
    "exam-protocols": ("exam-protocol",),
    "lab-results": ("lab-report",),
    "radiology": ("ct", "mri", "mammography", "fluorography"),
    "instrumental": ("endoscopy", "ecg"),
    "discharge-summaries": ("discharge-summary",),
    "prescriptions": ("prescription",),
}
"""What staff see; the sections that the simulated city has none of are left out."""

NO_DAY = "0000-00-00"
"""Stands before all days, where an engine is given days as text."""


@attrs.frozen(kw_only=True)
class Rule:
    """*role* sees *kinds* of *section* if *basis*, unless that is None, is on *start* or later."""

    role: Role
    section: str
    kinds: tuple[str, ...]
    basis: str | None = None
    start: dt.date | None = None


def rules() -> Iterator[Rule]:
    """The whole policy about documents."""
    for role in (Role.SELF, Role.GUARDIAN):
        for section, (basis, start) in STARTS.items():
            kinds = KINDS[section]
            yield Rule(role=role, section=section, kinds=kinds, basis=basis, start=start)
    for role in (Role.DOCTOR, Role.CREW):
        for section, kinds in KINDS.items():
            yield Rule(role=role, section=section, kinds=kinds)


@attrs.frozen(kw_only=True)
class Question:
    """Who asks about whose card at *at*; the policy is about what ``admits`` reckons out."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime

    def known(self) -> dict[str, Any]:
        """What an engine is told of the viewer and the patient: plain values."""
        facts, viewer, at = self.facts, self.viewer, self.at
        today, born = at.astimezone(MOSCOW).date(), facts.person.born
        return {
            "role": str(viewer.role),
            "patient": facts.patient,
            "age": today.year - born.year - ((today.month, today.day) <= (born.month, born.day)),
            "own": viewer.person == facts.person.id,
            "alive": facts.person.died is None or today < facts.person.died,
            "open": today >= OPENING,
            "tie": any(
                tie.guardian == viewer.person
                and tie.status is KinshipStatus.CONFIRMED
                and tie.since <= today
                and (tie.until is None or today < tie.until)
                for tie in facts.kinships
            ),
            "granted": any(
                grant.viewer == viewer.person
                and grant.role in {None, viewer.role}
                and grant.since <= at
                and (grant.until is None or at < grant.until)
                for grant in facts.grants
            ),
        }


def admits(known: dict[str, Any]) -> bool:
    """Whether the viewer is let in at all."""
    let_in = known["open"] and known["alive"] and known["granted"]
    match known["role"]:
        case Role.SELF:
            return bool(let_in and known["own"] and known["age"] >= OWN_RIGHT)
        case Role.GUARDIAN:
            return bool(let_in and known["tie"] and known["age"] < OWN_RIGHT)
        case Role.DOCTOR:
            return True
        case _:
            return bool(known["alive"])


Filter = Callable[[Question, Sequence[Document]], list[Document]]


def naive(question: Question, documents: Sequence[Document]) -> list[Document]:
    """What one writes by hand first: everything, for each document anew."""
    facts, viewer, at = question.facts, question.viewer, question.at
    return [one for one in documents if _shows(facts, viewer, at, one)]


def _shows(  # noqa: C901, PLR0911 - as it is written by hand
    facts: Facts, viewer: Viewer, at: dt.datetime, document: Document
) -> bool:
    if document.patient != facts.patient or document.published_at > at or document.labels:
        return False
    if document.kind is not None and document.kind not in KINDS.get(document.section, ()):
        return False
    today, born, died = at.astimezone(MOSCOW).date(), facts.person.born, facts.person.died
    if viewer.role is Role.DOCTOR:
        return document.section in KINDS
    if died and died <= today:
        return False
    if viewer.role is Role.CREW:
        return document.section in KINDS
    if today < OPENING or document.section not in STARTS:
        return False
    age = today.year - born.year - ((today.month, today.day) <= (born.month, born.day))
    if viewer.role is Role.SELF:
        if viewer.person != facts.person.id or age < OWN_RIGHT:
            return False
    elif age >= OWN_RIGHT or not any(
        tie.guardian == viewer.person
        and tie.status is KinshipStatus.CONFIRMED
        and tie.since <= today
        and (tie.until is None or today < tie.until)
        for tie in facts.kinships
    ):
        return False
    if not any(
        grant.viewer == viewer.person
        and grant.since <= at
        and (grant.until is None or at < grant.until)
        for grant in facts.grants
    ):
        return False
    basis, start = STARTS[document.section]
    date = document.occurred_on if basis == "occurred_on" else document.signed_on
    return date is not None and date >= start


_BY_SIGNING = {section: basis == "signed_on" for section, (basis, _) in STARTS.items()}
_FIRST = {section: start for section, (_, start) in STARTS.items()}
_LAST_DAY_BEFORE = dt.date.min
_FITTING = {section: frozenset((None, *kinds)) for section, kinds in KINDS.items()}


def comprehension(question: Question, documents: Sequence[Document]) -> list[Document]:
    """What one writes by hand when it was too slow: the viewer once, the rest in one expression."""
    known = question.known()
    if not admits(known):
        return []
    patient, now = question.facts.patient, question.at.astimezone(dt.UTC)
    if question.viewer.role in {Role.DOCTOR, Role.CREW}:
        return [
            one
            for one in documents
            if one.section in _FITTING
            and one.patient == patient
            and one.published_at <= now
            and one.kind in _FITTING[one.section]
            and not one.labels
        ]
    return [
        one
        for one in documents
        if one.section in _FIRST
        and one.patient == patient
        and one.published_at <= now
        and one.kind in _FITTING[one.section]
        and not one.labels
        and ((one.signed_on if _BY_SIGNING[one.section] else one.occurred_on) or _LAST_DAY_BEFORE)
        >= _FIRST[one.section]
    ]
