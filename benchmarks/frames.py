"""A view over a frame of 1,000,000 documents, against the same filter in the engine's own words.

Run it with ``python benchmarks/frames.py``. The answers are compared before anything is timed, with
each other and, for the card, with memory; each way is tried in turn, so that a busy machine slows
all of them. Two frames: one of 70,000 cards of which one is asked for, as in a portal, and one card
that holds all rows, in which every row has to be judged.
"""

import datetime as dt
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl

from emrcore.access import Allowance, Facts, Grant, View, Viewer, decide
from emrcore.adapters import frames
from emrcore.people import PatientId, Person, PersonId
from emrcore.records import Document, DocumentId, visible
from emrcore.rulebook import Basis, Role, shipped

pa: Any = importlib.import_module("pyarrow")
pc: Any = importlib.import_module("pyarrow.compute")

ROWS, CARDS, REPEATS = 1_000_000, 70_000, 7
AT = dt.datetime(2020, 2, 3, 12, tzinfo=dt.UTC)
EDITION = shipped("ru-moscow-2020").edition_at(AT)
ME = PersonId("patient")
FACTS = Facts(
    patient=PatientId("card-7"),
    person=Person(id=ME, born=dt.date(1990, 5, 5)),
    grants=(Grant(viewer=ME, since=dt.datetime(2020, 1, 21, tzinfo=dt.UTC)),),
)
VIEW = decide(FACTS, Viewer(person=ME, role=Role.SELF), at=AT, edition=EDITION)
DATES = {Basis.OCCURRED: "occurred_on", Basis.SIGNED: "signed_on"}


def documents(cards: int) -> Any:
    """As PyArrow has them: of every section and kind, over twelve years, one in ten labelled."""
    chance = np.random.default_rng(7)
    pairs = [(name, kind) for name, one in EDITION.sections.items() for kind in one.kinds.value]
    pair = chance.integers(len(pairs), size=ROWS)
    day = chance.integers(14_600, 18_300, size=ROWS).astype("datetime64[D]")
    moment = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "id": pa.array(np.arange(ROWS)),
            "patient": pa.array(np.char.add("card-", chance.integers(cards, size=ROWS).astype(str)))
            if cards > 1
            else pa.array(["card-7"] * ROWS),
            "source": pa.array(["lab"] * ROWS),
            "section": pa.array([pairs[one][0] for one in pair]),
            "kind": pa.array([pairs[one][1] for one in pair]),
            "labels": pa.array(np.where(chance.random(ROWS) < 0.1, '["hiv"]', "[]")),
            "published_at": pa.array(day.astype("datetime64[us]")).cast(moment),
            "acknowledged_at": pa.nulls(ROWS, moment),
            "occurred_on": pa.array(day),
            "signed_on": pa.array(day),
            "standing": pa.array(["current"] * ROWS),
        }
    )


# -- By hand ---------------------------------------------------------------------------------------


def date_of(allowance: Allowance) -> tuple[str, dt.date] | None:
    """The column and the first day, where one is asked for."""
    if allowance.basis is None or allowance.since is None:
        return None
    return DATES[allowance.basis], allowance.since


def in_polars(one: Allowance) -> pl.Expr:
    """One allowance."""
    test = (pl.col("section") == one.section) & (pl.col("labels") == "[]")
    test &= pl.col("kind").is_null() | pl.col("kind").is_in(sorted(one.kinds))
    date = date_of(one)
    return test & (pl.col(date[0]) >= date[1]) if date else test


def polars_by_hand(frame: Any) -> Any:
    """An eager or a lazy frame."""
    any_of = pl.any_horizontal([in_polars(one) for one in VIEW.allowances])
    return frame.filter(pl.col("patient") == "card-7", pl.col("published_at") <= AT, any_of)


def arrow_by_hand(table: Any) -> Any:
    """The card first, then one expression."""
    table = table.filter(pc.equal(table["patient"], "card-7"))
    any_of = pc.scalar(value=False)
    for one in VIEW.allowances:
        test = (pc.field("section") == one.section) & (pc.field("labels") == "[]")
        test &= pc.field("kind").is_null() | pc.field("kind").isin(sorted(one.kinds))
        date = date_of(one)
        any_of |= test & (pc.field(date[0]) >= date[1]) if date else test
    return table.filter((pc.field("published_at") <= AT) & any_of)


def pandas_by_hand(frame: Any) -> Any:
    """The card first, then masks; its days are of PyArrow's type."""
    card = frame[frame["patient"] == "card-7"]
    mask = card["patient"] == ""
    for one in VIEW.allowances:
        test = (card["section"] == one.section) & (card["labels"] == "[]")
        test &= card["kind"].isna() | card["kind"].isin(one.kinds)
        date = date_of(one)
        mask |= test & (card[date[0]] >= date[1]) if date else test
    return card[mask & (card["published_at"] <= AT)]


def duckdb_by_hand(relation: Any) -> Any:
    """One WHERE."""
    tests: list[str] = []
    for one in VIEW.allowances:
        kinds = ", ".join(f"'{kind}'" for kind in sorted(one.kinds))
        test = (
            f"section = '{one.section}' AND labels = '[]' AND (kind IS NULL OR kind IN ({kinds}))"
        )
        date = date_of(one)
        tests.append(f"({test} AND {date[0]} >= '{date[1]}')" if date else f"({test})")
    at = f"published_at <= '{AT.isoformat()}'"
    return relation.filter(f"patient = 'card-7' AND {at} AND ({' OR '.join(tests)})")


# -- Measured --------------------------------------------------------------------------------------


def relation(table: Any) -> Any:
    """In a table of DuckDB."""
    connection = duckdb.connect()
    connection.register("arrived", table)
    connection.execute("CREATE TABLE documents AS FROM arrived")
    return connection.table("documents")


def pandas_of(table: Any) -> Any:
    """With columns of PyArrow."""
    pd = importlib.import_module("pandas")
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def ids(result: Any) -> list[int]:
    """What was found, as a list."""
    column = result["id"]
    found: list[int] = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    return found


Way = tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]

WAYS: dict[str, Way] = {
    "Polars, eager": (pl.DataFrame, polars_by_hand, lambda found: found),
    "Polars, streaming": (
        lambda table: pl.DataFrame(table).lazy(),
        polars_by_hand,
        lambda found: found.collect(engine="streaming"),
    ),
    "pandas, pyarrow": (pandas_of, pandas_by_hand, lambda found: found),
    "PyArrow": (lambda table: table, arrow_by_hand, lambda found: found),
    "DuckDB": (relation, duckdb_by_hand, lambda found: found.to_arrow_table()),
}


def milliseconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def check(table: Any, expected: list[int]) -> None:
    """Compare what memory says of the first rows of the card.

    Raises:
        SystemExit: it shows others.
    """
    card = table.filter(pc.equal(table["patient"], "card-7")).slice(0, 5_000)
    own = [document(row) for row in card.to_pylist()]
    shown = [int(one.id) for one in visible(VIEW, own)]
    last = int(own[-1].id)
    if shown != [one for one in expected if one <= last]:
        raise SystemExit("memory shows others")


def document(row: dict[str, Any]) -> Document:
    """A row as memory has it."""
    labels = frozenset(["hiv"] if row["labels"] != "[]" else [])
    changed: dict[str, Any] = {"id": DocumentId(f"{row['id']}"), "labels": labels}
    return Document(**row | changed)


def compare(title: str, table: Any, view: View) -> None:
    """Print what each engine takes in both ways.

    Raises:
        SystemExit: they do not show the same documents.
    """
    print(f"\n{title}")
    print(f"{'':20}{'by hand, ms':>14}{'emrcore, ms':>14}{'ratio':>8}")
    for name, (made, by_hand, done) in WAYS.items():
        frame = made(table)

        def ours(frame: Any = frame, done: Any = done) -> Any:
            return done(frames.visible(view, frame))

        def native(frame: Any = frame, by_hand: Any = by_hand, done: Any = done) -> Any:
            return done(by_hand(frame))

        found = sorted(ids(ours()))
        if found != sorted(ids(native())):
            raise SystemExit(f"{name}: not the same documents")
        check(table, found)
        pairs = [(milliseconds(native), milliseconds(ours)) for _ in range(REPEATS)]
        first, second = (min(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(two / one for one, two in pairs)
        print(f"{name:20}{first:14.1f}{second:14.1f}{ratio:8.2f}")


def main() -> None:
    """Both frames."""
    compare(f"one card of {CARDS:,} in {ROWS:,} rows", documents(CARDS), VIEW)
    compare(f"one card of {ROWS:,} rows", documents(1), VIEW)


if __name__ == "__main__":
    main()
