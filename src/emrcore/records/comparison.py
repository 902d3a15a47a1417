"""Two rulebooks side by side: who gains and loses what, shown on the smallest example.

What a rulebook shows changes nowhere but at its constants. So it is enough to ask both about the
cards and documents on either side of every constant of either: the ages, the standings of a tie,
the facts a band needs, the first and last days of windows, the kinds, labels and sources.
"""

import collections
import datetime as dt
import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from emrcore.access import Allowance, Facts, Grant, View, Viewer, decide
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Kinship,
    KinshipStatus,
    Nomination,
    OptOut,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
)
from emrcore.records.document import Document, DocumentId
from emrcore.records.execution import Verdict, judge, verdicts
from emrcore.rulebook import Band, Basis, Edition, May, Role, Rulebook, SectionRule, Window

PATIENT, VIEWER = PersonId("patient"), PersonId("viewer")
_CARD = PatientId("card")
_DAY = dt.timedelta(days=1)
_LONG = dt.timedelta(days=365 * 20)


@attrs.frozen(kw_only=True)
class Example:
    """One card, one viewer and one document; ``situation`` says what is special about them."""

    situation: str
    facts: Facts
    viewer: Viewer
    document: Document


@attrs.frozen(kw_only=True)
class Change:
    """A kind of viewer *gains* or loses documents of a section, with the smallest example.

    ``before`` and ``after`` are the verdicts of the two rulebooks in that example. Who saw the
    document before and may now act on it gains, too.
    """

    role: Role
    section: str
    gains: bool
    example: Example
    before: Verdict
    after: Verdict


@attrs.frozen(kw_only=True)
class Impact:
    """How many of the cards asked about gain, lose, do both, or stay, by the viewer's role."""

    gains: Mapping[Role, int]
    loses: Mapping[Role, int]
    both: Mapping[Role, int]
    same: Mapping[Role, int]


def diff(before: Rulebook, after: Rulebook, *, at: dt.datetime) -> tuple[Change, ...]:
    """What *after* changes of *before* at the moment *at* (aware), by role and section.

    A turn is from hidden, view or act to another of them. Of each role, section and turn one
    example is told, the smallest: the youngest patient in the plainest situation, and the earliest
    document. Equal rulebooks give nothing.

    Raises:
        ValueError: *at* is naive.
    """
    editions = before.edition_at(at), after.edition_at(at)
    documents = _documents(editions, at)
    found: dict[tuple[Role, str, May | None, May | None], Change] = {}
    asked: set[tuple[Role, frozenset[tuple[object, ...]], frozenset[tuple[object, ...]]]] = set()
    for role, (situation, facts) in itertools.product(Role, _cards(editions, at)):
        viewer = Viewer(person=PATIENT if role is Role.SELF else VIEWER, role=role)
        views = [decide(facts, viewer, at=at, edition=edition) for edition in editions]
        admits = _admits(views[0]), _admits(views[1])
        if admits[0] == admits[1] or (role, *admits) in asked:
            continue
        asked.add((role, *admits))
        for document in documents:
            old, new = (judge(view, document) for view in views)
            if old.may != new.may:
                example = Example(
                    situation=situation, facts=facts, viewer=viewer, document=document
                )
                change = Change(
                    role=role,
                    section=document.section,
                    gains=(new.may or 0) > (old.may or 0),
                    example=example,
                    before=old,
                    after=new,
                )
                found.setdefault((role, document.section, old.may, new.may), change)
    return tuple(found.values())


def impact(
    cards: Iterable[tuple[Facts, Viewer]], before: Rulebook, after: Rulebook, *, at: dt.datetime
) -> Impact:
    """How many of *cards* gain or lose documents of any kind by *after*, at the moment *at*.

    As in ``diff``, who may act where they only looked before gains.

    Raises:
        ValueError: *at* is naive.
    """
    editions = before.edition_at(at), after.edition_at(at)
    documents = _documents(editions, at)

    @functools.lru_cache(maxsize=10_000)
    def turns(old: tuple[Allowance, ...], new: tuple[Allowance, ...]) -> tuple[bool, bool]:
        views = [
            attrs.evolve(sample, allowances=some, closed={}, refusal=None) for some in (old, new)
        ]
        was, now = ([one.may or 0 for one in verdicts(view, documents)] for view in views)
        return any(map(operator.lt, was, now)), any(map(operator.gt, was, now))

    counts = {
        turn: collections.Counter[Role]() for turn in itertools.product((False, True), repeat=2)
    }
    sample = _blank(editions[0], at)
    for facts, viewer in cards:
        old, new = (decide(facts, viewer, at=at, edition=edition) for edition in editions)
        counts[turns(old.allowances, new.allowances)][viewer.role] += 1
    return Impact(
        gains=dict(counts[True, False]),
        loses=dict(counts[False, True]),
        both=dict(counts[True, True]),
        same=dict(counts[False, False]),
    )


def _admits(view: View) -> frozenset[tuple[object, ...]]:
    """What *view* admits, whatever the reasons."""
    fields = [field.name for field in attrs.fields(Allowance) if field.name not in _REASONS]
    return frozenset(tuple(getattr(one, name) for name in fields) for one in view.allowances)


_REASONS = {"reason", "ends"}


def _blank(edition: Edition, at: dt.datetime) -> View:
    """A view of the card of the examples, to be filled with allowances."""
    viewer = Viewer(person=PATIENT, role=Role.SELF)
    person = Person(id=PATIENT, born=edition.local_day(at))
    return decide(Facts(patient=_CARD, person=person), viewer, at=at, edition=edition)


# -- Cards on either side of every constant --------------------------------------------------------

Editions = tuple[Edition, Edition]


def _cards(editions: Editions, at: dt.datetime) -> Iterator[tuple[str, Facts]]:
    """Cards of every age that matters, the plain situation first, the youngest first."""
    today = editions[0].local_day(at)
    births = sorted(set(_births(editions, today)), reverse=True)
    for situation, change in _situations(today, at).items():
        for born in births:
            plain = _plain(born, today, at)
            yield situation, attrs.evolve(plain, **change)
    for born in births:
        plain = _plain(born, today, at)
        yield "dead", attrs.evolve(plain, person=attrs.evolve(plain.person, died=today))


def _births(editions: Editions, today: dt.date) -> Iterator[dt.date]:
    """Births of those who reach each age of the editions a day ago, today and tomorrow."""
    years = {0, 150}
    for band in _bands(editions):
        ages = (band.from_age, band.until_age, band.records_until_age)
        years |= {age.value for age in ages if age}
    for number in years:
        year = max(today.year - number, 1)
        day = min(today.day, 28)
        anchor = dt.date(year, today.month, day)
        for shift in (-1, 0, 1):
            if anchor + shift * _DAY <= today:
                yield anchor + shift * _DAY


def _bands(editions: Editions) -> Iterator[Band]:
    for edition in editions:
        for relation in edition.relations.values():
            yield from relation.bands.values()


def _plain(born: dt.date, today: dt.date, at: dt.datetime) -> Facts:
    """A card whose viewer has everything that a band could ask for."""
    since = min(born, today - _LONG)
    tie: dict[str, Any] = {"guardian": VIEWER, "ward": PATIENT, "since": since}
    held = at - _LONG
    return Facts(
        patient=_CARD,
        person=Person(id=PATIENT, born=born),
        kinships=(Kinship(**tie, status=KinshipStatus.CONFIRMED),),
        grants=(Grant(viewer=VIEWER, since=held), Grant(viewer=PATIENT, since=held)),
        custodies=(Custody(**tie),),
        residences=(Residence(**tie),),
        assents=(Assent(**tie, given=True),),
        nominations=(Nomination(giver=PATIENT, receiver=VIEWER, since=since),),
        assessments=(Assessment(person=PATIENT, since=since),),
        covers=(PolicyCover(person=PATIENT, since=since),),
    )


def _situations(today: dt.date, at: dt.datetime) -> dict[str, dict[str, Any]]:
    """What may be different from the plain card, by name; the plain one first."""
    tie: dict[str, Any] = {"guardian": VIEWER, "ward": PATIENT, "since": today - _LONG}
    bar = Restriction(
        ward=PATIENT, person=None, since=today - _LONG, authority="an authority", reason=""
    )
    others = [status for status in KinshipStatus if status is not KinshipStatus.CONFIRMED]
    return {
        "plain": {},
        **{
            f"without {name}": {name: ()}
            for name in (
                "grants",
                "custodies",
                "residences",
                "assents",
                "nominations",
                "assessments",
                "covers",
            )
        },
        **{
            f"a tie that is {status}": {"kinships": (Kinship(**tie, status=status),)}
            for status in others
        },
        "restricted by an authority": {"restrictions": (bar,)},
        "opted out since yesterday": {"opt_outs": (OptOut(person=PATIENT, since=today - _DAY),)},
        "let in yesterday": {
            "grants": tuple(Grant(viewer=one, since=at - _DAY) for one in (VIEWER, PATIENT))
        },
        **{
            f"of {kind} capacity": {
                "capacities": (Capacity(person=PATIENT, kind=kind, since=today - _LONG),)
            }
            for kind in (CapacityKind.FULL, CapacityKind.NONE)
        },
    }


# -- Documents on either side of every constant ----------------------------------------------------


def _documents(editions: Editions, at: dt.datetime) -> tuple[Document, ...]:
    """Documents of every kind, label and source that matters, the earliest first."""
    sections = list(dict.fromkeys(name for one in editions for name in one.sections))
    return tuple(
        document for section in sections for document in _of_section(section, editions, at)
    )


def _of_section(section: str, editions: Editions, at: dt.datetime) -> Iterator[Document]:
    rules = [edition.sections[section] for edition in editions if section in edition.sections]
    kinds = list(dict.fromkeys(kind for rule in rules for kind in (None, *rule.kinds.value)))
    windows = [window for rule in rules for window in rule.windows.values()]
    sources = {"a source"} | {
        source for window in windows if window.sources for source in window.sources.value
    }
    delays = {0} | {window.delay_days.value for window in windows if window.delay_days}
    days = sorted(set(_days(windows, editions, at)))
    moments = {at - number * _DAY - extra for number in delays for extra in (0 * _DAY, _DAY)}
    if any(rule.basis and rule.basis.value is Basis.PUBLISHED for rule in rules):
        moments |= {edition.start_of(day) for edition in editions for day in days}
    for (occurred, signed), moment, kind, labels, source, seen in itertools.product(
        _dates(days, rules),
        sorted(moment for moment in moments if moment <= at),
        kinds,
        _labels(editions),
        sorted(sources),
        (at - _DAY, None),
    ):
        yield Document(
            id=DocumentId("document"),
            source=source,
            patient=_CARD,
            section=section,
            kind=kind,
            occurred_on=occurred,
            signed_on=signed,
            published_at=moment,
            acknowledged_at=seen,
            labels=labels,
        )


def _dates(days: list[dt.date], rules: list[SectionRule]) -> list[tuple[dt.date, dt.date]]:
    """When documents occurred and were signed: on one day, unless the editions tell them apart."""
    judged = {rule.basis.value for rule in rules if rule.basis}
    if {Basis.OCCURRED, Basis.SIGNED} <= judged:
        return list(itertools.product(days, days))
    return [(day, day) for day in days]


def _days(windows: list[Window], editions: Editions, at: dt.datetime) -> Iterator[dt.date]:
    """The first and last days of every window and bound, and the days before them."""
    today = editions[0].local_day(at)
    ends = [today, editions[0].local_day(at - _LONG)]
    for window in windows:
        ends += [one.value for one in (window.records_from, window.records_until) if one]
    for band in _bands(editions):
        if band.records_from:
            ends.append(band.records_from.value)
        if band.records_until_age:
            years = band.records_until_age.value
            ends += [_later(born, years) for born in _births(editions, today)]
    for end in ends:
        yield from (end - _DAY, end, end + _DAY)


def _later(born: dt.date, years: int) -> dt.date:
    return born.replace(year=born.year + years, day=min(born.day, 28))


def _labels(editions: Editions) -> list[frozenset[str]]:
    """No label, and each that any band knows."""
    known = {
        label
        for band in _bands(editions)
        for listed in (band.labels, band.flagged)
        if listed
        for label in listed.value
    }
    return [frozenset(), *(frozenset([label]) for label in sorted(known))]
