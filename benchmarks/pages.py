"""A page of a card out of a database: the storage against the bare driver; and sealed deliveries.

    python benchmarks/pages.py [URL] [--rows N ...] [--rounds R] [--json FILE]

Without a URL an SQLite file is used; with one of PostgreSQL its tables must be empty. For each
number of rows (20,000 unless told otherwise; the goals are about 1,000,000 and 10,000,000) cards of
14 documents and one large one in fifty fill the database; then a page of 50 of a large card is
asked for in four ways, in turn: the storage; the driver with the same text and the same parameters;
and the driver with and without the policy in WHERE. The storage's documents must be those that the
driver's rows say, or nothing is printed. Last, a delivery is added in plain and sealed, in turn.
"""

import argparse
import datetime as dt
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from cards import machine

from emrcore.access import View
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, loading, metadata, migrate, rows, store_engine, viewing
from emrcore.adapters.sql.prepared import prepared
from emrcore.adapters.system import SystemRandomness
from emrcore.office import SealedRecords
from emrcore.people import PatientId
from emrcore.records import Document
from emrcore.testing.contracts.cards import document, views
from emrcore.testing.contracts.examples import entry

LARGE, ORDINARY, EVERY = 500, 14, 50
BODY = bytes(range(256)) * 4
DELIVERY = 2_000
GOALS: Mapping[str, float] = {
    "storage / driver": 2.3,
    "policy / none": 1.15,
    "sealed / plain": 0.55,
}

Way = Callable[[PatientId], tuple[float, Any]]


def card(number: int) -> list[Document]:
    """The documents of one card."""
    size, patient = (LARGE if number % EVERY == 0 else ORDINARY), PatientId(f"p{number:08}")
    first = dt.date(2019, 1, 1)
    return [
        document(
            id=f"{number}-{one}",
            patient=patient,
            occurred_on=first + dt.timedelta(days=one % 400),
            title="A title",
            body=BODY,
        )
        for one in range(size)
    ]


def fill(engine: sa.Engine, start: int, rows_wanted: int) -> int:
    """Add cards from number *start* on, until there are so many documents; the next number."""
    found = count(engine)
    while found < rows_wanted:
        with engine.begin() as connection:
            made = [one for number in range(start, start + 200) for one in card(number)]
            loading.insert(connection, [rows.of_document(one, 1) for one in made])
        found, start = found + len(made), start + 200
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return start


def count(engine: sa.Engine) -> int:
    """How many documents there are."""
    with engine.connect() as connection:
        table = metadata.tables["emrcore_documents"]
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def ways(engine: sa.Engine, driver: Any, view: View) -> dict[str, Way]:
    """The ways to a page, which are checked against each other."""
    storage, allowed = SqlStorage(engine), view.in_force()
    policy = prepared(viewing.page(allowed, in_section=False, resumed=False), engine.dialect)
    table = metadata.tables["emrcore_documents"]
    statement = viewing.page(allowed, in_section=False, resumed=False)
    newest = [table.c[name].desc() for name in ("dated", "source", "id")]
    none = prepared(
        sa.select(*statement.selected_columns)
        .where(table.c.patient == sa.bindparam("view_patient", type_=sa.Text))
        .order_by(*newest)
        .limit(sa.bindparam("limit", type_=sa.Integer)),
        engine.dialect,
    )

    def seen(patient: PatientId) -> View:
        return attrs.evolve(view, subject=patient)

    def asked(statement: Any) -> Way:
        def ask(patient: PatientId) -> tuple[float, Any]:
            bound = {**viewing.bound(seen(patient)), "limit": 51}
            parameters = statement.bind(bound)
            begun = time.perf_counter()
            cursor = driver.cursor()
            cursor.execute(statement.text, parameters)
            found = cursor.fetchall()
            return time.perf_counter() - begun, found

        return ask

    def stored(patient: PatientId) -> tuple[float, Any]:
        looks = seen(patient)
        begun = time.perf_counter()
        page = storage.page(looks)
        return time.perf_counter() - begun, page

    return {"storage": stored, "driver": asked(policy), "no policy": asked(none)}


def pages(engine: sa.Engine, cards: int, rounds: int) -> dict[str, float]:
    """The median microseconds of each way, in turn over large cards chosen at random."""
    view, dice = views()["self"], random.Random(7)  # noqa: S311 - the same cards every time
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    pooled.detach()  # it is this function's own, and goes with it
    if engine.dialect.name == "postgresql":
        driver.autocommit = True
    found = ways(engine, driver, view)
    taken: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(rounds + 20):
        patient = PatientId(f"p{dice.randrange(cards // EVERY) * EVERY:08}")
        answers = {name: way(patient) for name, way in found.items()}
        check(answers)
        if turn >= 20:
            for name, (seconds, _) in answers.items():
                taken[name].append(seconds)
    driver.close()
    return {name: statistics.median(some) * 1e6 for name, some in taken.items()}


def check(answers: Mapping[str, tuple[float, Any]]) -> None:
    """Refuse to time what does not show the same documents."""
    page, found = answers["storage"][1], answers["driver"][1]
    names = [(row[0], row[1], row[2]) for row in found[:50]]
    if [(one.patient, one.source, one.id) for one in page.documents] != names or len(names) != 50:
        raise SystemExit("the storage and the driver do not show the same")


def deliveries(engine: sa.Engine, rounds: int) -> dict[str, float]:
    """Rows a second of a delivery by ``Records.add``, in plain and sealed, in turn."""
    randomness = SystemRandomness()
    keys = LocalKeys(masters={"k": randomness.bytes(32)}, current="k", randomness=randomness)
    taken: dict[str, list[float]] = {"plain": [], "sealed": []}
    for turn in range(rounds):
        for name, some in taken.items():
            patient = PatientId(f"{name}-{turn}")
            made = [document(id=str(one), patient=patient, body=BODY) for one in range(DELIVERY)]
            plain = SqlStorage(engine)
            sealed = SealedRecords(storage=plain, keys=keys, randomness=randomness)
            storage = plain if name == "plain" else sealed
            begun = time.perf_counter()
            storage.add(patient, made, entry())
            some.append(DELIVERY / (time.perf_counter() - begun))
    return {name: statistics.median(some) for name, some in taken.items()}


def measure(engine: sa.Engine, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """Everything, of one database."""
    migrate(engine)
    found: dict[str, Any] = {"database": engine.dialect.name, "rows": {}}
    cards = 0
    for size in sizes:
        cards = fill(engine, cards, size)
        found["rows"][size] = pages(engine, cards, rounds)
    found["deliveries"] = deliveries(engine, 7)
    return found


def tell(found: Mapping[str, Any]) -> None:
    """The tables, as Markdown."""
    print(f"\n{found['database']}\n")
    print(
        "| documents | storage us | driver us | no policy us | storage / driver | policy / none |"
    )
    print("|---:|---:|---:|---:|---:|---:|")
    for size, one in found["rows"].items():
        ratios = one["storage"] / one["driver"], one["driver"] / one["no policy"]
        times = " | ".join(f"{one[name]:.0f}" for name in ("storage", "driver", "no policy"))
        print(f"| {size:,} | {times} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
        for name, ratio in zip(("storage / driver", "policy / none"), ratios, strict=True):
            print(f"<!-- {'met' if ratio <= GOALS[name] else 'MISSED'}: {name} -->")
    sizes = list(found["rows"])
    if len(sizes) > 1:
        growth = found["rows"][sizes[-1]]["storage"] / found["rows"][sizes[0]]["storage"]
        print(f"\n{sizes[0]:,} to {sizes[-1]:,} documents: {growth:.2f} x")
    plain, sealed = found["deliveries"]["plain"], found["deliveries"]["sealed"]
    print(
        f"\ndelivery of {DELIVERY}: plain {plain:,.0f} rows/s, sealed {sealed:,.0f} rows/s, ",
        end="",
    )
    print(f"ratio {sealed / plain:.2f} (goal >= {GOALS['sealed / plain']})")


def main(arguments: Sequence[str]) -> None:
    """Measure the database that was named, or an SQLite file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.url or f"sqlite:///{Path(folder) / 'pages.db'}"
        engine = store_engine(url)
        found = measure(engine, chosen.rows, chosen.rounds)
        engine.dispose()
    tell(found)
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"machine": machine(), **found}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
