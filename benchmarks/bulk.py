"""One view over the columns of many cards, against C, numpy and the speed of the memory itself.

    python benchmarks/bulk.py [ROWS] [--json FILE]

A million rows unless told otherwise. The city's sections and days are filtered as an adult sees
the own card: published by now, no label, a kind of the section, a day not before the section's
first. All ways must count the same rows before anything is timed. The loop in C is compiled here
by the system's ``cc``; without one numpy is the anchor, and the table says so.
"""

import argparse
import ctypes
import datetime as dt
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from cards import machine, questions

from emrcore.access import View, decide
from emrcore.rulebook import Basis, shipped
from emrcore.testing.city import DOCUMENTS, TODAY, City, Columns, documents
from emrcore.testing.city.columns import KNOWN, UNTOLD

AT = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
NOW = int(AT.timestamp())
ROUNDS = 7
CHUNK = 1 << 16
CLOSED = np.iinfo(np.int32).max
SECTIONS = tuple(DOCUMENTS)
EPOCH = dt.date(1970, 1, 1)

Array = npt.NDArray[Any]

SOURCE = """
#include <stdint.h>
#include <stddef.h>
int64_t admitted(const uint8_t *section, const uint8_t *kind, const uint8_t *label,
                 const int32_t *occurred, const int32_t *signed_, const int64_t *published,
                 const int32_t *first_occurred, const int32_t *first_signed, int64_t now,
                 size_t rows) {
  int64_t found = 0;
  for (size_t i = 0; i < rows; i++) {
    uint8_t s = section[i];
    found += (occurred[i] >= first_occurred[s]) & (signed_[i] >= first_signed[s])
           & (kind[i] < 2) & (label[i] == 0) & (published[i] <= now);
  }
  return found;
}
uint64_t read_all(const uint64_t *words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += words[i];
  return sum;
}
"""


def rows_of(number: int) -> Columns:
    """The first *number* documents of the city, in the types that an analyst keeps."""
    found: list[Columns] = []
    missing = number
    for partition in City().partitions():
        if missing <= 0:
            break
        made = {name: column[:missing] for name, column in documents(partition).items()}
        missing -= len(made["card"])
        found.append(made)
    names = ("section", "kind", "label", "occurred", "signed", "published")
    return {name: np.concatenate([made[name] for made in found]) for name in names}


def cuts(view: View) -> tuple[Array, Array]:
    """The first day of each section, by occurrence and by signing; ``CLOSED`` where none is open.

    A section asks about one of the two; of the other any day will do, a missing one included.
    """
    anything = np.iinfo(np.int32).min
    first = {basis: np.full(len(SECTIONS), CLOSED, np.int32) for basis in Basis}
    for one in view.allowances:
        if one.section in SECTIONS and one.since and one.basis:
            place = SECTIONS.index(one.section)
            for column in first.values():
                column[place] = anything
            first[one.basis][place] = (one.since - EPOCH).days
    return first[Basis.OCCURRED], first[Basis.SIGNED]


# -- The ways --------------------------------------------------------------------------------------


def emrcore_over_columns(view: View, frame: pl.DataFrame) -> Callable[[], int]:
    """What emrcore does with a frame: the one place where an adapter for frames is to be called."""
    occurred, signed = cuts(view)
    section = pl.col("section")

    def since(first: Array, day: str) -> pl.Expr:
        return pl.lit(pl.Series(first)).gather(section) <= pl.col(day)

    condition = (
        since(occurred, "occurred")
        & since(signed, "signed")
        & pl.col("kind").is_in([KNOWN, UNTOLD])
        & (pl.col("label") == 0)
        & (pl.col("published") <= NOW)
    )
    query = frame.lazy().select(condition.sum())
    return lambda: int(query.collect(engine="streaming").item())


def in_numpy(view: View, columns: Columns) -> Callable[[], int]:
    """Masks over pieces that stay in the processor's cache."""
    occurred, signed = cuts(view)

    def counted() -> int:
        found = 0
        for start in range(0, len(columns["section"]), CHUNK):
            part = {name: column[start : start + CHUNK] for name, column in columns.items()}
            mask = occurred[part["section"]] <= part["occurred"]
            mask &= signed[part["section"]] <= part["signed"]
            mask &= part["kind"] <= UNTOLD
            mask &= part["label"] == 0
            mask &= part["published"] <= NOW
            found += int(np.count_nonzero(mask))
        return found

    return counted


def compiled(folder: Path) -> ctypes.CDLL | None:
    """The loops in C, or None without a compiler."""
    compiler = shutil.which("cc")
    if not compiler:
        return None
    source, library = folder / "loop.c", folder / "loop.so"
    source.write_text(SOURCE, "utf-8")
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", library, source], check=True)  # noqa: S603
    loops = ctypes.CDLL(str(library))
    loops.admitted.restype, loops.read_all.restype = ctypes.c_int64, ctypes.c_uint64
    return loops


def in_c(view: View, columns: Columns, loops: ctypes.CDLL) -> Callable[[], int]:
    """One pass, one thread."""
    names = ("section", "kind", "label", "occurred", "signed", "published")
    arrays = [columns[name] for name in names]
    arrays += cuts(view)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
    rows = ctypes.c_size_t(len(columns["section"]))
    return lambda: int(loops.admitted(*pointers, ctypes.c_int64(NOW), rows))


def bandwidth(columns: Columns, loops: ctypes.CDLL | None) -> Callable[[], int]:
    """Read as many bytes as the columns have and do next to nothing with them."""
    size = sum(column.nbytes for column in columns.values()) // 8
    words = np.ones(size, np.uint64)
    if not loops:
        return lambda: int(words.sum())
    pointer = words.ctypes.data_as(ctypes.c_void_p)

    def read() -> int:
        return int(loops.read_all(pointer, ctypes.c_size_t(len(words))))

    return read


# -- Time ------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> None:
    """Compare the counts, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, help="write the medians here, too")
    chosen = parser.parse_args(arguments)
    question = questions("any")["self"]
    edition = shipped("ru-moscow-2020").edition_at(AT)
    view = decide(question.facts, question.viewer, at=AT, edition=edition)
    columns = rows_of(chosen.rows)
    size = sum(column.nbytes for column in columns.values())
    with tempfile.TemporaryDirectory() as folder:
        loops = compiled(Path(folder))
    ways = {"numpy, in pieces": in_numpy(view, columns)}
    if loops:
        ways = {"C, one pass": in_c(view, columns, loops), **ways}
    ways["emrcore over a Polars frame"] = emrcore_over_columns(view, pl.DataFrame(columns))
    counts = {name: way() for name, way in ways.items()}
    if len(set(counts.values())) > 1:
        raise SystemExit(f"they count other rows: {counts}")
    ways["memory read once"] = bandwidth(columns, loops)
    report(measured(ways), chosen.rows, size, next(iter(counts.values())), chosen.json)


def measured(ways: dict[str, Callable[[], int]]) -> dict[str, tuple[float, float]]:
    """The median wall and processor seconds of each way, over interleaved rounds."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter(), time.process_time()
            way()
            end = time.perf_counter(), time.process_time()
            taken[name].append((end[0] - start[0], end[1] - start[1]))
    return {
        name: (statistics.median(wall for wall, _ in one), statistics.median(cpu for _, cpu in one))
        for name, one in taken.items()
    }


def report(
    medians: dict[str, tuple[float, float]], rows: int, size: int, shown: int, path: Path | None
) -> None:
    """Print the table; ratios are of processor time, which a busy machine leaves alone."""
    anchor = next(iter(medians))
    print(f"{rows:,} rows, {shown:,} shown, {size / 1e6:.0f} MB; ratios to: {anchor}\n")
    print("| way | ms | processor ms | ns/row | x | GB/s |\n|---|---:|---:|---:|---:|---:|")
    for name, (wall, cpu) in medians.items():
        row = f"{wall * 1e3:.1f} | {cpu * 1e3:.1f} | {cpu / rows * 1e9:.2f}"
        print(f"| {name} | {row} | {cpu / medians[anchor][1]:.2f} | {size / cpu / 1e9:.1f} |")
    if anchor.startswith("numpy"):
        print("\nNo cc on this machine: numpy is the anchor.")
    else:
        ratio = medians["emrcore over a Polars frame"][1] / medians[anchor][1]
        print(f"\n{'met' if ratio <= 5 else 'MISSED'}: Polars / C {ratio:.2f} (goal <= 5)")
    if path:
        result = {"machine": machine(), "rows": rows, "bytes": size, "seconds": medians}
        path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
