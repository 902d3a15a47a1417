"""The command that runs conformance vectors, one line for each case that fails."""

import argparse
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from emrcore.cli.questions import MOSCOW
from emrcore.errors import Fault, Malformed
from emrcore.testing import vectors
from emrcore.testing.vectors import Vectors


def arguments(parser: argparse.ArgumentParser) -> None:
    """The files to run; without one, those that come with the library."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="(default: shipped)")


def run_vectors(chosen: argparse.Namespace) -> int:
    """Say of each failing case what was got instead; 1 if there is one.

    Raises:
        Malformed: a file is not valid; every fault of every file is told, and nothing is run.
    """
    pages = _read(chosen.files) if chosen.files else tuple(vectors.shipped())
    failed = 0
    for failure in _failures(pages):
        print(failure)
        failed += 1
    print(f"{sum(len(page.cases) for page in pages) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _failures(pages: Iterable[Vectors]) -> Iterator[vectors.Failure]:
    year = dt.datetime.now(MOSCOW).year
    for page in pages:
        yield from vectors.run(page, year=year)


def _read(files: Iterable[Path]) -> tuple[Vectors, ...]:
    pages: list[Vectors] = []
    faults: list[Fault] = []
    for file in files:
        try:
            pages.append(vectors.read(_text(file), file=str(file)))
        except Malformed as wrong:
            faults.extend(wrong.faults)
    if faults:
        raise Malformed("vectors", tuple(faults))
    return tuple(pages)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        fault = Fault(str(file), "cannot be read as UTF-8 text")
        raise Malformed("vectors", (fault,)) from None
