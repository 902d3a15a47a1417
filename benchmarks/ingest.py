"""What a large delivery costs: the storage's own road against a plain insert of the same rows.

    python benchmarks/ingest.py [URL ...]

Without a URL an SQLite file is used. Each round is rolled back. The storage's road also looks for
what is there already, writes the journal and holds the shard.
"""

import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from emrcore.adapters.sql import SqlStorage, metadata, migrate, rows, store_engine
from emrcore.journal import Actor, ActorKind, Entry
from emrcore.people import PatientId
from emrcore.records import Document, DocumentId

DOCUMENTS = 5_000
BODY = bytes(range(256)) * 4
ROUNDS = 5
NOW = dt.datetime(2020, 3, 1, tzinfo=dt.UTC)
PATIENT = PatientId("benchmark")
ENTRY = Entry(at=NOW, actor=Actor(kind=ActorKind.SYSTEM, id="b"), action="b.1", detail="{}")

Road = Callable[[sa.Connection, Sequence[Document]], object]


def own(connection: sa.Connection, documents: Sequence[Document]) -> object:
    """The storage's."""
    return SqlStorage(connection, host_commits=True).add(PATIENT, documents, ENTRY)


def plain(connection: sa.Connection, documents: Sequence[Document]) -> object:
    """An insert of many rows by SQLAlchemy."""
    table = metadata.tables["emrcore_documents"]
    return connection.execute(sa.insert(table), [rows.of_document(one, 1) for one in documents])


def one_by_one(connection: sa.Connection, documents: Sequence[Document]) -> object:
    """An insert for each row."""
    table = metadata.tables["emrcore_documents"]
    for one in documents:
        connection.execute(sa.insert(table), rows.of_document(one, 1))
    return None


ROADS: dict[str, Road] = {"Records.add": own, "insert of many": plain, "inserts": one_by_one}


def seconds(engine: sa.Engine, road: Road, documents: Sequence[Document]) -> float:
    """How long *road* takes, without the commit that all of them need."""
    with engine.connect() as connection:
        begun = time.perf_counter()
        road(connection, documents)
        taken = time.perf_counter() - begun
        connection.rollback()
    return taken


def measure(url: str) -> None:
    """Print rows a second, and the ratios, of interleaved rounds."""
    engine = store_engine(url)
    migrate(engine)
    documents = [
        Document(
            id=DocumentId(str(number)),
            source="benchmark",
            patient=PATIENT,
            section="lab-results",
            published_at=NOW,
            body=BODY,
        )
        for number in range(DOCUMENTS)
    ]
    rounds = [[seconds(engine, road, documents) for road in ROADS.values()] for _ in range(ROUNDS)]
    medians = [statistics.median(taken) for taken in zip(*rounds, strict=True)]
    print(f"{engine.dialect.name}: {DOCUMENTS} documents of {len(BODY)} bytes, {ROUNDS} rounds")
    for name, median in zip(ROADS, medians, strict=True):
        print(f"{name:16} {DOCUMENTS / median:9.0f} rows/s {median / medians[0]:6.2f} x")
    engine.dispose()


def main() -> None:
    """Measure each database that was named, or an SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        for url in sys.argv[1:] or [f"sqlite:///{Path(folder) / 'ingest.db'}"]:
            measure(url)


if __name__ == "__main__":
    main()
