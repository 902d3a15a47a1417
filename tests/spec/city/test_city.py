"""The simulated city: its proportions, and that it is one city however it is made."""

import collections
import datetime as dt
import hashlib
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from emrcore.access import decide
from emrcore.people import KinshipStatus
from emrcore.records import Document, visible
from emrcore.rulebook import Role, shipped
from emrcore.testing.city import (
    CARDS,
    DOCUMENTS,
    PARTITION,
    TODAY,
    City,
    Household,
    Partition,
    card,
    cards,
    documents,
    documents_frame,
    people,
    write_parquet,
)

SMALL = City(cards=2_000)

FIRST_PARTITION = "6fae190fc99ee2116b3a1516a62924b324fdb7ca807938f9e5dd3947f63a9c68"
"""The hash of the first partition of the city 2020; another hash is another city."""


def fingerprint(partition: Partition) -> str:
    """The hash of everything in *partition*, byte by byte."""
    digest = hashlib.sha256()
    for columns in (people(partition), documents(partition)):
        for name, column in sorted(columns.items()):
            digest.update(name.encode() + column.astype("<i8").tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def households() -> list[Household]:
    return list(cards(SMALL))


# -- Proportions -----------------------------------------------------------------------------------


def test_the_whole_city_has_the_documents_of_the_announcement() -> None:
    """The partitions hold 100, 45, 25 and 2.5 million documents of 10.1 million cards
    (announcement 10).
    """
    counted: collections.Counter[str] = collections.Counter()
    partitions = list(City().partitions())
    for partition in partitions:
        counted.update(partition.totals())
    assert counted == DOCUMENTS
    assert (partitions[0].first, partitions[-1].end) == (0, CARDS)


def test_no_two_partitions_overlap() -> None:
    """Cards and documents of a partition begin where those of the one before end."""
    for before, after in itertools.pairwise(City().partitions()):
        assert before.end == after.first
        assert before.first_document + sum(before.totals().values()) == after.first_document


@pytest.mark.parametrize("number", [0, 1, 1009])
def test_a_partition_holds_what_it_is_said_to(number: int) -> None:
    """The documents made are as many of each section as planned, all of its own cards."""
    partition = City().partition(number)
    made = documents(partition)
    sections = np.bincount(made["section"], minlength=len(DOCUMENTS)).tolist()
    assert sections == list(partition.totals().values())
    assert partition.first <= made["card"].min()
    assert made["card"].max() < partition.end
    assert (np.diff(made["card"]) >= 0).all()
    first = partition.first_document
    assert (made["document"] == np.arange(first, first + len(made["card"]))).all()


def test_some_cards_are_many_times_the_ordinary() -> None:
    """In 100,000 cards the median has at most 14 documents, and the largest over 2,000."""
    sizes = np.concatenate(
        [
            np.unique(documents(p)["card"], return_counts=True)[1]
            for p in City(cards=100_000).partitions()
        ]
    )
    assert np.median(sizes) <= 14
    assert sizes.max() > 2_000
    assert sizes.max() < 20_000


# -- One city --------------------------------------------------------------------------------------


def test_the_first_partition_is_for_ever_the_same() -> None:
    """The bytes are those of every machine and every version of numpy."""
    assert fingerprint(City(seed=2020).partition(0)) == FIRST_PARTITION


def test_another_process_makes_the_same_city() -> None:
    """A partition made alone elsewhere is the partition made here; another seed makes another."""
    script = (
        "import hashlib\n"
        "from emrcore.testing.city import City, documents\n"
        "made = documents(City(seed=7).partition(3))\n"
        "text = b''.join(made[name].astype('<i8').tobytes() for name in sorted(made))\n"
        "print(hashlib.sha256(text).hexdigest())"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    made = documents(City(seed=7).partition(3))
    text = b"".join(made[name].astype("<i8").tobytes() for name in sorted(made))
    assert run.stdout.strip() == hashlib.sha256(text).hexdigest()
    assert fingerprint(City(seed=7).partition(3)) != fingerprint(City(seed=8).partition(3))


@pytest.mark.parametrize("size", [1, 10, 9_999, 10_000, 10_001])
def test_a_smaller_city_is_the_beginning_of_a_larger(size: int) -> None:
    """Whatever its size, a city has the cards and documents of the whole one."""
    for small in City(cards=size).partitions():
        whole = City().partition(small.number)
        for made in (people, documents):
            few, all_ = made(small), made(whole)
            for name, column in few.items():
                assert (column == all_[name][: len(column)]).all(), name
        assert len(people(small)["card"]) == small.end - small.first
        missing = documents(whole)["card"][len(documents(small)["card"]) :]
        assert len(missing) == 0 or missing.min() >= small.end


def read_document(row: dict[str, Any]) -> Document:
    row["labels"] = frozenset(row["labels"])
    return Document(**row)


def test_objects_say_what_columns_say(households: list[Household]) -> None:
    """Each document, made again from the frame's words, is the object."""
    (partition,) = SMALL.partitions()
    rows = documents_frame(partition).iter_rows(named=True)
    read = [read_document(row) for row in rows]
    assert read == [document for one in households for document in one.documents]


def test_one_card_is_the_same_alone(households: list[Household]) -> None:
    """A card made alone is the card met on the way through the city."""
    for number in (0, 1, 999, 1_999):
        assert card(SMALL, number) == households[number]
        assert card(City(), number) == households[number]


def test_files_say_what_columns_say(tmp_path: Path) -> None:
    """Parquet files hold the frames; progress is told; what is there is not written again."""
    city, told = City(cards=PARTITION + 5), list[tuple[int, int]]()
    written = write_parquet(city, tmp_path, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in written)
    read = pl.read_parquet(tmp_path / "documents-*.parquet")
    assert read.equals(pl.concat(map(documents_frame, city.partitions())))
    times = [path.stat().st_mtime_ns for path in written]
    assert write_parquet(city, tmp_path) == written
    assert [path.stat().st_mtime_ns for path in written] == times


@pytest.mark.parametrize("wrong", [0, -1, CARDS + 1])
def test_a_city_has_bounds(wrong: int) -> None:
    """No city is empty, or larger than the whole."""
    with pytest.raises(ValueError, match="from 1 to"):
        City(cards=wrong)
    assert City(cards=CARDS).cards == CARDS


def test_what_is_not_there_is_refused() -> None:
    """Cards and partitions are counted from 0 to the last."""
    city = City(cards=10_001)
    assert city.partition(1).end == 10_001
    for number in (-1, 2):
        with pytest.raises(IndexError, match="no partition"):
            city.partition(number)
    for number in (-1, 10_001):
        with pytest.raises(IndexError, match="no card"):
            card(city, number)


# -- What lives there ------------------------------------------------------------------------------


def test_people_are_of_every_kind(households: list[Household]) -> None:
    """There are children, the dead, leap days, every standing of a tie, every state of a grant."""
    facts = [one.facts for one in households]
    born = {one.person.born for one in facts}
    assert {(2, 29)} <= {(day.month, day.day) for day in born}
    assert min(born) < dt.date(1940, 1, 1)
    assert max(born) > dt.date(2019, 1, 1)
    assert any(one.person.died for one in facts)
    assert {tie.status for one in facts for tie in one.kinships} == set(KinshipStatus)
    assert any(one.restrictions for one in facts)
    noon = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
    grants = [grant for one in facts for grant in one.grants]
    assert {grant.role for grant in grants} == {Role.SELF, Role.GUARDIAN, Role.REPRESENTATIVE}
    assert {(one.since <= noon, one.holds_at(noon)) for one in grants} == {
        (True, True),
        (True, False),
        (False, False),
    }


def test_guardians_live_in_the_city(households: list[Household]) -> None:
    """A child's guardian is a grown-up of the same ten cards."""
    people_of = {one.facts.person.id: place for place, one in enumerate(households)}
    for place, household in enumerate(households):
        if household.guardian:
            guardian = people_of[household.guardian]
            assert guardian // 10 == place // 10
            assert households[guardian].facts.person.born < dt.date(2003, 1, 1)


def test_documents_are_of_every_kind(households: list[Household]) -> None:
    """Labels, missing dates, missing and unknown kinds, and what is not published yet."""
    found = [document for one in households for document in one.documents]
    assert {one.kind for one in found} >= {None, "unknown"}
    assert {label for one in found for label in one.labels} == {"psychiatry", "narcology"}
    for name in ("occurred_on", "signed_on", "acknowledged_at"):
        assert {getattr(one, name) is None for one in found} == {True, False}, name
    noon = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
    assert {one.published_at <= noon for one in found} == {True, False}


@pytest.mark.parametrize("role", [Role.SELF, Role.GUARDIAN, Role.DOCTOR, Role.CREW])
def test_the_city_exercises_the_rulebook(households: list[Household], role: Role) -> None:
    """Each kind of viewer is refused some cards, and shown some documents of others and not all."""
    at = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)
    edition = shipped("ru-moscow-2020").edition_at(at)
    shown: set[str] = set()
    for one in households[:500]:
        view = decide(one.facts, one.viewer(role), at=at, edition=edition)
        found = len(visible(view, one.documents))
        shown.add("refused" if view.refusal else "some" if found < len(one.documents) else "all")
    assert shown >= {"refused", "some"} if role is not Role.DOCTOR else {"some", "all"} <= shown
