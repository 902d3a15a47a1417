"""A view as a condition on the columns of any table: this library's, or a host's own."""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from emrcore.access import Allowance, View
from emrcore.adapters.sql.schema import Labels, Moment
from emrcore.errors import Fault, Malformed
from emrcore.records import Standing
from emrcore.rulebook import Basis
from emrcore.wire import canonical

Allowances = tuple[Allowance, ...]

_CURRENT = sa.literal(Standing.CURRENT.value, sa.Text)


@attrs.frozen(kw_only=True, eq=False)
class Columns:
    """Where a table holds what decides about a document, in the words of ``Document``.

    Any SQL expression will do, such as ``sa.null()`` for a date that is not kept, or ``sa.case``
    from a host's codes to sections. ``standing`` is ``current`` in the rows that may be shown (see
    ``Standing``); a table without versions and retractions says ``sa.literal("current")``, and
    shows what it holds. ``labels`` are one text, their names in order as canonical
    JSON: ``[]``, ``["hiv","psychiatry"]``. Days are of type ``Date``; moments are ``Moment`` or
    ``DateTime(timezone=True)``. What is made for these columns is kept with them: make them once.

    Raises:
        Malformed: columns are of other types; every fault is listed.
    """

    patient: sa.ColumnElement[Any]
    source: sa.ColumnElement[Any]
    section: sa.ColumnElement[Any]
    kind: sa.ColumnElement[Any]
    labels: sa.ColumnElement[Any]
    published_at: sa.ColumnElement[Any]
    acknowledged_at: sa.ColumnElement[Any]
    occurred_on: sa.ColumnElement[Any]
    signed_on: sa.ColumnElement[Any]
    standing: sa.ColumnElement[Any]

    def __attrs_post_init__(self) -> None:
        """Refuse what would be compared with something else than it holds."""
        found = tuple(_faults(self))
        if found:
            raise Malformed("columns", found)

    def of(self, basis: Basis) -> sa.ColumnElement[Any]:
        """The date that a section with *basis* judges by."""
        match basis:
            case Basis.OCCURRED:
                return self.occurred_on
            case Basis.SIGNED:
                return self.signed_on
            case Basis.PUBLISHED:
                return self.published_at


@attrs.frozen(kw_only=True, eq=False)
class Where:
    """A condition, and what is to be bound when a statement with it is executed.

    ``clause`` is the same object for the same allowances and columns, whoever asks and when: a
    host may keep its statement by it.
    """

    clause: sa.ColumnElement[bool]
    bound: Mapping[str, Any] = attrs.field(repr=False)


def where(view: View, columns: Columns, *, patient: Any = None) -> Where:
    """The rows that *view* allows, of a table with *columns*.

    ``patient`` is the card's key in that table where it is not the text of ``view.subject``.

    Raises:
        Malformed: the table's key is no text, and ``patient`` is not given.
    """
    if patient is None and not isinstance(columns.patient.type, sa.String):
        raise Malformed("columns", (Fault("patient", "is no text: its key must be given"),))
    key = view.subject if patient is None else patient
    return Where(clause=clause(view.in_force(), columns), bound=bound(view, key))


@functools.lru_cache(maxsize=256)
def clause(allowed: Allowances, columns: Columns) -> sa.ColumnElement[bool]:
    """What any of *allowed* admits of the card."""
    if not allowed:
        return sa.false()
    return sa.and_(
        columns.patient == sa.bindparam("view_patient", type_=columns.patient.type),
        columns.standing == _CURRENT,
        columns.published_at <= _moment("view_at", columns.published_at),
        sa.or_(*(sa.and_(*_comparisons(one, columns)) for one in allowed)),
    )


def bound(view: View, patient: Any) -> dict[str, Any]:
    """What ``clause`` is bound to: the card's key and the moments."""
    allowed = view.in_force()
    if not allowed:
        return {}
    at = view.at.astimezone(dt.UTC)  # a day of a delay has 24 hours, whatever the clocks do
    delays = {_released(one): at - one.delay for one in allowed if one.delay}
    return {"view_patient": patient, "view_at": at, "view_acknowledged": at, **delays}


def _released(allowance: Allowance) -> str:
    """The parameter that says until when a document must be published to be released now."""
    return f"view_released_{allowance.delay // dt.timedelta(microseconds=1)}"


def _moment(name: str, column: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=column.type)


def _comparisons(allowance: Allowance, columns: Columns) -> Iterator[sa.ColumnElement[bool]]:
    yield columns.section == sa.literal(allowance.section, sa.Text)
    is_one = _is_in(columns.kind, sorted(allowance.kinds))
    yield sa.or_(columns.kind.is_(None), is_one) if allowance.unkinded else is_one
    yield _is_in(columns.labels, [canonical(sorted(some)) for some in allowance.label_sets()])
    if allowance.sources is not None:
        yield _is_in(columns.source, sorted(allowance.sources))
    if allowance.acknowledged:
        yield columns.acknowledged_at <= _moment("view_acknowledged", columns.acknowledged_at)
    if allowance.delay:
        yield columns.published_at <= _moment(_released(allowance), columns.published_at)
    if allowance.basis is not None:
        yield from _dated(allowance, columns.of(allowance.basis))


def _dated(allowance: Allowance, date: sa.ColumnElement[Any]) -> Iterator[sa.ColumnElement[bool]]:
    yield date.is_not(None)
    if allowance.since is not None:
        yield date >= sa.literal(allowance.since, date.type)
    if allowance.before is not None:
        yield date < sa.literal(allowance.before, date.type)


def _is_in(column: sa.ColumnElement[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
    if not values:
        return sa.false()
    return column.in_([sa.literal(value, sa.Text) for value in values])


# -- Types -----------------------------------------------------------------------------------------


def _faults(columns: Columns) -> Iterator[Fault]:
    for name in ("source", "section", "kind", "labels", "standing"):
        if not _is_null_or(getattr(columns, name), sa.String, Labels):
            yield Fault(name, "is no text")
    for name in ("published_at", "acknowledged_at"):
        column = getattr(columns, name)
        if not _is_null_or(column, Moment) and not getattr(column.type, "timezone", False):
            yield Fault(name, "is neither a Moment nor a DateTime(timezone=True)")
    for name in ("occurred_on", "signed_on"):
        if not _is_null_or(getattr(columns, name), sa.Date):
            yield Fault(name, "is no Date")


def _is_null_or(column: sa.ColumnElement[Any], *types: type[Any]) -> bool:
    """NULL admits nothing, so that it needs no type."""
    return isinstance(column, sa.Null) or isinstance(column.type, types)
