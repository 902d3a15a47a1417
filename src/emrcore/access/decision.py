"""One decision: may this viewer look at this card now, and at which sections since when.

Ages, ties, grants and days are folded to constants here, once per decision; whatever executes a
view compares columns with constants and nothing else.
"""

import datetime as dt
import functools
import types
from collections.abc import Iterator, Mapping

from emrcore import rules
from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.access.view import Allowance, Constant, Reason, View
from emrcore.people import Kinship, Restriction, reached_on
from emrcore.rulebook import Access, Basis, Cited, Edition, Relation, Role, Rulebook, SectionRule
from emrcore.rules import Rule


def decide(facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition) -> View:
    """What *viewer* may see of the card of *facts* at *at* (aware), by *edition*.

    The role is believed only as far as the facts bear it out. A refusal is an answer, not an
    error: a view that allows nothing and says why.

    Raises:
        ValueError: *at* is naive.
    """
    refusal = refused(facts, viewer, at=at, edition=edition)
    allowances, closed = (
        ((), dict.fromkeys(edition.sections, refusal))
        if refusal
        else _sections(edition, viewer.role, edition.local_day(at))
    )
    return View(
        subject=facts.patient,
        viewer=viewer,
        at=at,
        edition=edition,
        allowances=allowances,
        closed=closed,
        until=min((m for m in _moments(facts, viewer, edition) if m > at), default=None),
        refusal=refusal,
    )


def refused(
    facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition, ungranted: bool = False
) -> Reason | None:
    """Why *viewer* may not look at the card at all, or None if nothing forbids it.

    With *ungranted* the question is asked of an applicant: a grant is not yet needed. Who has no
    tie to the patient is told so before anything else, and learns neither age nor death.
    """
    if at.tzinfo is None:
        raise ValueError("at must be an aware datetime")
    day = edition.local_day(at)
    relation = edition.relations[viewer.role]
    needs_grant = relation.access.value is Access.GRANTED and not ungranted
    return (
        _before_opening(relation, day)
        or _not_in_person(facts, viewer, relation)
        or _no_tie(facts, viewer, relation, day)
        or _after_death(facts, relation, day)
        or _age(facts, relation, day, edition)
        or _restriction(facts, viewer, relation, day)
        or (_no_grant(facts, viewer, relation, at) if needs_grant else None)
    )


def _because(rule: Rule, cited: Cited[object], constant: Constant | None = None) -> Reason:
    return Reason(rule=rule, source=cited.source, constant=constant)


def _before_opening(relation: Relation, day: dt.date) -> Reason | None:
    opens = relation.opens_on
    if opens and day < opens.value:
        return _because(rules.ACC_1, opens, opens.value)
    return None


def _not_in_person(facts: Facts, viewer: Viewer, relation: Relation) -> Reason | None:
    if viewer.role is Role.SELF and viewer.person != facts.person.id:
        return _because(rules.ACC_2, relation.access)
    return None


def _after_death(facts: Facts, relation: Relation, day: dt.date) -> Reason | None:
    died = facts.person.died
    if died and died <= day and not relation.after_death.value:
        return _because(rules.ACC_7, relation.after_death, died)
    return None


def _age(facts: Facts, relation: Relation, day: dt.date, edition: Edition) -> Reason | None:
    low, high = relation.from_age, relation.until_age
    if low and day < _reached(facts, low.value, edition):
        return _because(rules.ACC_3, low, low.value)
    if high and day >= _reached(facts, high.value, edition):
        return _because(rules.ACC_4, high, high.value)
    return None


def _reached(facts: Facts, years: int, edition: Edition) -> dt.date:
    ages = edition.ages
    return reached_on(
        facts.person.born, years, convention=ages.attained.value, leap=ages.leap_birthday.value
    )


def _no_tie(facts: Facts, viewer: Viewer, relation: Relation, day: dt.date) -> Reason | None:
    wanted = relation.kinship
    if wanted and not any(
        tie.status is wanted.value and tie.holds_on(day) for tie in _ties(facts, viewer)
    ):
        return _because(rules.ACC_5, wanted, wanted.value)
    return None


def _ties(facts: Facts, viewer: Viewer) -> Iterator[Kinship]:
    ward = facts.person.id
    return (tie for tie in facts.kinships if tie.guardian == viewer.person and tie.ward == ward)


def _restriction(facts: Facts, viewer: Viewer, relation: Relation, day: dt.date) -> Reason | None:
    if relation.restricted.value:
        for bar in _bars(facts, viewer):
            if bar.holds_on(day):
                return _because(rules.ACC_6, relation.restricted, bar.since)
    return None


def _bars(facts: Facts, viewer: Viewer) -> Iterator[Restriction]:
    named = (None, viewer.person)
    ward = facts.person.id
    return (bar for bar in facts.restrictions if bar.ward == ward and bar.person in named)


def _no_grant(facts: Facts, viewer: Viewer, relation: Relation, at: dt.datetime) -> Reason | None:
    if any(grant.holds_at(at) for grant in _grants(facts, viewer)):
        return None
    return _because(rules.ACC_8, relation.access)


def _grants(facts: Facts, viewer: Viewer) -> Iterator[Grant]:
    return (grant for grant in facts.grants if grant.viewer == viewer.person)


# -- Sections -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def _sections(
    edition: Edition, role: Role, day: dt.date
) -> tuple[tuple[Allowance, ...], Mapping[str, Reason]]:
    """What an admitted viewer of *role* may see on *day*: the same for every card."""
    relation = edition.relations[role]
    allowances: list[Allowance] = []
    closed: dict[str, Reason] = {}
    for name, section in edition.sections.items():
        reason = _closed(name, section, relation, day)
        if reason:
            closed[name] = reason
        else:
            allowances.append(_allowance(edition, name, relation))
    return tuple(allowances), types.MappingProxyType(closed)


def _closed(name: str, section: SectionRule, relation: Relation, day: dt.date) -> Reason | None:
    if name not in relation.sections.value:
        return _because(rules.ACC_12, relation.sections)
    if not relation.windows.value:
        return None
    if section.announced:
        return _because(rules.ACC_9, section.announced)
    if section.opened_on and day < section.opened_on.value:
        return _because(rules.ACC_9, section.opened_on, section.opened_on.value)
    return None


def _allowance(edition: Edition, name: str, relation: Relation) -> Allowance:
    section = edition.sections[name]
    kinds, labels = frozenset(section.kinds.value), frozenset(relation.labels.value)
    start, basis = section.records_from, section.basis
    if not relation.windows.value or not start or not basis:
        reason = _because(rules.ACC_15, relation.windows)
        return Allowance(section=name, kinds=kinds, labels=labels, reason=reason)
    return Allowance(
        section=name,
        kinds=kinds,
        labels=labels,
        reason=_because(rules.ACC_10, start, start.value),
        basis=basis.value,
        since=edition.start_of(start.value) if basis.value is Basis.PUBLISHED else start.value,
    )


# -- Until when -----------------------------------------------------------------------------------


def _moments(facts: Facts, viewer: Viewer, edition: Edition) -> Iterator[dt.datetime]:
    """Every moment at which some fact or rule about this question begins or ends."""
    for day in _days(facts, viewer, edition):
        if day:
            yield edition.start_of(day)
    for grant in _grants(facts, viewer):
        yield grant.since
        if grant.until:
            yield grant.until


def _days(facts: Facts, viewer: Viewer, edition: Edition) -> Iterator[dt.date | None]:
    relation = edition.relations[viewer.role]
    yield edition.until
    yield facts.person.died
    if relation.opens_on:
        yield relation.opens_on.value
    for years in (relation.from_age, relation.until_age):
        if years:
            yield _reached(facts, years.value, edition)
    for fact in (*_ties(facts, viewer), *_bars(facts, viewer)):
        yield fact.since
        yield fact.until
    for section in edition.sections.values():
        if section.opened_on:
            yield section.opened_on.value


def timeline(
    facts: Facts, viewer: Viewer, *, since: dt.datetime, until: dt.datetime, rulebook: Rulebook
) -> Iterator[View]:
    """The answers over ``[since, until)``: the one at *since*, then each that differs.

    Between two of them the answer is the same; ``view.at`` is the moment of the change.
    """
    last: tuple[object, ...] | None = None
    at: dt.datetime | None = since
    while at and at < until:
        view = decide(facts, viewer, at=at, edition=rulebook.edition_at(at))
        answer = (view.allowances, dict(view.closed), view.refusal)
        if answer != last:
            last = answer
            yield view
        at = view.until
