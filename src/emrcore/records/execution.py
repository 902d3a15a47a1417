"""Executing a view over plain Python objects.

This is the reference: every other execution (SQL, data frames) must admit the same documents.

An allowance becomes a test once, with everything about it looked up and every verdict made that
does not depend on the document. Deciding about a document, filtering a card and telling why are the
same tests.
"""

import collections
import datetime as dt
import functools
import operator
from collections.abc import Callable, Iterable

import attrs

from emrcore import rules
from emrcore.access import Allowance, Reason, View
from emrcore.records.document import Document, Standing
from emrcore.rulebook import Basis, May

_UNKNOWN = "choice: 4"
_CURRENT = Standing.CURRENT


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether one document is visible under a view, and the reason either way.

    ``may`` is what the viewer may do with it, None where it is hidden.
    """

    visible: bool
    reason: Reason
    may: May | None = None


def visible(view: View, documents: Iterable[Document]) -> list[Document]:
    """The documents that *view* allows, in their order."""
    subject, now, ways = view.subject, view.at.astimezone(dt.UTC), _open(view)
    return [
        document
        for document in documents
        if (way := ways.get(document.section))
        and document.standing is _CURRENT
        and document.patient == subject
        and document.published_at <= now
        and (
            (
                document.kind in way.kinds
                and not document.labels
                and (
                    way.since is None
                    or ((date := way.date_of(document)) is not None and date >= way.since)
                )
            )
            or (not way.whole and way.test(document, now)[1].visible)
        )
    ]


def count(view: View, documents: Iterable[Document]) -> dict[str, int]:
    """How many documents *view* allows, by section; sections without any are left out (REC-1)."""
    return dict(collections.Counter(document.section for document in visible(view, documents)))


def judge(view: View, document: Document) -> Verdict:
    """Whether *view* shows *document*, and why or why not.

    A document of another card is never visible, nor a version that is not current. Of several
    allowances that admit it, the one that allows the most tells the reason; of several that do not,
    the one that came furthest (ACC-22).
    """
    now = view.at.astimezone(dt.UTC)
    if document.patient != view.subject:
        return _ELSEWHERE
    if document.standing is not _CURRENT:
        return _TAKEN_BACK[document.standing]
    if document.published_at > now and not view.refusal:
        return _hidden(Reason(rule=rules.ACC_13, source=_UNKNOWN, constant=document.published_at))
    return _test_of(view, document.section)(document, now)[1]


def verdicts(view: View, documents: Iterable[Document]) -> list[Verdict]:
    """What ``judge`` says of each of *documents*, in their order."""
    subject, now, ways = view.subject, view.at.astimezone(dt.UTC), _open(view)
    test_of = functools.cache(functools.partial(_test_of, view))
    return [
        (
            way.shown
            if way.since is None
            or ((date := way.date_of(document)) is not None and date >= way.since)
            else way.undated
            if date is None
            else way.early
        )
        if document.patient == subject
        and document.standing is _CURRENT
        and document.published_at <= now
        and (way := ways.get(document.section))
        and document.kind in way.kinds
        and not document.labels
        else test_of(document.section)(document, now)[1]
        if document.patient == subject
        and document.standing is _CURRENT
        and document.published_at <= now
        else judge(view, document)
        for document in documents
    ]


def withheld(view: View, documents: Iterable[Document]) -> int:
    """How many documents a label hides from this viewer who is to be told so (ACC-16)."""
    return sum(one.reason.rule is rules.ACC_16 for one in verdicts(view, documents))


def _open(view: View) -> "dict[str, _Way]":
    """The sections of which something may be shown."""
    if view.refusal:
        return {}
    ways, closed = _ways(view.allowances), view.closed
    return {section: way for section, way in ways.items() if section not in closed}


def _hidden(reason: Reason) -> Verdict:
    return Verdict(visible=False, reason=reason)


def _unknown(what: str) -> Verdict:
    return _hidden(Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=what))


_ELSEWHERE = _hidden(Reason(rule=rules.ACC_2, source=_UNKNOWN))
_TAKEN_BACK = {
    standing: _hidden(Reason(rule=rules.REC_4, source=rules.REC_4.source, constant=standing))
    for standing in (Standing.SUPERSEDED, Standing.RETRACTED)
}


# -- Tests -----------------------------------------------------------------------------------------

_Found = tuple[int, Verdict]
"""A verdict, and how many comparisons were passed on the way to it."""

_Test = Callable[[Document, dt.datetime], _Found]
"""Asks one document of the right card and section, that is published, at the moment (in UTC)."""

_KIND, _SOURCE, _LABELS, _DATE, _RELEASE, _ALL = range(6)
"""How many comparisons were passed where each of them fails, in the order they are made."""

_DATES: dict[Basis, Callable[[Document], dt.date | None]] = {
    Basis.OCCURRED: operator.attrgetter("occurred_on"),
    Basis.SIGNED: operator.attrgetter("signed_on"),
    Basis.PUBLISHED: operator.attrgetter("published_at"),
}


def _test_of(view: View, section: str) -> _Test:
    """What *view* asks of the documents of *section*."""
    reason = view.refusal or view.closed.get(section)
    if reason:
        told = 0, _hidden(reason)
        return lambda _, __: told
    way = _ways(view.allowances).get(section)
    return way.test if way else _any_of(())


@attrs.frozen(kw_only=True)
class _Way:
    """Into one section, past ``test`` where that is possible.

    An unlabelled document of ``kinds`` that is dated ``since`` or later passes at once; without
    ``since`` no date is asked for. Others ask ``test``, unless ``whole``: then none of them passes.
    """

    test: _Test
    kinds: frozenset[str | None] = frozenset()
    date_of: Callable[[Document], dt.date | None] = _DATES[Basis.OCCURRED]
    since: dt.date | None = None
    whole: bool = False
    shown: Verdict = _ELSEWHERE
    early: Verdict = _ELSEWHERE
    undated: Verdict = _ELSEWHERE


@functools.lru_cache(maxsize=4096)
def _ways(allowances: tuple[Allowance, ...]) -> dict[str, _Way]:
    """The way into each section that *allowances* speak about."""
    by_section: dict[str, list[Allowance]] = {}
    for one in allowances:
        by_section.setdefault(one.section, []).append(one)
    return {section: _way(tuple(some)) for section, some in by_section.items()}


def _way(allowances: tuple[Allowance, ...]) -> _Way:
    """Several *allowances*, or one that asks for more than since when, leave all to the test."""
    one, test = allowances[0], _any_of(allowances)
    asks_more = one.sources is not None or one.before is not None or one.delay or one.acknowledged
    if len(allowances) > 1 or asks_more or (one.basis is not None and one.since is None):
        return _Way(test=test)
    return _Way(
        test=test,
        kinds=one.kinds | {None} if one.unkinded else one.kinds,
        date_of=_DATES[one.basis or Basis.OCCURRED],
        since=None if one.basis is None else _in_utc(one.since),
        whole=not one.labels,
        shown=Verdict(visible=True, reason=one.reason, may=one.may),
        early=_hidden(one.reason),
        undated=_unknown(one.basis or ""),
    )


@functools.lru_cache(maxsize=4096)
def _any_of(allowances: tuple[Allowance, ...]) -> _Test:
    """The test of one section, which any of its *allowances* may pass."""
    tests = tuple(map(_test, allowances))
    if len(tests) == 1:
        return tests[0]

    def ask(document: Document, now: dt.datetime) -> _Found:
        best = -1, _unknown(document.section)
        for test in tests:
            found = test(document, now)
            if found[0] > best[0] or (
                found[0] == best[0] and found[1].reason.goes_before(best[1].reason)
            ):
                best = found
        return best

    return ask


def _test(allowance: Allowance) -> _Test:
    kinds, unkinded, sources = allowance.kinds, allowance.unkinded, allowance.sources
    labels, is_dated, is_released = allowance.labels, _dating(allowance), _releasing(allowance)
    shown = (
        _ALL + allowance.may,
        Verdict(visible=True, reason=allowance.reason, may=allowance.may),
    )

    def ask(document: Document, now: dt.datetime) -> _Found:
        kind = document.kind
        if not unkinded if kind is None else kind not in kinds:
            return _KIND, _unknown(kind or "kind")
        if sources is not None and document.source not in sources:
            return _SOURCE, _unknown(document.source)
        if document.labels and not document.labels <= labels:
            return _LABELS, _labelled(document, allowance)
        if is_dated and (obstacle := is_dated(document)):
            return obstacle
        if is_released and (obstacle := is_released(document, now)):
            return obstacle
        return shown

    return ask


def _labelled(document: Document, allowance: Allowance) -> Verdict:
    barred = document.labels - allowance.labels
    rule = rules.ACC_16 if barred <= allowance.flagged else rules.ACC_11
    return _hidden(Reason(rule=rule, source=allowance.reason.source, constant=min(barred)))


def _dating(allowance: Allowance) -> Callable[[Document], _Found | None] | None:
    """What tests the date; None where none is asked for."""
    if allowance.basis is None:
        return None
    date_of = _DATES[allowance.basis]
    since, before = _in_utc(allowance.since), _in_utc(allowance.before)
    undated = _DATE, _unknown(allowance.basis)
    early = _DATE, _hidden(allowance.reason)
    late = _DATE, _hidden(allowance.ends or allowance.reason)

    def ask(document: Document) -> _Found | None:
        date = date_of(document)
        if date is None:
            return undated
        if since is not None and date < since:
            return early
        if before is not None and date >= before:
            return late
        return None

    return ask


def _in_utc(constant: dt.date | None) -> dt.date | None:
    """A moment on the clock of the documents; a day as it is."""
    return constant.astimezone(dt.UTC) if isinstance(constant, dt.datetime) else constant


def _releasing(
    allowance: Allowance,
) -> Callable[[Document, dt.datetime], _Found | None] | None:
    """What tests the release; None where publication releases at once."""
    delay, acknowledged = allowance.delay, allowance.acknowledged
    if not delay and not acknowledged:
        return None
    unreleased = _RELEASE, _hidden(Reason(rule=rules.ACC_19, source=allowance.reason.source))

    def ask(document: Document, now: dt.datetime) -> _Found | None:
        seen = document.acknowledged_at
        unseen = acknowledged and (seen is None or seen > now)
        return unreleased if unseen or document.published_at + delay > now else None

    return ask
