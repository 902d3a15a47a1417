"""A view as a filter of a frame, over the same comparisons as ``emrcore.records.judge``.

Every comparison is positive, between a column and a constant, and none is negated: what is missing
admits nothing, whether the engine knows of nulls or not. The card is found first, so that the rest
is asked of its few rows where an engine goes step by step.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from emrcore.access import Allowance, View
from emrcore.adapters.frames.columns import COLUMNS, Column, faults, rows, with_days
from emrcore.errors import Fault, Malformed
from emrcore.records import Standing
from emrcore.rulebook import Basis
from emrcore.wire import canonical

_DATES = {Basis.OCCURRED: "occurred_on", Basis.SIGNED: "signed_on", Basis.PUBLISHED: "published_at"}
_MOST_LABELS = 6

_KNOWN = {
    nw.Implementation.POLARS,
    nw.Implementation.PANDAS,
    nw.Implementation.PYARROW,
    nw.Implementation.DUCKDB,
    nw.Implementation.PYSPARK,
}

_Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


def visible(view: View, documents: IntoFrameT) -> IntoFrameT:
    """The rows of *documents* that *view* allows, in their order, as the kind of frame it is.

    A lazy frame stays lazy; it is asked once, at this call, whether values are missing.

    Raises:
        Malformed: the frame lacks one of ``COLUMNS``, or it holds something else, or a row has
            nothing where something must be; every fault is listed. Or an engine is not known to
            show the same documents, or cannot hold the view's constants.
    """
    frame = _checked(view, documents)
    shown: IntoFrameT = _shown(view, frame).to_native()
    return shown


def count(view: View, documents: IntoFrame) -> dict[str, int]:
    """How many rows *view* allows, by section, computed now (REC-1).

    Raises:
        Malformed: as ``visible``.
    """
    shown = _shown(view, _checked(view, documents))
    totals = shown.select("section").group_by("section").agg(nw.len().alias("total"))
    return {str(section): int(total) for section, total in rows(totals)}


def _checked(view: View, documents: Any) -> _Frame:
    """*documents* as narwhals has them, if they and the constants of *view* can be compared."""
    known = taken("documents", documents, COLUMNS)
    if found := tuple(unsaid(view)):
        raise Malformed("view", found)
    return known


def taken(what: str, given: Any, columns: tuple[Column, ...]) -> _Frame:
    """The frame *given* as *what*, as narwhals has it, if an engine is known and holds *columns*.

    Raises:
        Malformed: it is not; every fault is listed.
    """
    frame: Any = nw.from_native(given, pass_through=True)
    if not _is_frame(frame) or not is_known(frame.implementation):
        told = "is no frame of Polars, pandas, PyArrow, DuckDB or PySpark"
        raise Malformed(what, (Fault("frame", told),))
    known: _Frame = frame
    if found := faults(known, columns):
        raise Malformed(what, found)
    return known


def _is_frame(given: Any) -> bool:
    return isinstance(given, nw.DataFrame | nw.LazyFrame)


def is_known(engine: nw.Implementation) -> bool:
    """Whether the tests have compared what *engine* shows with what memory shows."""
    return engine in _KNOWN


def unsaid(view: View) -> Iterator[Fault]:
    """What of *view* no frame can be asked for."""
    texts: dict[str, list[str]] = {"subject": [view.subject]}
    for number, one in enumerate(view.in_force()):
        place = f"allowances[{number}]"
        if len(one.labels) > _MOST_LABELS:
            yield Fault(f"{place}.labels", f"more than {_MOST_LABELS} labels")
        texts[place] = [one.section, *one.kinds, *(one.sources or ())]
    for place, values in texts.items():
        if any("\ud800" <= character <= "\udfff" for value in values for character in value):
            yield Fault(place, "has a text that is not Unicode: half of a surrogate pair")


def _shown(view: View, frame: _Frame) -> _Frame:
    allowed = view.in_force()
    if not allowed:
        return frame.head(0)
    card = frame.filter(nw.col("patient") == view.subject)
    if isinstance(card, nw.DataFrame) and card.implementation.is_pandas():
        return _of_pandas(card, allowed, view.at)
    return card.filter(admits(allowed, view.at, card.collect_schema()))


def _of_pandas(
    card: nw.DataFrame[Any], allowed: tuple[Allowance, ...], at: dt.datetime
) -> nw.DataFrame[Any]:
    """By place and not by index, which may have an entry twice."""
    dated = with_days(card)
    is_shown = admits(allowed, at, dated.schema).fill_null(value=False)
    chosen = dated.select(is_shown.alias("shown"))["shown"].to_numpy().astype(bool)
    return nw.from_native(card.to_native().loc[chosen], eager_only=True)


def admits(
    allowed: tuple[Allowance, ...], at: dt.datetime, schema: Mapping[str, nw.dtypes.DType]
) -> nw.Expr:
    """Whether a row of the right card is published at *at* and any of *allowed* admits it."""
    now = at.astimezone(dt.UTC)  # a day of a delay has 24 hours, whatever the clocks do
    admitted = (
        nw.all_horizontal(*_comparisons(one, now, schema), ignore_nulls=False) for one in allowed
    )
    return _current() & _published(now) & nw.any_horizontal(*admitted, ignore_nulls=False)


def _current() -> nw.Expr:
    return nw.col("standing") == Standing.CURRENT.value


def _published(moment: dt.datetime) -> nw.Expr:
    return nw.col("published_at") <= moment


def _comparisons(
    allowance: Allowance, at: dt.datetime, schema: Mapping[str, nw.dtypes.DType]
) -> Iterator[nw.Expr]:
    kind = nw.col("kind")
    yield nw.col("section") == allowance.section
    is_one = _is_in("kind", sorted(allowance.kinds))
    yield kind.is_null() | is_one if allowance.unkinded else is_one
    yield _is_in("labels", [canonical(sorted(some)) for some in allowance.label_sets()])
    if allowance.sources is not None:
        yield _is_in("source", sorted(allowance.sources))
    if allowance.acknowledged:
        yield nw.col("acknowledged_at") <= at
    if allowance.delay:
        yield _published(at - allowance.delay)
    if allowance.basis is not None:
        yield from _dated(allowance, _DATES[allowance.basis], schema)


def _dated(
    allowance: Allowance, name: str, schema: Mapping[str, nw.dtypes.DType]
) -> Iterator[nw.Expr]:
    date = nw.col(name)
    if allowance.since is None and allowance.before is None:
        yield ~date.is_null()
    if allowance.since is not None:
        yield date >= as_in(schema[name], allowance.since)
    if allowance.before is not None:
        yield date < as_in(schema[name], allowance.before)


def as_in(dtype: nw.dtypes.DType, constant: dt.date) -> dt.date:
    """A moment in UTC; a day as it is, or as its midnight where the column has midnights."""
    if isinstance(constant, dt.datetime):
        return constant.astimezone(dt.UTC)
    return dt.datetime.combine(constant, dt.time()) if dtype == nw.Datetime else constant


def _is_in(name: str, values: list[str]) -> nw.Expr:
    """Whether the column is one of *values*; nothing is among none."""
    column = nw.col(name)
    match values:
        case []:
            return nw.lit(value=False)
        case [only]:
            return column == only
        case _:
            return column.is_in(values)
