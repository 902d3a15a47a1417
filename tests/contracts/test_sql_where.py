"""A view as a condition on a host's own table, in both databases, with SQLAlchemy and without."""

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Generator
from typing import Any

import attrs
import psycopg
import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import Columns, Labels, Moment, plain_where, where
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import Document, visible
from emrcore.testing.contracts.cards import card, views

_METADATA = sa.MetaData()
VISITS = sa.Table(
    "host_visits",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("patient_no", sa.Integer, nullable=False),
    sa.Column("clinic", sa.String(40), nullable=False),
    sa.Column("chapter", sa.String(40), nullable=False),
    sa.Column("form", sa.String(40)),
    sa.Column("marks", sa.Text, nullable=False),
    sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
    sa.Column("read", Moment),
    sa.Column("held_on", sa.Date),
    sa.Column("signed_on", sa.Date),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Index("host_visits_of_patient", "patient_no", "issued"),
)
ROW = VISITS.c
COLUMNS = Columns(
    patient=ROW.patient_no,
    source=ROW.clinic,
    section=ROW.chapter,
    kind=ROW.form,
    labels=ROW.marks,
    published_at=ROW.issued,
    acknowledged_at=ROW.read,
    occurred_on=ROW.held_on,
    signed_on=ROW.signed_on,
    standing=ROW.state,
)
OURS, ANOTHER = 17, 18


def row(number: int, document: Document, patient: int) -> dict[str, Any]:
    labels = Labels().process_bind_param(document.labels, sa.make_url("sqlite://").get_dialect()())
    return {
        "number": number,
        "patient_no": patient,
        "clinic": document.source,
        "chapter": document.section,
        "form": document.kind,
        "marks": labels,
        "issued": document.published_at,
        "read": document.acknowledged_at,
        "held_on": document.occurred_on,
        "signed_on": document.signed_on,
        "state": document.standing.value,
    }


@pytest.fixture
def visits(either: sa.Engine) -> Generator[sa.Engine]:
    """The card of the contract in the host's table, and as many rows of other patients."""
    own = {PatientId(views()["self"].subject): OURS}
    rows = [row(n, one, own.get(one.patient, ANOTHER)) for n, one in enumerate(card())]
    others = [{**rows[0], "number": n, "patient_no": n} for n in range(1000, 6000)]
    _METADATA.create_all(either)
    with either.begin() as connection:
        connection.execute(VISITS.insert(), [*rows, *others])
    with either.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    yield either
    _METADATA.drop_all(either)


def expected(name: str) -> list[int]:
    shown = visible(views()[name], card())
    return [number for number, one in enumerate(card()) if one in shown]


@pytest.mark.parametrize("name", views())
def test_a_host_s_table_shows_what_memory_shows(visits: sa.Engine, name: str) -> None:
    """REC-1: by its own names, types and key."""
    made = where(views()[name], COLUMNS, patient=OURS)
    found = sa.select(ROW.number).where(made.clause).order_by(ROW.number)
    with visits.connect() as connection:
        assert list(connection.scalars(found, made.bound)) == expected(name)


@pytest.mark.parametrize("name", views())
@pytest.mark.parametrize("style", ["qmark", "named", "format", "pyformat"])
def test_plain_text_shows_what_memory_shows(visits: sa.Engine, name: str, style: Any) -> None:
    """REC-1: in each style, by the driver alone."""
    is_sqlite = visits.dialect.name == "sqlite"
    if (style in {"qmark", "named"}) is not is_sqlite:
        return  # a style of the other driver
    database: Any = visits.dialect.name
    made = plain_where(views()[name], COLUMNS, database=database, style=style, patient=OURS)
    text = f"SELECT number FROM host_visits WHERE {made.text} ORDER BY number"  # noqa: S608
    url = visits.url.set(drivername="postgresql").render_as_string(hide_password=False)
    path = visits.url.database or ""
    connection: Any = sqlite3.connect(path) if is_sqlite else psycopg.connect(url)
    with contextlib.closing(connection):
        found = connection.execute(text, made.parameters).fetchall()
    assert [number for (number,) in found] == expected(name)


@pytest.mark.parametrize("name", ["self", "doctor", "handmade"])
def test_an_index_finds_the_card(visits: sa.Engine, name: str) -> None:
    """The condition is one that the host's index on patient and publication serves."""
    is_sqlite = visits.dialect.name == "sqlite"
    database: Any
    style: Any
    database, style = ("sqlite", "qmark") if is_sqlite else ("postgresql", "pyformat")
    made = plain_where(views()[name], COLUMNS, database=database, style=style, patient=OURS)
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    with visits.connect() as connection:
        text = f"{explain} SELECT number FROM host_visits WHERE {made.text}"  # noqa: S608
        plan = connection.exec_driver_sql(text, made.parameters)
        steps = " ".join(str(step) for step in plan)
    assert "host_visits_of_patient" in steps
    assert "SCAN" not in steps
    assert "Seq Scan" not in steps


def test_the_clause_is_made_once_for_the_same_allowances() -> None:
    """However often, for whomever and when it is asked; and so is the plain text."""
    view = views()["self"]
    later = attrs.evolve(view, at=view.at + dt.timedelta(hours=1), subject=PatientId("another"))
    first, second = (where(one, COLUMNS, patient=OURS) for one in (view, later))
    assert first.clause is second.clause
    assert first.bound != second.bound
    texts = [
        plain_where(one, COLUMNS, database="sqlite", style="qmark", patient=OURS).text
        for one in (view, later)
    ]
    assert texts[0] is texts[1]


def test_a_refused_view_allows_no_row() -> None:
    made = where(views()["refused"], COLUMNS, patient=OURS)
    assert str(made.clause) == "false"
    assert made.bound == {}


def test_nothing_of_the_card_is_in_the_text_or_the_repr() -> None:
    """All is bound, so that a log of statements names nobody."""
    columns = attrs.evolve(COLUMNS, patient=sa.column("patient", sa.Text))
    view = attrs.evolve(views()["self"], subject=PatientId("a name"))
    made = plain_where(view, columns, database="postgresql", style="pyformat")
    assert isinstance(made.parameters, dict)
    assert made.parameters["view_patient"] == "a name"
    assert "a name" not in made.text
    assert "a name" not in f"{made!r} {where(view, columns)!r}"


def test_columns_of_other_types_are_refused_with_every_fault() -> None:
    """A clock without a zone, a number for a text, a text for a day."""
    with pytest.raises(Malformed) as refused:
        attrs.evolve(
            COLUMNS,
            section=ROW.number,
            labels=sa.column("untyped"),
            published_at=sa.column("issued", sa.DateTime),
            signed_on=ROW.form,
            acknowledged_at=sa.null(),
        )
    assert {fault.where: fault.what for fault in refused.value.faults} == {
        "section": "is no text",
        "labels": "is no text",
        "published_at": "is neither a Moment nor a DateTime(timezone=True)",
        "signed_on": "is no Date",
    }


def test_a_key_that_is_no_text_must_be_given() -> None:
    with pytest.raises(Malformed, match="its key must be given"):
        where(views()["self"], COLUMNS)
