"""Executing a view over plain Python objects.

This is the reference: every other execution (SQL, data frames) must admit the same documents.
"""

import collections
from collections.abc import Callable, Iterable

import attrs

from emrcore import rules
from emrcore.access import Allowance, Reason, View
from emrcore.records.document import Document

_UNKNOWN = "choice: 4"


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether one document is visible under a view, and the reason either way."""

    visible: bool
    reason: Reason


def visible(view: View, documents: Iterable[Document]) -> list[Document]:
    """The documents that *view* allows, in their order."""
    return [document for document in documents if judge(view, document).visible]


def count(view: View, documents: Iterable[Document]) -> dict[str, int]:
    """How many documents *view* allows, by section; sections without any are left out (REC-1)."""
    return dict(collections.Counter(document.section for document in visible(view, documents)))


def judge(view: View, document: Document) -> Verdict:
    """Whether *view* shows *document*, and why or why not.

    A document of another card is never visible. Of several allowances that do not admit it, the one
    that came furthest tells the reason.
    """
    if obstacle := _closed(view, document):
        return Verdict(visible=False, reason=obstacle)
    furthest, hidden_by = -1, _unknown(document.section)
    for allowance in view.allowances:
        if allowance.section == document.section:
            passed, obstacle = _obstacle(view, allowance, document)
            if obstacle is None:
                return Verdict(visible=True, reason=allowance.reason)
            if passed > furthest:
                furthest, hidden_by = passed, obstacle
    return Verdict(visible=False, reason=hidden_by)


def withheld(view: View, documents: Iterable[Document]) -> int:
    """How many documents a label hides from this viewer who is to be told so (ACC-16)."""
    verdicts = (judge(view, document) for document in documents)
    return sum(one.reason.rule is rules.ACC_16 for one in verdicts if not one.visible)


def _closed(view: View, document: Document) -> Reason | None:
    """What hides *document* before any allowance is asked."""
    if document.patient != view.subject:
        return Reason(rule=rules.ACC_2, source=_UNKNOWN)
    if view.refusal:
        return view.refusal
    if document.published_at > view.at:
        return Reason(rule=rules.ACC_13, source=_UNKNOWN, constant=document.published_at)
    return view.closed.get(document.section)


def _obstacle(view: View, allowance: Allowance, document: Document) -> tuple[int, Reason | None]:
    """The first comparison *document* does not pass, and how many it passed before."""
    for passed, comparison in enumerate(_COMPARISONS):
        if obstacle := comparison(view, allowance, document):
            return passed, obstacle
    return len(_COMPARISONS), None


def _kind(_: View, allowance: Allowance, document: Document) -> Reason | None:
    if document.kind is None:
        return None if allowance.unkinded else _unknown("kind")
    return None if document.kind in allowance.kinds else _unknown(document.kind)


def _source(_: View, allowance: Allowance, document: Document) -> Reason | None:
    if allowance.sources is None or document.source in allowance.sources:
        return None
    return _unknown(document.source)


def _labels(_: View, allowance: Allowance, document: Document) -> Reason | None:
    barred = document.labels - allowance.labels
    if not barred:
        return None
    flagged = barred <= allowance.flagged
    rule = rules.ACC_16 if flagged else rules.ACC_11
    return Reason(rule=rule, source=allowance.reason.source, constant=min(barred))


def _date(_: View, allowance: Allowance, document: Document) -> Reason | None:
    if allowance.basis is None:
        return None
    date = document.judged_by(allowance.basis)
    if date is None:
        return _unknown(allowance.basis)
    if allowance.since is not None and date < allowance.since:
        return allowance.reason
    if allowance.before is not None and date >= allowance.before:
        return allowance.ends or allowance.reason
    return None


def _release(view: View, allowance: Allowance, document: Document) -> Reason | None:
    seen = document.acknowledged_at
    unseen = allowance.acknowledged and (seen is None or seen > view.at)
    if unseen or document.published_at + allowance.delay > view.at:
        return Reason(rule=rules.ACC_19, source=allowance.reason.source)
    return None


def _unknown(what: str) -> Reason:
    return Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=what)


_COMPARISONS: tuple[Callable[[View, Allowance, Document], Reason | None], ...] = (
    _kind,
    _source,
    _labels,
    _date,
    _release,
)
