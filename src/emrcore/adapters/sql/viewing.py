"""A view as a WHERE clause, over the same comparisons as ``emrcore.records.judge``.

Every comparison is positive and none is negated, so a NULL admits nothing. Statements are made
once per set of allowances, which only a new edition or the opening of a section changes; all that
differs from call to call is bound. A value to compare with is a parameter of its own, since a list
would be spelled out anew at every call.
"""

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from emrcore.access import Allowance, View
from emrcore.adapters.sql import clauses
from emrcore.adapters.sql.clauses import Columns
from emrcore.adapters.sql.schema import documents

_DOCUMENT = documents.c
_PLACE = (_DOCUMENT.dated, _DOCUMENT.source, _DOCUMENT.id)
_STORED = {"dated", "number", "standing", "digest"}
_SHOWN: tuple[sa.ColumnElement[Any], ...] = (
    *(column for column in _DOCUMENT if column.name not in _STORED),
    _DOCUMENT.dated.label("listed_on"),
)
_COLUMNS = Columns(
    patient=_DOCUMENT.patient,
    source=_DOCUMENT.source,
    section=_DOCUMENT.section,
    kind=_DOCUMENT.kind,
    labels=_DOCUMENT.labels,
    published_at=_DOCUMENT.published_at,
    acknowledged_at=_DOCUMENT.acknowledged_at,
    occurred_on=_DOCUMENT.occurred_on,
    signed_on=_DOCUMENT.signed_on,
    standing=_DOCUMENT.standing,
)

Allowances = tuple[Allowance, ...]


def bound(view: View) -> Mapping[str, Any]:
    """What the statements below are bound to under *view*."""
    return clauses.bound(view, view.subject)


@functools.lru_cache(maxsize=256)
def page(allowed: Allowances, *, in_section: bool, resumed: bool) -> sa.Select[Any]:
    """The ``limit`` newest documents: of a ``section``, after ``(day, source, id)``, if so."""
    found = sa.select(*_SHOWN).where(_visible(allowed))
    if in_section:
        found = found.where(_DOCUMENT.section == sa.bindparam("section", type_=sa.Text))
    if resumed:
        after = (
            sa.bindparam("day", type_=sa.Date),
            sa.bindparam("source", type_=sa.Text),
            sa.bindparam("id", type_=sa.Text),
        )
        found = found.where(sa.tuple_(*_PLACE) < sa.tuple_(*after))
    newest = [column.desc() for column in _PLACE]
    return found.order_by(*newest).limit(sa.bindparam("limit", type_=sa.Integer))


@functools.lru_cache(maxsize=256)
def count(allowed: Allowances) -> sa.Select[Any]:
    """How many documents, by section."""
    section = _DOCUMENT.section
    told: list[sa.ColumnElement[Any]] = [section, sa.func.count().label("total")]
    return sa.select(*told).where(_visible(allowed)).group_by(section)


@functools.lru_cache(maxsize=256)
def one(allowed: Allowances) -> sa.Select[Any]:
    """The document named by ``source`` and ``id``."""
    named = (
        _DOCUMENT.source == sa.bindparam("source", type_=sa.Text),
        _DOCUMENT.id == sa.bindparam("id", type_=sa.Text),
    )
    return sa.select(*_SHOWN).where(*named, _visible(allowed))


def _visible(allowed: Allowances) -> sa.ColumnElement[bool]:
    return clauses.clause(allowed, _COLUMNS)
