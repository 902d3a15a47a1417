"""Executing a view over plain Python objects.

This is the reference: every other execution (SQL, data frames) must admit the same documents.
"""

import collections
import datetime as dt
from collections.abc import Iterable

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

    A document of another card is never visible.
    """
    if obstacle := _closed(view, document):
        return _hidden(obstacle)
    hidden_by = Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=document.section)
    for allowance in view.allowances:
        if allowance.section == document.section:
            obstacle = _obstacle(allowance, document)
            if obstacle is None:
                return Verdict(visible=True, reason=allowance.reason)
            hidden_by = obstacle
    return _hidden(hidden_by)


def _closed(view: View, document: Document) -> Reason | None:
    """What hides *document* before any allowance is asked."""
    if document.patient != view.subject:
        return Reason(rule=rules.ACC_2, source=_UNKNOWN)
    if view.refusal:
        return view.refusal
    if document.published_at > view.at:
        return Reason(rule=rules.ACC_13, source=_UNKNOWN, constant=document.published_at)
    return view.closed.get(document.section)


def _hidden(reason: Reason) -> Verdict:
    return Verdict(visible=False, reason=reason)


def _obstacle(allowance: Allowance, document: Document) -> Reason | None:
    """The first comparison of *allowance* that *document* does not pass."""
    if document.kind is not None and document.kind not in allowance.kinds:
        return Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=document.kind)
    if barred := document.labels - allowance.labels:
        return Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=min(barred))
    if allowance.basis is None:
        return None
    date = document.judged_by(allowance.basis)
    if date is None:
        return Reason(rule=rules.ACC_11, source=_UNKNOWN, constant=allowance.basis)
    return None if _within(allowance, date) else allowance.reason


def _within(allowance: Allowance, date: dt.date) -> bool:
    since, before = allowance.since, allowance.before
    return (since is None or since <= date) and (before is None or date < before)
