"""A view as a WHERE clause, over the same comparisons as ``emrcore.records.judge``.

Every comparison is positive and none is negated, so a NULL admits nothing. Statements are made
once per set of allowances, which only a new edition or the opening of a section changes; all that
differs from call to call is bound. A value to compare with is a parameter of its own, since a list
would be spelled out anew at every call.
"""

import datetime as dt
import functools
import itertools
from collections.abc import Iterator

import sqlalchemy as sa

from emrcore.access import Allowance, View
from emrcore.adapters.sql.schema import Labels, Moment, documents
from emrcore.rulebook import Basis

_DOCUMENT = documents.c
_PLACE = (_DOCUMENT.dated, _DOCUMENT.source, _DOCUMENT.id)
_DATES = {
    Basis.OCCURRED: _DOCUMENT.occurred_on,
    Basis.SIGNED: _DOCUMENT.signed_on,
    Basis.PUBLISHED: _DOCUMENT.published_at,
}
_SHOWN = [column for column in _DOCUMENT if column is not _DOCUMENT.dated]

Allowances = tuple[Allowance, ...]


def allowances(view: View) -> Allowances:
    """Those of *view* that count: none of a refused view, none of a closed section."""
    if view.refusal:
        return ()
    return tuple(one for one in view.allowances if one.section not in view.closed)


@functools.lru_cache(maxsize=256)
def page(allowed: Allowances, *, in_section: bool, resumed: bool) -> sa.Executable:
    """The ``limit`` newest documents: of a ``section``, after ``(day, source, id)``, if so."""
    found = sa.select(*_SHOWN).where(*_visible(allowed))
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
def count(allowed: Allowances) -> sa.Executable:
    """How many documents, by section."""
    total = sa.func.count().label("total")
    section = _DOCUMENT.section
    return sa.select(section, total).where(*_visible(allowed)).group_by(section)


@functools.lru_cache(maxsize=256)
def one(allowed: Allowances) -> sa.Executable:
    """The document named by ``source`` and ``id``."""
    named = (
        _DOCUMENT.source == sa.bindparam("source", type_=sa.Text),
        _DOCUMENT.id == sa.bindparam("id", type_=sa.Text),
    )
    return sa.select(*_SHOWN).where(*named, *_visible(allowed))


def released(allowance: Allowance) -> str:
    """The parameter that says until when a document must be published to be released now."""
    return f"released_{allowance.delay // dt.timedelta(microseconds=1)}"


def _visible(allowed: Allowances) -> Iterator[sa.ColumnElement[bool]]:
    yield _DOCUMENT.patient == sa.bindparam("patient", type_=sa.Text)
    yield _DOCUMENT.published_at <= sa.bindparam("at", type_=Moment)
    yield sa.or_(*(sa.and_(*_comparisons(allowance)) for allowance in allowed))


def _comparisons(allowance: Allowance) -> Iterator[sa.ColumnElement[bool]]:
    yield _DOCUMENT.section == sa.literal(allowance.section, sa.Text)
    kinds = [sa.literal(kind, sa.Text) for kind in sorted(allowance.kinds)]
    is_one = _DOCUMENT.kind.in_(kinds)
    yield sa.or_(_DOCUMENT.kind.is_(None), is_one) if allowance.unkinded else is_one
    yield _DOCUMENT.labels.in_([sa.literal(some, Labels) for some in _subsets(allowance.labels)])
    if allowance.sources is not None:
        sources = [sa.literal(source, sa.Text) for source in sorted(allowance.sources)]
        yield _DOCUMENT.source.in_(sources)
    if allowance.acknowledged:
        yield _DOCUMENT.acknowledged_at <= sa.bindparam("at", type_=Moment)
    if allowance.delay:
        yield _DOCUMENT.published_at <= sa.bindparam(released(allowance), type_=Moment)
    if allowance.basis is None:
        return
    date = _DATES[allowance.basis]
    yield date.is_not(None)
    if allowance.since is not None:
        yield date >= allowance.since
    if allowance.before is not None:
        yield date < allowance.before


def _subsets(labels: frozenset[str]) -> list[frozenset[str]]:
    """All of them; a rulebook has at most 6 labels."""
    sizes = range(len(labels) + 1)
    return [
        frozenset(some) for size in sizes for some in itertools.combinations(sorted(labels), size)
    ]
