"""A view over data frames of documents, through narwhals (the extra ``frames``).

Polars (eager, lazy, streaming), pandas, PyArrow, DuckDB and PySpark, on one machine or on a
cluster; a frame of another engine is refused, since nobody has tried there that the same documents
are shown. A ``Register`` of everybody asks the same of a whole population.
"""

from emrcore.adapters.frames.columns import COLUMNS, Column, Holds, as_columns
from emrcore.adapters.frames.filtering import count, visible
from emrcore.adapters.frames.population import family, opens, tally, turns, who_sees
from emrcore.adapters.frames.register import FACTS, GRANTS, LOOKS, Register, as_register

__all__ = [
    "COLUMNS",
    "FACTS",
    "GRANTS",
    "LOOKS",
    "Column",
    "Holds",
    "Register",
    "as_columns",
    "as_register",
    "count",
    "family",
    "opens",
    "tally",
    "turns",
    "visible",
    "who_sees",
]
