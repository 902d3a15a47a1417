"""Reading a card page by page, newest first; each page is decided anew."""

import base64
import binascii
import datetime as dt
import hashlib
import json
from collections.abc import Iterable

import attrs

from emrcore import rules
from emrcore.access import View
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.records.coverage import SectionStatement
from emrcore.records.document import Document
from emrcore.records.execution import visible

Position = tuple[dt.date, str, str]

MOST = 200
"""The largest page, in documents."""


@attrs.frozen(kw_only=True)
class Page:
    """Some visible documents, newest first, and the cursor of the next page (None: no more).

    ``statement`` is what the section says of itself, where the office was asked for one section.
    """

    documents: tuple[Document, ...]
    cursor: str | None
    statement: SectionStatement | None = None


def position(document: Document) -> Position:
    """Where *document* stands in its card: by day, then source, then id."""
    return document.dated, document.source, document.id


def page(
    view: View,
    documents: Iterable[Document],
    *,
    cursor: str | None = None,
    section: str | None = None,
    size: int = 50,
) -> Page:
    """The next *size* visible documents after *cursor*, of one *section* or of all.

    Raises:
        RuleBroken: REC-2, the cursor was made for somebody or something else.
        Malformed: *cursor* or *size* is none.
    """
    after = opened(cursor, view)
    check_size(size)
    found = [
        document
        for document in visible(view, documents)
        if section in {None, document.section} and (after is None or position(document) < after)
    ]
    found.sort(key=position, reverse=True)
    return cut(view, found[: size + 1], size)


def cut(view: View, found: list[Document], size: int) -> Page:
    """A page of *size* from up to ``size + 1`` documents *found* in order."""
    shown = tuple(found[:size])
    more = len(found) > size
    return Page(documents=shown, cursor=_sealed(view, position(shown[-1])) if more else None)


def check_size(size: int) -> None:
    """Refuse a page that is empty or larger than ``MOST``."""
    if not 1 <= size <= MOST:
        raise Malformed("page", (Fault("size", f"must be from 1 to {MOST}"),))


def opened(cursor: str | None, view: View) -> Position | None:
    """The position in *cursor*, or None for the first page.

    Raises:
        RuleBroken: REC-2, the cursor was made for another viewer, card or edition.
        Malformed: it is no cursor.
    """
    if cursor is None:
        return None
    try:
        day, source, identifier, whose = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        found = dt.date.fromisoformat(day), str(source), str(identifier)
    except (ValueError, TypeError, binascii.Error):
        raise Malformed("cursor", (Fault("cursor", "is no cursor", rules.REC_2),)) from None
    if whose != _whose(view):
        raise RuleBroken(rules.REC_2)
    return found


def _sealed(view: View, where: Position) -> str:
    day, source, identifier = where
    content = json.dumps([day.isoformat(), source, identifier, _whose(view)])
    return base64.urlsafe_b64encode(content.encode()).decode()


def _whose(view: View) -> str:
    parts = [view.viewer.person, view.viewer.role, view.subject, view.edition.fingerprint]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
