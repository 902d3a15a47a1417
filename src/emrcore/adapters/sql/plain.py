"""A view's condition as plain text and parameters, for drivers that are used without SQLAlchemy."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
import sqlalchemy as sa

from emrcore.access import View
from emrcore.adapters.sql.clauses import Allowances, Columns, clause, where

Database = Literal["sqlite", "postgresql"]
Style = Literal["qmark", "named", "format", "pyformat"]

_URLS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


@attrs.frozen(kw_only=True)
class PlainWhere:
    """What stands after WHERE, and its parameters as the driver takes them.

    These are in their order for the styles ``qmark`` (``?``) and ``format`` (``%s``), by name for
    ``named`` (``:name``) and ``pyformat`` (``%(name)s``).
    """

    text: str
    parameters: tuple[Any, ...] | Mapping[str, Any] = attrs.field(repr=False)


def plain_where(
    view: View,
    columns: Columns,
    *,
    database: Database,
    style: Style,
    patient: Any = None,
) -> PlainWhere:
    """As ``where``, for the driver of *database* that takes parameters in *style*.

    SQLite holds days as ``2020-02-03`` and moments, in UTC, as ``2020-02-03 09:00:00.000000``. The
    text is compiled once for the same allowances and columns.

    Raises:
        Malformed: as ``where``.
    """
    found = where(view, columns, patient=patient)
    known = _compiled(view.in_force(), columns, database, style)
    return PlainWhere(text=known.text, parameters=known.bind(found.bound))


Process = Callable[[Any], Any]


@attrs.frozen(kw_only=True)
class _Compiled:
    text: str
    order: tuple[str, ...] | None
    constants: Mapping[str, Any]
    processes: Mapping[str, Process]

    def bind(self, bound: Mapping[str, Any]) -> tuple[Any, ...] | Mapping[str, Any]:
        changing = {name: process(bound[name]) for name, process in self.processes.items()}
        values = {**self.constants, **changing}
        return values if self.order is None else tuple(values[name] for name in self.order)


@functools.lru_cache(maxsize=256)
def _compiled(allowed: Allowances, columns: Columns, database: Database, style: Style) -> _Compiled:
    make: Any = sa.make_url(_URLS[database]).get_dialect()
    dialect: sa.Dialect = make(paramstyle=style)
    made: Any = clause(allowed, columns).compile(dialect=dialect)
    parameters = {name: parameter for parameter, name in made.bind_names.items()}
    processes = {name: _process(one, dialect) for name, one in parameters.items()}
    changing = {name for name, one in parameters.items() if one.required}
    return _Compiled(
        text=str(made),
        order=None if made.positiontup is None else tuple(made.positiontup),
        constants={
            name: processes[name](one.value)
            for name, one in parameters.items()
            if name not in changing
        },
        processes={name: processes[name] for name in changing},
    )


def _process(parameter: sa.BindParameter[Any], dialect: sa.Dialect) -> Process:
    """What makes a value one that the driver takes."""
    return parameter.type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
