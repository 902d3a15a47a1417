"""A view means the same to memory and to SQL, on both sides of every constant it holds."""

import collections
import random
from collections.abc import Iterator

import attrs
import pytest
import sqlalchemy as sa

from emrcore.access import View, decide
from emrcore.adapters.sql import SqlStorage, migrate, prepare
from emrcore.journal import Actor, ActorKind, Entry
from emrcore.people import PatientId
from emrcore.records import Document, DocumentId, count, visible
from emrcore.rulebook import Role, shipped, shipped_names
from emrcore.testing.boundaries import Look, looks

PER_ROLE = 4
MANY = 30


@pytest.fixture
def storage() -> Iterator[SqlStorage]:
    """An empty SQLite database in memory."""
    engine = prepare(sa.create_engine("sqlite://", poolclass=sa.StaticPool))
    migrate(engine)
    yield SqlStorage(engine)
    engine.dispose()


def sample(name: str) -> Iterator[Look]:
    """Some looks of each role at many documents."""
    found: collections.defaultdict[Role, list[Look]] = collections.defaultdict(list)
    for look in looks(shipped(name)):
        if len(look.documents) > MANY:
            found[look.viewer.role].append(look)
    for of_role in found.values():
        yield from random.Random(name).sample(of_role, min(PER_ROLE, len(of_role)))  # noqa: S311


def of_a_card(patient: str, look: Look, view: View) -> tuple[View, list[Document]]:
    """*view* and its documents in a card of their own; documents of other cards stay theirs."""
    own = PatientId(patient)
    documents = [
        attrs.evolve(one, id=DocumentId(f"{patient}-{one.id}"), patient=own)
        for one in look.documents
        if one.patient == view.subject
    ]
    return attrs.evolve(view, subject=own), documents


def shown(storage: SqlStorage, view: View) -> Iterator[Document]:
    """All that *storage* shows under *view*, page by page."""
    page = storage.page(view, size=100)
    yield from page.documents
    while page.cursor:
        page = storage.page(view, cursor=page.cursor, size=100)
        yield from page.documents


@pytest.mark.parametrize("name", shipped_names())
def test_sql_shows_what_memory_shows(storage: SqlStorage, name: str) -> None:
    """REC-1, ACC-11: SQL shows the documents that memory shows, and counts them alike."""
    entry = Entry(
        at=shipped(name).editions[0].start_of(shipped(name).editions[0].valid_from),
        actor=Actor(kind=ActorKind.SYSTEM, id="proof"),
        action="test.1",
        detail="{}",
    )
    for number, look in enumerate(sample(name)):
        edition = shipped(name).edition_at(look.at)
        decided = decide(look.facts, look.viewer, at=look.at, edition=edition)
        view, documents = of_a_card(f"card-{number}", look, decided)
        storage.add(view.subject, documents, entry)
        expected = {one.id for one in visible(view, documents)}
        assert {one.id for one in shown(storage, view)} == expected
        assert storage.count(view) == count(view, documents)
