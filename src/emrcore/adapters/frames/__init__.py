"""A view over data frames of documents, through narwhals (the extra ``frames``).

Polars (eager, lazy, streaming), pandas, PyArrow, DuckDB and PySpark, on one machine or on a cluster;
a frame of another engine is refused, since nobody has tried there that the same documents are shown.
"""

from emrcore.adapters.frames.columns import COLUMNS, Column, Holds, as_columns
from emrcore.adapters.frames.filtering import count, visible

__all__ = ["COLUMNS", "Column", "Holds", "as_columns", "count", "visible"]
