"""Every document of a city under every look of patients and guardians, a part at a time.

    python benchmarks/corpus.py [FOLDER] [--cards CARDS] [--json FILE]

20,000 cards unless told otherwise; ``--cards 10100000`` is the whole city with 172.5 million
documents. FOLDER holds its Parquet files, which are made first where they are missing: 4.5 GB for
the whole. What the first cards show is held against ``decide`` and ``visible``, look by look, or
nothing is timed. Then ``frames.who_sees`` is asked of 25 partitions at a time, so that the memory
of one such part is enough; the files are read inside the measurement.
"""

import argparse
import collections
import datetime as dt
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from cards import machine

from emrcore.access import decide
from emrcore.adapters import frames
from emrcore.records import visible
from emrcore.rulebook import Role, shipped
from emrcore.testing.city import CARDS, PARTITION, TODAY, City, cards, write_parquet
from emrcore.testing.city.columns import ENDED, TO_COME

AT = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
BOOK = shipped("ru-moscow-2020")
TOGETHER = 25
CHECKED = 2_000

Tally = collections.Counter[tuple[Any, ...]]


def papers(files: list[Path]) -> pl.LazyFrame:
    """The documents, with labels as one text."""
    first = pl.col("labels").list.first()
    labels = pl.when(first.is_null()).then(pl.lit("[]")).otherwise(pl.format('["{}"]', first))
    return pl.scan_parquet(files).with_columns(labels=labels, standing=pl.lit("current"))


def register(files: list[Path]) -> frames.Register[pl.LazyFrame]:
    """What the register knows of these people, as ``emrcore.testing.city.card`` says it."""
    people = pl.scan_parquet(files)
    guarded = people.filter(pl.col("guardian").is_not_null())
    nobody = pl.lit(None, pl.Date)
    return frames.Register(
        looks=pl.concat(
            [_looks(people, "person", Role.SELF), _looks(guarded, "guardian", Role.GUARDIAN)]
        ),
        facts=pl.concat(
            [
                guarded.filter(condition).select(
                    "patient",
                    pl.col("guardian").alias("viewer"),
                    word.alias("fact"),
                    pl.col("born").alias("since"),
                    nobody.alias("until"),
                )
                for condition, word in (
                    (pl.col("tie").is_not_null(), pl.format("kinship {}", "tie")),
                    (pl.col("restricted"), pl.lit("restriction")),
                )
            ]
        ),
        grants=pl.concat(
            [
                _grants(people, "person", "own", Role.SELF),
                _grants(guarded, "guardian", "guardians", Role.GUARDIAN),
            ]
        ),
    )


def _looks(people: pl.LazyFrame, viewer: str, role: Role) -> pl.LazyFrame:
    return people.select(
        "patient",
        "person",
        pl.col(viewer).alias("viewer"),
        pl.lit(str(role)).alias("role"),
        "born",
        "died",
    )


def _grants(people: pl.LazyFrame, viewer: str, state: str, role: Role) -> pl.LazyFrame:
    granted = pl.col("granted")
    since = (
        pl.when(pl.col(state) == "ended")
        .then(granted - dt.timedelta(days=2 * ENDED))
        .when(pl.col(state) == "to come")
        .then(pl.lit(TODAY + dt.timedelta(days=TO_COME)))
        .otherwise(granted)
    )
    until = pl.when(pl.col(state) == "ended").then(granted - dt.timedelta(days=ENDED))
    another = pl.col(state) == "another's"
    return people.filter(pl.col(state) != "none").select(
        "patient",
        pl.col(viewer).alias("viewer"),
        pl.when(another)
        .then(pl.lit(str(Role.REPRESENTATIVE)))
        .otherwise(pl.lit(str(role)))
        .alias("role"),
        _moment(since).alias("since"),
        _moment(until).alias("until"),
    )


def _moment(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def who_sees(folder: Path, numbers: Sequence[int]) -> pl.LazyFrame:
    """Who sees what in the partitions *numbers*."""
    documents, people = (
        [folder / f"{name}-{number:05}.parquet" for number in numbers]
        for name in ("documents", "people")
    )
    return frames.who_sees(register(people), papers(documents), at=AT, rulebook=BOOK)


def refuse_to_differ(city: City, folder: Path) -> None:
    """Ask look by look.

    Raises:
        SystemExit: the first cards show something else.
    """
    edition = BOOK.edition_at(AT)
    few = list(cards(City(seed=city.seed, cards=min(CHECKED, city.cards))))
    expected = sorted(
        (document.id, viewer.person, str(viewer.role))
        for one in few
        for viewer in (one.viewer(Role.SELF), one.viewer(Role.GUARDIAN))
        for document in visible(decide(one.facts, viewer, at=AT, edition=edition), one.documents)
    )
    ours = [one.facts.patient for one in few]
    found = who_sees(folder, [0]).filter(pl.col("patient").is_in(ours))
    if sorted(found.select("id", "viewer", "role").collect().rows()) != expected:
        raise SystemExit("look by look something else is shown")
    print(f"{len(few):,} cards compared look by look: {len(expected):,} rows, the same")


def main(arguments: Sequence[str]) -> None:
    """Compare, then count all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where the Parquet files are")
    parser.add_argument("--cards", type=int, default=2 * PARTITION, help=f"up to {CARDS}")
    parser.add_argument("--json", type=Path, help="write what was measured here, too")
    chosen = parser.parse_args(arguments)
    city = City(cards=chosen.cards)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        write_parquet(city, folder)
        refuse_to_differ(city, folder)
        total, documents, spent = counted(city, folder)
    found = report(city, total, documents, spent)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def counted(city: City, folder: Path) -> tuple[Tally, int, dict[str, float]]:
    """The rows by role and section, all documents, and what that took: seconds and bytes."""
    numbers = [one.number for one in city.partitions()]
    total: Tally = collections.Counter()
    documents = 0
    start = time.perf_counter(), time.process_time()
    for first in range(0, len(numbers), TOGETHER):
        some = numbers[first : first + TOGETHER]
        total.update(frames.tally(who_sees(folder, some)))
        files = [folder / f"documents-{number:05}.parquet" for number in some]
        documents += pl.scan_parquet(files).select(pl.len()).collect().item()
        print(f"\r{first + len(some)} of {len(numbers)} partitions", end="", file=sys.stderr)
    print(file=sys.stderr)
    spent = {
        "wall": time.perf_counter() - start[0],
        "processor": time.process_time() - start[1],
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    return total, documents, spent


def report(city: City, total: Tally, documents: int, spent: dict[str, float]) -> dict[str, Any]:
    """Print what is shown to whom, how long it took, and the most memory; the same as values."""
    print(f"\n{city.cards:,} cards, {documents:,} documents, {total.total():,} rows shown")
    print("\n| role | section | rows |\n|---|---|---:|")
    for (role, section), rows in sorted(total.items()):
        print(f"| {role} | {section} | {rows:,} |")
    wall, each = spent["wall"], spent["processor"] / documents * 1e9
    print(f"\n{wall:.0f} s by the clock, {each:.0f} ns of processors a document;")
    print(f"{spent['memory'] / 1e9:.2f} GB of memory at most")
    shown = [[role, section, rows] for (role, section), rows in sorted(total.items())]
    return {
        "machine": machine(),
        "cards": city.cards,
        "documents": documents,
        "shown": shown,
        **spent,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
