"""A large delivery goes in by the driver's quickest road, and is like any other."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage, failures, loading, rows
from emrcore.adapters.sql.loading import STREAMED_FROM
from emrcore.adapters.sql.row_digests import Digests
from emrcore.adapters.sql.schema import documents
from emrcore.errors import Unavailable
from emrcore.ports import Storage
from emrcore.records import Document
from emrcore.testing.contracts.cards import card, document, views
from emrcore.testing.contracts.examples import PATIENT, UNEVEN, details, entry


def shown(storage: Storage) -> list[Document]:
    view = views()["handmade"]
    page = storage.page(view, size=100)
    found: list[Document] = []
    while True:
        found += page.documents
        if not page.cursor:
            return found
        page = storage.page(view, cursor=page.cursor, size=100)


@pytest.mark.parametrize("number", [STREAMED_FROM - 1, STREAMED_FROM, STREAMED_FROM + 1, 10_000])
def test_a_delivery_of_any_size_is_kept_as_it_is(either: sa.Engine, number: int) -> None:
    """REC-3: every field of it, as the reference keeps it; and again it adds nothing."""
    delivered = card()[:number]
    storage, reference = SqlStorage(either), MemoryStorage()
    for one in (storage, reference):
        assert one.add(PATIENT, delivered, entry("added")) == len(delivered)
        assert one.add(PATIENT, delivered, entry("again")) == 0
    assert shown(storage) == shown(reference)
    assert details(storage) == ["added"]


def test_uneven_texts_and_bodies_are_streamed_as_they_are(either: sa.Engine) -> None:
    """REC-3: nothing in them ends a row or a field."""
    texts = [*UNEVEN, "\n\t\\N\\.", "\r\n", "x" * 100_000]
    delivered = [
        document(
            id=f"{number}", section="plain", kind="one", title=text, body=text.encode() + b"\0\xff"
        )
        for number, text in enumerate(texts * 4)
    ]
    storage = SqlStorage(either)
    storage.add(PATIENT, delivered, entry())
    assert sorted(shown(storage), key=lambda one: int(one.id)) == delivered


@pytest.mark.parametrize("title", ["\0", "\ud800"])
def test_one_bad_text_of_many_stops_them_all(postgres: sa.Engine, title: str) -> None:
    """STO-1: and its sender is told, without the text."""
    many = [document(id=f"{number}") for number in range(2 * STREAMED_FROM)]
    many[-1] = attrs.evolve(many[-1], title=title)
    storage = SqlStorage(postgres)
    with pytest.raises(ValueError, match="a value cannot be stored"):
        storage.add(PATIENT, many, entry())
    assert details(storage) == []
    assert storage.add(PATIENT, many[:-1], entry("added")) == len(many) - 1


def test_a_delivery_cut_off_is_not_there(postgres: sa.Engine) -> None:
    """STO-1: the server ends the connection in the middle of it."""
    storage = SqlStorage(postgres)
    many = [document(id=f"{number}") for number in range(2 * STREAMED_FROM)]
    with postgres.connect() as connection:
        with pytest.raises(Unavailable), failures.told():
            loading.insert(connection, Ended(postgres, connection, many))
        connection.invalidate()
    assert storage.add(PATIENT, many, entry()) == len(many)


class Ended(list[Any]):
    """Rows half way through which the server ends the connection."""

    def __init__(self, engine: sa.Engine, ended: sa.Connection, many: list[Document]) -> None:
        super().__init__(Digests().add(documents, rows.of_document(one, 1)) for one in many)
        self.engine = engine
        self.pid = ended.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()

    def __iter__(self) -> Iterator[Any]:
        for number, row in enumerate(super().__iter__()):
            if number == STREAMED_FROM:
                with self.engine.connect() as other:
                    asked = sa.text("SELECT pg_terminate_backend(:pid, 5000)")
                    assert other.execute(asked, {"pid": self.pid}).scalar_one()
            yield row
