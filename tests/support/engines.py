"""Frames of the same documents in every engine that the library knows."""

import importlib
from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import pandas as pd
import polars as pl

from emrcore.adapters.frames import COLUMNS, Column, Holds, as_columns
from emrcore.records import Document

pa: Any = importlib.import_module("pyarrow")  # says nothing of its types
Table = Any

Made = Callable[[Table], Any]

_TYPES = {Holds.TEXT: pa.string(), Holds.DAY: pa.date32(), Holds.MOMENT: pa.timestamp("us", "UTC")}
_SCHEMA = pa.schema([("id", pa.string()), *((one.name, _TYPES[one.holds]) for one in COLUMNS)])
_TEXTS = [one.name for one in COLUMNS if one.holds is Holds.TEXT]
_DAYS = [one.name for one in COLUMNS if one.holds is Holds.DAY]


def arrow(documents: Iterable[Document]) -> Table:
    """*documents* with their ids, as PyArrow has them."""
    found = list(documents)
    return pa.table({"id": [one.id for one in found], **as_columns(found)}, schema=_SCHEMA)


def columns_of(values: dict[str, list[Any]], columns: tuple[Column, ...]) -> Table:
    """*values* as PyArrow has them, in the types of *columns*."""
    return pa.table(values, schema=pa.schema([(one.name, _TYPES[one.holds]) for one in columns]))


def ids(frame: Any) -> list[str]:
    """The ids in a frame of any engine, in its order."""
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        return [row[0] for row in frame.select("id").fetchall()]
    column = frame["id"]
    found: list[str] = column.to_pylist() if isinstance(frame, pa.Table) else column.to_list()
    return found


def _polars(table: Table) -> pl.DataFrame:
    return pl.DataFrame(table)


def _enums(table: Table) -> pl.LazyFrame:
    frame = _polars(table)
    return frame.with_columns(
        pl.col(name).cast(pl.Enum(frame[name].drop_nulls().unique().sort())) for name in _TEXTS
    ).lazy()


def _dictionaries(table: Table) -> Table:
    for name in _TEXTS:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    return table


def _pandas(table: Table) -> pd.DataFrame:
    """As pandas makes it: days are objects. One index for two rows, as after a concatenation."""
    frame: pd.DataFrame = table.to_pandas()
    frame.index = pd.Index([number // 2 for number in range(len(frame))])
    return frame


def _objects(table: Table) -> pd.DataFrame:
    return _pandas(table).astype(dict.fromkeys(("id", *_TEXTS), object))


def _midnights(table: Table) -> pd.DataFrame:
    """Days as midnights, and texts as categories."""
    types = dict.fromkeys(_TEXTS, "category") | dict.fromkeys(_DAYS, "datetime64[us]")
    return _pandas(table).astype(types)


def _duckdb(table: Table, zone: str = "UTC") -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = '{zone}'")
    connection.register("arrived", table)
    connection.execute("CREATE TABLE documents AS FROM arrived")
    return connection.table("documents")


ENGINES: dict[str, Made] = {
    "polars": _polars,
    "polars, lazy": lambda table: _polars(table).lazy(),
    "polars, categories": lambda table: _polars(table).with_columns(
        pl.col(*_TEXTS).cast(pl.Categorical)
    ),
    "polars, lazy, enums": _enums,
    "pandas": _pandas,
    "pandas, objects": _objects,
    "pandas, midnights and categories": _midnights,
    "pandas, pyarrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pyarrow": lambda table: table,
    "pyarrow, dictionaries": _dictionaries,
    "duckdb": _duckdb,
    "duckdb in Moscow": lambda table: _duckdb(table, "Europe/Moscow"),
}
