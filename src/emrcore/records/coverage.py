"""What an empty section means: nothing happened, nothing is recorded, or it is not open.

A page without documents is easily taken for good health. So each section says how much of what
happened is recorded, as far as somebody vouches for it: the rulebook for everybody, and a source
for one card. Nothing here looks at documents, and so nothing here can tell of hidden ones (SCT-4):
what is said of a section that is closed is the reason alone, and "nothing" means nothing that this
viewer may see.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping

import attrs

from emrcore import rules
from emrcore.access import Allowance, Reason, View, explain
from emrcore.errors import Fault, Malformed
from emrcore.people import PatientId
from emrcore.rulebook import Extent
from emrcore.texts import Language, marked, say


def _after_since(coverage: "Coverage", _: object, until: dt.date | None) -> None:
    if until and coverage.since and until <= coverage.since:
        raise Malformed("coverage", (Fault("until", "is not after since", rules.SCT_5),))


def _sorted(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(labels)))


@attrs.frozen(kw_only=True)
class Coverage:
    """How much of the card's *section* its source has recorded over the days ``[since, until)``.

    A missing day leaves that side open. ``labels`` are those of a document that would tell as much
    as this statement: it is made to those only who may see them.

    Raises:
        Malformed: SCT-5, *until* is not after *since*.
    """

    section: str
    extent: Extent
    since: dt.date | None = None
    until: dt.date | None = attrs.field(default=None, validator=_after_since)
    labels: tuple[str, ...] = attrs.field(default=(), converter=_sorted)


@attrs.frozen(kw_only=True)
class CardCoverage:
    """What each source states of one card."""

    by_source: Mapping[str, tuple[Coverage, ...]] = attrs.field(
        factory=dict[str, tuple[Coverage, ...]]
    )


@attrs.frozen(kw_only=True)
class CoverageStated:
    """*source* stated how much of the card it has recorded, in place of what it stated before."""

    patient: PatientId
    source: str
    sections: tuple[str, ...]
    at: dt.datetime


class SectionStanding(enum.StrEnum):
    """What a section says about itself to one viewer.

    ``nothing``: all that this viewer could be shown would be recorded, and nothing is there.
    ``unrecorded``: nothing is there, and that does not mean that nothing happened.
    """

    SHOWN = "shown"
    NOTHING = "nothing"
    UNRECORDED = "unrecorded"
    NOT_OPEN = "not-open"
    CLOSED = "closed"


@attrs.frozen(kw_only=True)
class Period:
    """Days ``[since, until)`` of which *extent* is stated, as far as the viewer may see them.

    ``said_by`` is the place in the rulebook's sources, or the source system that states it of this
    card; ``sources`` None: it is about whatever system recorded.
    """

    extent: Extent
    since: dt.date | None
    until: dt.date | None
    said_by: str
    sources: frozenset[str] | None = None


@attrs.frozen(kw_only=True)
class SectionStatement:
    """What *section* says of itself, by the earliest day first; ``reason`` is why it is closed."""

    section: str
    standing: SectionStanding
    periods: tuple[Period, ...] = ()
    reason: Reason | None = None


def statements(
    view: View, counts: Mapping[str, int], stated: CardCoverage | None = None
) -> dict[str, SectionStatement]:
    """What each section of the view's edition says of itself (SCT-3, SCT-4).

    *counts* are the visible documents by section, as ``count`` gives them.
    """
    known = stated or CardCoverage()
    return {
        section: statement(view, section, counts.get(section, 0), known)
        for section in view.edition.sections
    }


def statement(
    view: View, section: str, visible: int, stated: CardCoverage | None = None
) -> SectionStatement:
    """What *section* says of itself, of which *visible* documents are shown."""
    reason = view.refusal or view.closed.get(section)
    if reason:
        waits = reason.rule in {rules.ACC_1, rules.ACC_9}
        standing = SectionStanding.NOT_OPEN if waits else SectionStanding.CLOSED
        return SectionStatement(section=section, standing=standing, reason=reason)
    ways = [one for one in view.allowances if one.section == section]
    shown = _merged(_span(one, view) for one in ways)
    periods = sorted(
        (part for one in _stated(view, ways, section, stated) for part in _within(one, shown)),
        key=lambda one: (one.since or dt.date.min, one.until or dt.date.max, one.said_by),
    )
    standing = SectionStanding.SHOWN if visible else _empty(view, shown, periods)
    return SectionStatement(section=section, standing=standing, periods=tuple(periods))


# -- Spans of days ---------------------------------------------------------------------------------

_Span = tuple[dt.date, dt.date]
_EVER, _NEVER = dt.date.min, dt.date.max


def _span(allowance: Allowance, view: View) -> _Span:
    """The days over which documents are shown by *allowance*."""
    since = _day(allowance.since, view) if allowance.basis else None
    return since or _EVER, _day(allowance.before, view) or _NEVER


def _day(constant: dt.date | None, view: View) -> dt.date | None:
    return view.edition.local_day(constant) if isinstance(constant, dt.datetime) else constant


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """*spans* without overlaps, the earliest first."""
    found: list[_Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found


def _stated(
    view: View, ways: list[Allowance], section: str, stated: CardCoverage | None
) -> Iterator[Period]:
    """What the rulebook says of *section*, and what sources say of this card to this viewer."""
    for rule in view.edition.coverage.values():
        if section in rule.sections.value:
            yield Period(
                extent=rule.extent.value,
                since=rule.since.value if rule.since else None,
                until=rule.until.value if rule.until else None,
                said_by=rule.extent.source,
                sources=frozenset(rule.sources.value) if rule.sources else None,
            )
    for source, coverages in stated.by_source.items() if stated else ():
        for one in coverages:
            if one.section == section and any(_may_learn(way, source, one) for way in ways):
                yield Period(
                    extent=one.extent,
                    since=one.since,
                    until=one.until,
                    said_by=source,
                    sources=frozenset({source}),
                )


def _may_learn(way: Allowance, source: str, coverage: Coverage) -> bool:
    return way.labels.issuperset(coverage.labels) and (way.sources is None or source in way.sources)


def _within(period: Period, spans: list[_Span]) -> Iterator[Period]:
    """The parts of *period* that lie in *spans*."""
    for since, until in spans:
        first, last = max(since, period.since or _EVER), min(until, period.until or _NEVER)
        if first < last:
            yield attrs.evolve(
                period,
                since=None if first == _EVER else first,
                until=None if last == _NEVER else last,
            )


def _empty(view: View, shown: list[_Span], periods: list[Period]) -> SectionStanding:
    """What it means that nothing is there: whether all days up to today are covered in full."""
    tomorrow = view.edition.local_day(view.at) + dt.timedelta(days=1)
    complete = _merged(
        (one.since or _EVER, one.until or _NEVER)
        for one in periods
        if one.extent is Extent.COMPLETE and one.sources is None
    )
    past = [(since, min(until, tomorrow)) for since, until in shown if since < tomorrow]
    covered = bool(past) and all(
        any(first <= since and until <= last for first, last in complete) for since, until in past
    )
    return SectionStanding.NOTHING if covered else SectionStanding.UNRECORDED


# -- Sentences -------------------------------------------------------------------------------------

_EXTENTS = {
    Extent.COMPLETE: marked("Recorded in full {time}."),
    Extent.PARTIAL: marked("Recorded in part {time}."),
    Extent.NONE: marked("Not recorded {time}."),
}
_EMPTY = {
    SectionStanding.NOTHING: marked(
        "All of it is recorded, and there is nothing that you may see."
    ),
    SectionStanding.UNRECORDED: marked(
        "Nothing that you may see is recorded; that does not mean that nothing happened."
    ),
}


def told(statement: SectionStatement, language: Language) -> str:
    """*statement* as sentences a citizen can read."""
    return " ".join(_sentences(statement, language))


def _sentences(statement: SectionStatement, language: Language) -> Iterator[str]:
    reason = statement.reason
    if reason and reason.rule is rules.ACC_9 and reason.constant:
        yield say(language, "The section opens on {constant}.", constant=reason.constant)
    elif reason:
        yield explain(reason, language)
    if empty := _EMPTY.get(statement.standing):
        yield say(language, empty)
    for period in statement.periods:
        sentence = say(language, _EXTENTS[period.extent], time=_time(period, language))
        yield f"{', '.join(sorted(period.sources))}: {sentence}" if period.sources else sentence


def _time(period: Period, language: Language) -> str:
    since, until = period.since, period.until
    if since and until:
        return say(language, "from {since} until {until}", since=since, until=until)
    if since:
        return say(language, "since {since}", since=since)
    return say(language, "before {until}", until=until) if until else say(language, "at any time")
