"""A view reads the database by one prepared statement, or not at all."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from emrcore.adapters.sql import SqlStorage, metadata, viewing
from emrcore.testing.contracts.cards import card, views
from emrcore.testing.contracts.examples import PATIENT, entry

_POSTGRES: sa.Dialect = sa.make_url("postgresql+psycopg://").get_dialect()()

Asked = list[tuple[str, Any]]


@pytest.fixture
def asked(sqlite: sa.Engine) -> Asked:
    """Every statement the database was asked to run, with what was bound, since."""
    statements: Asked = []

    def note(*call: Any) -> None:
        statements.append((call[2], call[3]))

    event.listen(sqlite, "before_cursor_execute", note)
    return statements


@pytest.mark.parametrize("name", ["refused", "refused after all"])
def test_a_refused_view_asks_nothing(sqlite: sa.Engine, asked: Asked, name: str) -> None:
    """REC-1: not even for a transaction."""
    storage, view = SqlStorage(sqlite), views()[name]
    storage.page(view, section="lab-results")
    storage.count(view)
    storage.get(view, "clinic", "1")
    assert asked == []


def test_a_view_asks_once(sqlite: sa.Engine, asked: Asked) -> None:
    """REC-1: what is not allowed is not read, so nothing has to be asked about it."""
    storage, view = SqlStorage(sqlite), views()["self"]
    for read in (
        lambda: storage.page(view),
        lambda: storage.count(view),
        lambda: storage.get(view, "clinic", "1"),
    ):
        asked.clear()
        read()
        begin, select = (statement for statement, _ in asked)
        assert begin == "BEGIN"
        assert select.startswith("SELECT")


def test_a_page_walks_an_index(sqlite: sa.Engine, asked: Asked) -> None:
    """It sorts nothing, wherever it begins: the thousandth page costs what the first one does."""
    storage, view = SqlStorage(sqlite), views()["self"]
    storage.add(PATIENT, card(), entry())
    cursor = storage.page(view, size=1).cursor
    for section in (None, "lab-results"):
        for start in (None, cursor):
            asked.clear()
            storage.page(view, cursor=start, section=section)
            _, (select, bound) = asked
            with sqlite.connect() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {select}", bound)
                steps = [step for *_, step in plan]
            assert len(steps) == 1
            assert "emrcore_documents_newest (patient=?" in steps[0]


def test_a_statement_is_made_once_for_the_same_allowances() -> None:
    """However often, for whomever and when it is asked."""
    allowed = views()["self"].in_force()
    again = views()["self"].in_force()
    for made in (viewing.count, viewing.one):
        assert made(allowed) is made(again)
    pages = [
        viewing.page(allowances, in_section=in_section, resumed=resumed)
        for allowances in (allowed, again)
        for in_section in (False, True)
        for resumed in (False, True)
    ]
    assert len({id(page) for page in pages}) == 4


def test_no_value_stands_in_a_statement(sqlite: sa.Engine, asked: Asked) -> None:
    """All are bound, those of the rulebook too."""
    SqlStorage(sqlite).page(views()["handmade"])
    (select, bound) = asked[-1]
    assert "'" not in select
    assert {PATIENT, "plain", "one", '["a","b\'"]'} <= set(bound)


def test_every_key_begins_with_its_shard() -> None:
    """So that a table can be spread over servers; and none makes up a value of its own."""
    for table in metadata.tables.values():
        first = [column.name for column in table.primary_key][:2]
        assert first in (["shard_kind", "shard_id"], ["patient", "source"])
        for column in table.columns:
            assert column.default is None
            assert column.server_default is None or column.name == "digest"  # which is then empty
            assert column.autoincrement is not True


def test_text_is_ordered_as_python_orders_it() -> None:
    """Whatever the language of a PostgreSQL server."""
    for table in metadata.tables.values():
        ddl = str(sa.schema.CreateTable(table).compile(dialect=_POSTGRES))
        plain = [line for line in ddl.splitlines() if " TEXT" in line and "COLLATE" not in line]
        assert [line.split()[0] for line in plain] in ([], ["labels"])
