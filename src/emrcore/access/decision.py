"""One decision: may this viewer look at this card now, and at which sections since when.

Ages, ties, grants and days are folded to constants here, once per decision; whatever executes a
view compares columns with constants and nothing else. Where several bands let in, all that they
show is shown.
"""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping

from emrcore.access.admission import Question, admitting, meeting
from emrcore.access.facts import Facts, Viewer
from emrcore.access.showing import bounded, shown
from emrcore.access.view import Allowance, Reason, View
from emrcore.people import Fact
from emrcore.rulebook import Band, Edition, Need, Role, Rulebook


def decide(facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition) -> View:
    """What *viewer* may see of the card of *facts* at *at* (aware), by *edition*.

    The role is believed only as far as the facts bear it out. A refusal is an answer, not an
    error: a view that allows nothing and says why.

    Raises:
        ValueError: *at* is naive.
    """
    question = Question.of(facts, viewer, at, edition)
    names, refusal = admitting(question)
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
    return admitting(Question.of(facts, viewer, at, edition, ungranted=ungranted))[1]


def admitted(
    facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition, ungranted: bool = False
) -> tuple[tuple[Band, ...], Reason | None]:
    """The bands that let *viewer* in; where there is none, why not.

    Raises:
        ValueError: *at* is naive.
    """
    question = Question.of(facts, viewer, at, edition, ungranted=ungranted)
    names, refusal = admitting(question)
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


# -- What they show --------------------------------------------------------------------------------


def _shown(
    question: Question, names: tuple[str, ...]
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
    question: Question, name: str, allowances: tuple[Allowance, ...]
) -> tuple[Allowance, ...]:
    """*allowances* within what this card and this grant leave of them."""
    edition, facts = question.edition, question.facts
    band = edition.relations[question.viewer.role].bands[name]
    until_age = band.records_until_age
    if not (until_age or band.records_from_grant or band.opt_outs):
        return allowances
    return bounded(
        allowances,
        band,
        edition,
        granted_at=min((grant.since for grant in question.granted()), default=None),
        comes_of_age=question.reached(until_age.value) if until_age else None,
        opt_outs=tuple(one for one in facts.opt_outs if one.person == facts.person.id),
    )


def _both(some: Mapping[str, Reason], others: Mapping[str, Reason]) -> Mapping[str, Reason]:
    """The sections that are closed in both, with the reason that goes before (ACC-9, ACC-22)."""
    return {
        section: others[section] if others[section].goes_before(reason) else reason
        for section, reason in some.items()
        if section in others
    }


# -- Until when ------------------------------------------------------------------------------------


def _until(question: Question) -> dt.datetime | None:
    """The first moment after now at which some fact or rule about the question begins or ends."""
    now, today = question.moment, question.day
    moments = [
        moment
        for grant in question.grants
        for moment in (grant.since, grant.until)
        if moment and moment > now
    ]
    days = [day for day in _days(question) if day and day > today]
    if days:
        moments.append(question.edition.start_of(min(days)))
    return min(moments, default=None)


def _days(question: Question) -> list[dt.date | None]:
    """Days on which the answer may change; which of them are still to come is not looked at."""
    facts, edition, role = question.facts, question.edition, question.viewer.role
    ages, needs = _asked(edition, role)
    days = [_next_ruled_day(edition, role, question.day), facts.person.died]
    days += [question.reached(years) for years in ages]
    held: list[Fact] = [*question.kinships, *question.bars, *facts.capacities]
    for need in needs:
        held += meeting(need, question)
    for fact in held:
        days += (fact.since, fact.until)
    return days


@functools.lru_cache(maxsize=1024)
def _asked(edition: Edition, role: Role) -> tuple[frozenset[int], frozenset[Need]]:
    """The ages and the facts that any band of *role* asks for."""
    bands = edition.relations[role].bands.values()
    ages = {years.value for band in bands for years in (band.from_age, band.until_age) if years}
    needs = {need for band in bands if band.needs for need in band.needs.value}
    return frozenset(ages), frozenset(needs)


@functools.lru_cache(maxsize=1024)
def _next_ruled_day(edition: Edition, role: Role, day: dt.date) -> dt.date | None:
    """The first day after *day* that the edition itself names: the same for every card."""
    bands = edition.relations[role].bands.values()
    sections = edition.sections.values()
    turns = [day for section in sections for day in (section.opened_on, section.closed_on)]
    named = [one.value for one in (*turns, *(band.opens_on for band in bands)) if one]
    return min((one for one in (*named, edition.until) if one and one > day), default=None)
