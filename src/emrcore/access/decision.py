"""One decision: may this viewer look at this card now, and at which sections since when.

Ages, ties, grants and days are folded to constants here, once per decision; whatever executes a
view compares columns with constants and nothing else.

A kind of viewer has bands. A band that nothing stands against lets in, and shows what it shows;
where several let in, all of that is shown. Where none does, the reason told is that of the band
which came furthest, and the order of the questions makes sure that who has no tie to the patient
learns that first, and neither age nor death.
"""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import attrs

from emrcore import rules
from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.access.showing import bounded, shown
from emrcore.access.view import Allowance, Constant, Reason, View
from emrcore.people import (
    AgeConvention,
    CapacityKind,
    Fact,
    LeapBirthday,
    Restriction,
    Tie,
    reached_on,
)
from emrcore.rulebook import Access, Band, Cited, Edition, Need, Role, Rulebook
from emrcore.rules import Rule


def decide(facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition) -> View:
    """What *viewer* may see of the card of *facts* at *at* (aware), by *edition*.

    The role is believed only as far as the facts bear it out. A refusal is an answer, not an
    error: a view that allows nothing and says why.

    Raises:
        ValueError: *at* is naive.
    """
    question = _Question.of(facts, viewer, at, edition)
    names, refusal = _admitted(question)
    allowances: tuple[Allowance, ...] = ()
    closed: Mapping[str, Reason] = {}
    if refusal:
        closed = dict.fromkeys(edition.sections, refusal)
    else:
        allowances, closed = _shown(question, names)
    return View(
        subject=facts.patient,
        viewer=viewer,
        at=at,
        edition=edition,
        allowances=allowances,
        closed=closed,
        until=_until(question),
        refusal=refusal,
    )


def refused(
    facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition, ungranted: bool = False
) -> Reason | None:
    """Why *viewer* may not look at the card at all, or None if nothing forbids it.

    With *ungranted* the question is asked of an applicant: a grant is not yet needed.

    Raises:
        ValueError: *at* is naive.
    """
    return _admitted(_Question.of(facts, viewer, at, edition, ungranted=ungranted))[1]


def admitted(
    facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition, ungranted: bool = False
) -> tuple[tuple[Band, ...], Reason | None]:
    """The bands that let *viewer* in; where there is none, why not.

    Raises:
        ValueError: *at* is naive.
    """
    question = _Question.of(facts, viewer, at, edition, ungranted=ungranted)
    names, refusal = _admitted(question)
    bands = edition.relations[viewer.role].bands
    return tuple(bands[name] for name in names), refusal


def timeline(
    facts: Facts, viewer: Viewer, *, since: dt.datetime, until: dt.datetime, rulebook: Rulebook
) -> Iterator[View]:
    """The answers over ``[since, until)``: the one at *since*, then each that differs.

    Between two of them the answer is the same; ``view.at`` is the moment of the change.
    """
    last: View | None = None
    at: dt.datetime | None = since
    while at and at < until:
        view = decide(facts, viewer, at=at, edition=rulebook.edition_at(at))
        if last is None or not view.says_the_same_as(last):
            last = view
            yield view
        at = view.until


def next_change(
    facts: Facts, viewer: Viewer, *, after: dt.datetime, rulebook: Rulebook
) -> dt.datetime | None:
    """The first moment after *after* at which the answer differs; None: no known one."""
    changes = timeline(facts, viewer, since=after, until=NEVER, rulebook=rulebook)
    next(changes)
    change = next(changes, None)
    return change.at if change else None


NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
"""A moment after all others."""

TieT = TypeVar("TieT", bound=Tie)


@functools.lru_cache(maxsize=4096)
def _reached(born: dt.date, years: int, convention: AgeConvention, leap: LeapBirthday) -> dt.date:
    return reached_on(born, years, convention=convention, leap=leap)


@attrs.define
class _Question:
    """What is asked, with the local day it is asked on."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime
    day: dt.date
    edition: Edition
    ungranted: bool

    @classmethod
    def of(
        cls,
        facts: Facts,
        viewer: Viewer,
        at: dt.datetime,
        edition: Edition,
        *,
        ungranted: bool = False,
    ) -> "_Question":
        if at.tzinfo is None:
            raise ValueError("at must be an aware datetime")
        return cls(facts, viewer, at, edition.local_day(at), edition, ungranted)

    def reached(self, years: int) -> dt.date:
        """The day the patient reaches *years*."""
        ages = self.edition.ages
        return _reached(
            self.facts.person.born, years, ages.attained.value, ages.leap_birthday.value
        )

    def ties(self, facts: tuple[TieT, ...]) -> list[TieT]:
        """Those of *facts* that are between this viewer and this patient."""
        guardian, ward = self.viewer.person, self.facts.person.id
        return [tie for tie in facts if tie.guardian == guardian and tie.ward == ward]

    def grants(self) -> list[Grant]:
        """The grants to this viewer."""
        viewer = self.viewer.person
        return [grant for grant in self.facts.grants if grant.viewer == viewer]


# -- Which bands let in ----------------------------------------------------------------------------


def _admitted(question: _Question) -> tuple[tuple[str, ...], Reason | None]:
    """The names of the bands that let in; where there is none, why not."""
    relation = question.edition.relations[question.viewer.role]
    if relation.nobody:
        return (), _because(rules.ACC_20, relation.nobody)
    names: list[str] = []
    furthest, refusal = -1, None
    for name, band in relation.bands.items():
        passed, obstacle = _obstacle(question, band)
        if obstacle is None:
            names.append(name)
        elif passed > furthest:
            furthest, refusal = passed, obstacle
    return tuple(names), None if names else refusal


def _obstacle(question: _Question, band: Band) -> tuple[int, Reason | None]:
    """What stands against *band* first, and how many questions were passed before it."""
    for passed, check in enumerate(_CHECKS):
        if obstacle := check(question, band):
            return passed, obstacle
    return len(_CHECKS), None


def _because(rule: Rule, cited: Cited[object], constant: Constant | None = None) -> Reason:
    return Reason(rule=rule, source=cited.source, constant=constant)


def _before_opening(question: _Question, band: Band) -> Reason | None:
    opens = band.opens_on
    if opens and question.day < opens.value:
        return _because(rules.ACC_1, opens, opens.value)
    return None


def _not_in_person(question: _Question, band: Band) -> Reason | None:
    viewer = question.viewer
    if viewer.role is Role.SELF and viewer.person != question.facts.person.id:
        return _because(rules.ACC_2, band.access)
    return None


def _no_tie(question: _Question, band: Band) -> Reason | None:
    wanted = band.kinship
    if wanted and not [
        tie
        for tie in question.ties(question.facts.kinships)
        if tie.status is wanted.value and tie.holds_on(question.day)
    ]:
        return _because(rules.ACC_5, wanted, wanted.value)
    needs = band.needs
    if needs and Need.NOMINATION in needs.value and not _is_met(Need.NOMINATION, question):
        return _because(rules.ACC_17, needs, Need.NOMINATION)
    return None


def _after_death(question: _Question, band: Band) -> Reason | None:
    died = question.facts.person.died
    if died and died <= question.day and not band.after_death.value:
        return _because(rules.ACC_7, band.after_death, died)
    return None


def _age(question: _Question, band: Band) -> Reason | None:
    low, high = band.from_age, band.until_age
    override = band.capacity_overrides_age
    capacity = _capacity(question) if override and override.value else None
    if override and capacity is CapacityKind.FULL:
        return _because(rules.ACC_18, override, capacity) if high else None
    if override and capacity is CapacityKind.NONE:
        return _because(rules.ACC_18, override, capacity) if low else None
    if low and question.day < question.reached(low.value):
        return _because(rules.ACC_3, low, low.value)
    if high and question.day >= question.reached(high.value):
        return _because(rules.ACC_4, high, high.value)
    return None


def _capacity(question: _Question) -> CapacityKind | None:
    for finding in question.facts.capacities:
        if finding.person == question.facts.person.id and finding.holds_on(question.day):
            return finding.kind
    return None


def _unmet_need(question: _Question, band: Band) -> Reason | None:
    if band.needs:
        for need in band.needs.value:
            if not _is_met(need, question):
                return _because(rules.ACC_17, band.needs, need)
    return None


def _is_met(need: Need, question: _Question) -> bool:
    return any(fact.holds_on(question.day) for fact in _meeting(need, question))


def _meeting(need: Need, question: _Question) -> Sequence[Fact]:
    """The facts that meet *need* while they hold."""
    facts, person, viewer = question.facts, question.facts.person.id, question.viewer.person
    match need:
        case Need.CUSTODY:
            return question.ties(facts.custodies)
        case Need.RESIDENCE:
            return question.ties(facts.residences)
        case Need.ASSENT:
            return [one for one in question.ties(facts.assents) if one.given]
        case Need.NOMINATION:
            pair = (person, viewer)
            return [one for one in facts.nominations if (one.giver, one.receiver) == pair]
        case Need.ASSESSMENT:
            return [one for one in facts.assessments if one.person == person]
        case Need.COVER:
            return [one for one in facts.covers if one.person == person]


def _restriction(question: _Question, band: Band) -> Reason | None:
    if band.restricted.value:
        for bar in _bars(question):
            if bar.holds_on(question.day):
                return _because(rules.ACC_6, band.restricted, bar.since)
    return None


def _bars(question: _Question) -> list[Restriction]:
    named = (None, question.viewer.person)
    ward = question.facts.person.id
    bars = question.facts.restrictions
    return [bar for bar in bars if bar.ward == ward and bar.person in named]


def _no_grant(question: _Question, band: Band) -> Reason | None:
    if band.access.value is not Access.GRANTED or question.ungranted:
        return None
    if any(grant.holds_at(question.at) for grant in question.grants()):
        return None
    return _because(rules.ACC_8, band.access)


_CHECKS: tuple[Callable[[_Question, Band], Reason | None], ...] = (
    _before_opening,
    _not_in_person,
    _no_tie,
    _after_death,
    _age,
    _unmet_need,
    _restriction,
    _no_grant,
)
"""In this order: who has no tie learns nothing else."""


# -- What they show --------------------------------------------------------------------------------


def _shown(
    question: _Question, names: tuple[str, ...]
) -> tuple[tuple[Allowance, ...], Mapping[str, Reason]]:
    """What the bands show together; a section that one of them shows is not closed."""
    allowances: tuple[Allowance, ...] = ()
    closed: Mapping[str, Reason] | None = None
    for name in names:
        some, others = shown(question.edition, question.viewer.role, name, question.day)
        allowances += _bounded(question, name, some)
        closed = others if closed is None else _both(closed, others)
    return allowances, closed or {}


def _bounded(
    question: _Question, name: str, allowances: tuple[Allowance, ...]
) -> tuple[Allowance, ...]:
    """*allowances* within what this card and this grant leave of them."""
    edition, facts = question.edition, question.facts
    band = edition.relations[question.viewer.role].bands[name]
    until_age = band.records_until_age
    if not (until_age or band.records_from_grant or band.opt_outs):
        return allowances
    held = [grant.since for grant in question.grants() if grant.holds_at(question.at)]
    return bounded(
        allowances,
        band,
        edition,
        granted_at=min(held, default=None),
        comes_of_age=question.reached(until_age.value) if until_age else None,
        opt_outs=tuple(one for one in facts.opt_outs if one.person == facts.person.id),
    )


def _both(some: Mapping[str, Reason], others: Mapping[str, Reason]) -> Mapping[str, Reason]:
    return {section: reason for section, reason in some.items() if section in others}


# -- Until when ------------------------------------------------------------------------------------


def _until(question: _Question) -> dt.datetime | None:
    """The first moment after now at which some fact or rule about the question begins or ends."""
    at, today = question.at, question.day
    moments = [
        moment
        for grant in question.grants()
        for moment in (grant.since, grant.until)
        if moment is not None and moment > at
    ]
    days = [day for day in _days(question) if day is not None and day > today]
    if days:
        moments.append(question.edition.start_of(min(days)))
    return min(moments, default=None)


def _days(question: _Question) -> Iterator[dt.date | None]:
    facts, role = question.facts, question.viewer.role
    yield _next_ruled_day(question.edition, role, question.day)
    yield facts.person.died
    for band in question.edition.relations[role].bands.values():
        for years in (band.from_age, band.until_age):
            if years:
                yield question.reached(years.value)
        for need in band.needs.value if band.needs else ():
            yield from _ends(_meeting(need, question))
    yield from _ends(question.ties(facts.kinships))
    yield from _ends(_bars(question))
    yield from _ends(facts.capacities)


def _ends(facts: Iterable[Fact]) -> Iterator[dt.date | None]:
    for fact in facts:
        yield fact.since
        yield fact.until


@functools.lru_cache(maxsize=1024)
def _next_ruled_day(edition: Edition, role: Role, day: dt.date) -> dt.date | None:
    """The first day after *day* that the edition itself names: the same for every card."""
    bands = edition.relations[role].bands.values()
    opened = [section.opened_on for section in edition.sections.values()]
    named = [one.value for one in (*opened, *(band.opens_on for band in bands)) if one]
    return min((one for one in (*named, edition.until) if one and one > day), default=None)
