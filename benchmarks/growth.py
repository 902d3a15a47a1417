"""How time grows with size: the exponent of a power law, fitted where both are drawn as logarithms.

    python benchmarks/growth.py [LARGEST] [--json FILE]

0 is no growth, 1 is linear. A card filtered and told with reasons, from 128 to 32,768 documents; a
page of the same cards while the SQLite database they lie in grows up to LARGEST documents (65,536
unless told otherwise); a journal verified, from 512 to 8,192 links.
"""

import argparse
import functools
import itertools
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from cards import AT, EDITION, machine, of_size, questions
from journal import links

from emrcore.access import View, decide
from emrcore.adapters.sql import SqlStorage, metadata, migrate, sqlite_engine
from emrcore.journal import Link, breaks
from emrcore.people import PatientId
from emrcore.records import Document, verdicts, visible
from emrcore.testing.city import City, Household, cards

ROUNDS = 5
READ = 100
"""How many cards are read at each size of the database; they are the first that were stored."""

Times = dict[int, float]


def median_seconds(task: Callable[[], object], calls: int = 1) -> float:
    """The median processor time of *task* over rounds of *calls*, after one that is not counted."""
    task()
    taken: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(calls):
            task()
        taken.append((time.process_time() - start) / calls)
    return statistics.median(taken)


def exponent(times: Times) -> float:
    """The slope of the least squares of log time over log size."""
    points = [(math.log(size), math.log(taken)) for size, taken in times.items()]
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def view_of(patient: PatientId) -> View:
    """A grown-up's view of the own card."""
    question = questions(patient)["self"]
    return decide(question.facts, question.viewer, at=AT, edition=EDITION)


def of_cards(answer: Callable[[View, Sequence[Document]], object]) -> Times:
    """Cards of many sizes, each of the same mixture of documents."""
    mixture = of_size(2000)
    view = view_of(mixture[0].patient)
    endless = itertools.cycle(mixture)
    times: Times = {}
    for size in [2**power for power in range(7, 16, 2)]:
        card = list(itertools.islice(endless, size))
        times[size] = median_seconds(functools.partial(answer, view, card), 32_768 // size)
    return times


def of_pages(largest: int) -> Times:
    """The first page of the same cards, while the database around them grows."""
    times: Times = {}
    households = cards(City())
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "city.db")
        migrate(engine)
        storage, stored = SqlStorage(engine), 0
        views: list[View] = []
        for size in [2**power for power in range(12, largest.bit_length(), 2)]:
            for batch in _batches(households, size - stored):
                views += [view_of(one.facts.patient) for one in batch]
                _store(engine, batch)
                stored += sum(len(one.documents) for one in batch)
            times[stored] = median_seconds(functools.partial(_read, storage, views[:READ])) / READ
        engine.dispose()
    return times


def _read(storage: SqlStorage, views: list[View]) -> None:
    for view in views:
        storage.page(view)


def _batches(households: Iterator[Household], documents: int) -> Iterator[list[Household]]:
    """Households with at least *documents* documents together, some hundred at a time."""
    while documents > 0:
        batch = list(itertools.islice(households, 100))
        documents -= sum(len(one.documents) for one in batch)
        yield batch


def _store(engine: sa.Engine, batch: list[Household]) -> None:
    rows: list[Mapping[str, Any]] = [
        attrs.asdict(document, recurse=False) | {"dated": document.dated}
        for one in batch
        for document in one.documents
    ]
    with engine.begin() as connection:
        connection.execute(metadata.tables["emrcore_documents"].insert(), rows)


def of_journals() -> Times:
    """Chains of many lengths, held against their hashes."""
    chain = links(8_192)
    return {
        size: median_seconds(functools.partial(_verify, chain[:size]))
        for size in [2**power for power in range(9, 14, 2)]
    }


def _verify(chain: list[Link]) -> None:
    if list(breaks(chain)):
        raise SystemExit("a chain that was just made is broken")


GOALS = {"card, visible": 1.1, "card, with reasons": 1.1, "page, SQLite": 0.2, "journal": 1.1}


def main(arguments: Sequence[str]) -> None:
    """Measure, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("largest", nargs="?", type=int, default=65_536)
    parser.add_argument("--json", type=Path, help="write the times here, too")
    chosen = parser.parse_args(arguments)
    found = {
        "card, visible": of_cards(visible),
        "card, with reasons": of_cards(verdicts),
        "page, SQLite": of_pages(chosen.largest),
        "journal": of_journals(),
    }
    for name, times in found.items():
        slope, goal = exponent(times), GOALS[name]
        points = ", ".join(f"{size:,}: {taken * 1e6:,.0f} us" for size, taken in times.items())
        print(f"{'met' if slope <= goal else 'MISSED':7} {name}: {slope:.2f} (goal <= {goal})")
        print(f"        {points}")
    if chosen.json:
        result = {"machine": machine(), "seconds": found}
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
