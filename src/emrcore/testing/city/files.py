"""The city as frames, Parquet files and a stream for COPY."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from emrcore.testing.city.columns import (
    GRANTS,
    KNOWN,
    LABELS,
    NEVER,
    SECTIONS,
    SOURCES,
    TIES,
    UNKNOWN,
    documents,
    people,
)
from emrcore.testing.city.plan import KINDS, City, Partition

Progress = Callable[[int, int], None]
"""Is told after each partition how many are done, and of how many."""

COPY = (
    "COPY emrcore_documents (patient, source, id, dated, section, kind, occurred_on, signed_on,"
    " published_at, acknowledged_at, labels, title, body, number, standing) FROM STDIN"
)
"""The statement that reads ``copy_text`` into the table of ``emrcore.adapters.sql``."""


def documents_frame(partition: Partition) -> pl.DataFrame:
    """The documents of *partition* with their ids, words and dates, as a ``Document`` has them.

    ``labels`` is a list; title and body, which are empty, are left out.
    """
    section, kind = pl.col("section"), pl.col("kind")
    return pl.DataFrame(documents(partition)).select(
        id=pl.format("document-{}", "document"),
        source=_word(pl.col("source"), SOURCES),
        patient=pl.format("card-{}", "card"),
        section=_word(section, SECTIONS),
        kind=pl.when(kind == KNOWN)
        .then(_word(section, tuple(KINDS.values())))
        .when(kind == UNKNOWN)
        .then(pl.lit("unknown")),
        occurred_on=_day("occurred"),
        signed_on=_day("signed"),
        published_at=_moment("published"),
        acknowledged_at=pl.when(pl.col("acknowledged") > 0).then(_moment("acknowledged")),
        labels=pl.concat_list(_word(pl.col("label"), LABELS)).list.drop_nulls(),
        standing=pl.lit("current"),
    )


def people_frame(partition: Partition) -> pl.DataFrame:
    """The people of *partition*: one row a card, the words of ``columns.people``."""
    guardian = pl.col("guardian")
    return pl.DataFrame(people(partition)).select(
        patient=pl.format("card-{}", "card"),
        person=pl.format("person-{}", "card"),
        born=_day("born"),
        died=_day("died"),
        guardian=pl.when(guardian >= 0).then(pl.format("person-{}", guardian)),
        tie=_word(pl.col("tie"), TIES),
        own=_word(pl.col("own"), GRANTS),
        guardians=_word(pl.col("guardians"), GRANTS),
        granted=_day("granted"),
        restricted="restricted",
    )


def write_parquet(city: City, folder: Path, *, progress: Progress | None = None) -> list[Path]:
    """Write *city* into *folder*: two files a partition, ``documents-00000`` and ``people-00000``.

    A file that is there has been written whole, and is not written again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partitions = list(city.partitions())
    written: list[Path] = []
    for done, partition in enumerate(partitions, start=1):
        for name, frame in (("people", people_frame), ("documents", documents_frame)):
            path = folder / f"{name}-{partition.number:05}.parquet"
            if not path.exists():
                unfinished = path.with_suffix(".unfinished")
                frame(partition).write_parquet(unfinished, compression="lz4", statistics=False)
                unfinished.replace(path)
            written.append(path)
        if progress:
            progress(done, len(partitions))
    return written


def copy_text(city: City, *, progress: Progress | None = None) -> Iterator[bytes]:
    """The documents of *city* in the text form of PostgreSQL's COPY, a partition at a time.

    The columns are those of the statement ``COPY``.
    """
    partitions = list(city.partitions())
    for done, partition in enumerate(partitions, start=1):
        text = io.BytesIO()
        _copied(documents_frame(partition)).write_csv(
            text, include_header=False, separator="\t", null_value="\\N", quote_style="never"
        )
        yield text.getvalue()
        if progress:
            progress(done, len(partitions))


def _copied(frame: pl.DataFrame) -> pl.DataFrame:
    stored = "%Y-%m-%d %H:%M:%S"
    published = pl.col("published_at")
    return frame.select(
        "patient",
        "source",
        "id",
        pl.coalesce("occurred_on", "signed_on", published.dt.date()),
        "section",
        "kind",
        pl.col("occurred_on").alias("occurred"),
        "signed_on",
        published.dt.strftime(stored),
        pl.col("acknowledged_at").dt.strftime(stored),
        pl.format('["{}"]', pl.col("labels").list.first()).fill_null("[]"),
        pl.lit("").alias("title"),
        pl.lit("\\\\x").alias("body"),
        pl.lit(1).alias("number"),
        "standing",
    )


def _word(index: pl.Expr, words: tuple[str | None, ...]) -> pl.Expr:
    return pl.lit(pl.Series(words, dtype=pl.String)).gather(index)


def _day(name: str) -> pl.Expr:
    column = pl.col(name)
    return pl.when(column != NEVER).then(column.cast(pl.Int32).cast(pl.Date))


def _moment(name: str) -> pl.Expr:
    return pl.from_epoch(name, time_unit="s").dt.replace_time_zone("UTC")
