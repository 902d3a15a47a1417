"""The columns a frame of documents has, and the refusal of frames that have others."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from emrcore.errors import Fault
from emrcore.records import Document
from emrcore.wire import canonical


class Holds(enum.StrEnum):
    """What a column holds, as a fault says it."""

    TEXT = "text, plain or as categories"
    DAY = "days: a date"
    MOMENT = "moments: microseconds in UTC"


@attrs.frozen(kw_only=True)
class Column:
    """One column: its name, what it holds, and whether a row may have nothing in it."""

    name: str
    holds: Holds
    nullable: bool = False


COLUMNS: tuple[Column, ...] = (
    Column(name="patient", holds=Holds.TEXT),
    Column(name="source", holds=Holds.TEXT),
    Column(name="section", holds=Holds.TEXT),
    Column(name="kind", holds=Holds.TEXT, nullable=True),
    Column(name="labels", holds=Holds.TEXT),
    Column(name="published_at", holds=Holds.MOMENT),
    Column(name="acknowledged_at", holds=Holds.MOMENT, nullable=True),
    Column(name="occurred_on", holds=Holds.DAY, nullable=True),
    Column(name="signed_on", holds=Holds.DAY, nullable=True),
    Column(name="standing", holds=Holds.TEXT),
)
"""Those of ``Document`` that decide; a frame may have more. The labels of a document are one text,
their names in order as canonical JSON: ``[]``, ``["hiv","psychiatry"]``, as the SQL schema has it.
``standing`` is ``current``, ``superseded`` or ``retracted``; only rows of the first are shown.
"""

_Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
_OBJECTS = {Holds.TEXT: str, Holds.DAY: dt.date}
_TEXT = (nw.String, nw.Categorical, nw.Enum)


def as_columns(documents: Iterable[Document]) -> dict[str, list[Any]]:
    """The values of *documents* in each of ``COLUMNS``, to make a frame of."""
    found = list(documents)
    columns = {one.name: [getattr(document, one.name) for document in found] for one in COLUMNS}
    return columns | {"labels": [canonical(sorted(document.labels)) for document in found]}


def faults(frame: _Frame, columns: tuple[Column, ...] = COLUMNS) -> tuple[Fault, ...]:
    """What is wrong with the *columns* of *frame*: names and types first, then missing values.

    Of a lazy frame, missing values are counted by one aggregate of its own.
    """
    wrong = dict(_mistyped(frame, columns))
    nulls = _nulls(frame, [one.name for one in columns if _asks(one) and one.name not in wrong])
    return tuple(
        Fault(one.name, wrong.get(one.name, "has rows with nothing in it"))
        for one in columns
        if one.name in wrong or nulls.get(one.name)
    )


def _asks(column: Column) -> bool:
    return not column.nullable


def _mistyped(frame: _Frame, columns: tuple[Column, ...]) -> Iterator[tuple[str, str]]:
    """The names of the columns that are missing or hold something else, and what is wrong."""
    schema = frame.collect_schema()
    is_pandas = frame.implementation.is_pandas()
    for one in columns:
        if one.name not in schema:
            yield one.name, f"is missing: must hold {one.holds}"
            continue
        dtype = schema[one.name]
        held = _held_by_pandas(frame, one, dtype) if is_pandas else _held(frame, dtype)
        if held is not one.holds:
            yield one.name, f"must hold {one.holds}; is {dtype}"


def _held(frame: _Frame, dtype: nw.dtypes.DType) -> Holds | None:
    if isinstance(dtype, _TEXT):
        return Holds.TEXT
    if isinstance(dtype, nw.Date):
        return Holds.DAY
    if not isinstance(dtype, nw.Datetime) or dtype.time_unit != "us" or not dtype.time_zone:
        return None
    # These name the zone they would print in; what they hold is the moment itself
    prints = frame.implementation.is_duckdb() or frame.implementation.is_pyspark()
    return Holds.MOMENT if prints or dtype.time_zone == "UTC" else None


def _held_by_pandas(frame: _Frame, column: Column, dtype: nw.dtypes.DType) -> Holds | None:
    """As ``_held``; pandas has texts as objects, too, and days as objects or as midnights."""
    if isinstance(dtype, nw.Datetime) and not dtype.time_zone:
        return Holds.DAY
    series = frame.to_native()[column.name]
    expected = _OBJECTS.get(column.holds)
    if series.dtype != object or not expected:
        return _held(frame, dtype)
    return column.holds if {*map(type, series.dropna())} <= {expected} else None


def _nulls(frame: _Frame, names: list[str]) -> dict[str, int]:
    """How many rows have nothing in each of the columns."""
    if not names:
        return {}
    # DuckDB counts what is there many times faster than what is not
    ((total, *there),) = rows(frame.select(nw.len().alias("total"), nw.col(*names).count()))
    return {name: total - number for name, number in zip(names, there, strict=True)}


def rows(small: _Frame) -> list[tuple[Any, ...]]:
    """The rows of a *small* result, computed now."""
    if isinstance(small, nw.DataFrame):
        return small.rows()
    if small.implementation.is_duckdb():
        found: list[tuple[Any, ...]] = small.to_native().fetchall()  # needs no PyArrow
        return found
    if small.implementation.is_pyspark():
        return [tuple(row) for row in small.to_native().collect()]  # nor here
    if small.implementation.is_polars():
        return small.collect("polars", engine="streaming").rows()
    return small.collect().rows()


def with_days(frame: nw.DataFrame[Any], columns: tuple[Column, ...] = COLUMNS) -> nw.DataFrame[Any]:
    """*frame* of pandas with days that are objects as midnights, so that they can be compared."""
    native = frame.to_native()
    days = [one.name for one in columns if one.holds is Holds.DAY]
    midnights = {
        name: native[name].astype("datetime64[s]") for name in days if native[name].dtype == object
    }
    return nw.from_native(native.assign(**midnights), eager_only=True)
