"""The questions of a population have the answers of ``decide`` and ``visible``, look by look."""

import collections
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import duckdb
import pandas as pd
import polars as pl
import pytest

from emrcore.access import Facts, Viewer, admitted, decide
from emrcore.adapters import frames
from emrcore.errors import Malformed
from emrcore.people import PatientId, PersonId
from emrcore.records import Document, DocumentId, visible
from emrcore.rulebook import Role, Rulebook, shipped, shipped_names
from emrcore.testing.boundaries import looks
from emrcore.testing.city import City, Household, cards
from engines import arrow, columns_of, pa

BOOK, LATER = shipped("ru-moscow-2020"), shipped("ru-moscow-2020-08")
NOW = dt.datetime(2020, 2, 3, 9, tzinfo=dt.UTC)
AUGUST = dt.datetime(2020, 9, 1, 9, tzinfo=dt.UTC)
ASKING = (Role.SELF, Role.GUARDIAN, Role.DOCTOR, Role.CREW, Role.REPRESENTATIVE)

Look = tuple[Facts, Viewer, Sequence[Document]]
Seen = list[tuple[Any, ...]]
Made = Callable[[Any], Any]


def _duckdb() -> Made:
    connection = duckdb.connect()
    made: list[str] = []

    def make(table: Any) -> duckdb.DuckDBPyRelation:
        made.append(f"t{len(made)}")
        connection.register("arrived", table)
        connection.execute(f"CREATE TABLE {made[-1]} AS FROM arrived")
        return connection.table(made[-1])

    return make


ENGINES: dict[str, Callable[[], Made]] = {
    "polars": lambda: pl.DataFrame,
    "polars, lazy": lambda: lambda table: pl.DataFrame(table).lazy(),
    "pandas": lambda: lambda table: table.to_pandas(),
    "pandas, pyarrow": lambda: lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pyarrow": lambda: lambda table: table,
    "duckdb": _duckdb,
}


def register(make: Made, found: Iterable[Look]) -> frames.Register[Any]:
    known = frames.as_register([(facts, viewer) for facts, viewer, _ in found])
    return frames.Register(
        looks=make(columns_of(known.looks, frames.LOOKS)),
        facts=make(columns_of(known.facts, frames.FACTS)),
        grants=make(columns_of(known.grants, frames.GRANTS)),
    )


def rows(frame: Any, *names: str) -> Seen:
    """The values of these columns, sorted."""
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        return sorted(frame.select(", ".join(names)).fetchall())
    if isinstance(frame, pa.Table):
        columns = [frame[name].to_pylist() for name in names]
    else:
        columns = [frame[name].to_list() for name in names]
    return sorted(zip(*columns, strict=True))


def seen(found: Iterable[Look], at: dt.datetime, book: Rulebook) -> Seen:
    """Asked look by look."""
    return sorted(
        (document.id, viewer.person, str(viewer.role))
        for facts, viewer, documents in found
        for document in visible(
            decide(facts, viewer, at=at, edition=book.edition_at(at)), documents
        )
    )


# -- The city --------------------------------------------------------------------------------------


@functools.cache
def households() -> list[Household]:
    return list(cards(City(cards=300)))


def city() -> list[Look]:
    return [(one.facts, one.viewer(role), one.documents) for one in households() for role in ASKING]


def papers() -> list[Document]:
    return [document for one in households() for document in one.documents]


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest) -> Made:
    return ENGINES[request.param]()


KEY = ("id", "viewer", "role")


def test_who_sees_which_documents(make: Made) -> None:
    """REC-1: every look at every card of a city."""
    documents = make(arrow(papers()))
    found = frames.who_sees(register(make, city()), documents, at=NOW, rulebook=BOOK)
    expected = seen(city(), NOW, BOOK)
    assert {role for _, _, role in expected} == {"self", "guardian", "doctor", "crew"}
    assert rows(found, *KEY) == expected
    assert type(found) is type(documents)
    sections = {one.id: one.section for one in papers()}
    counted = collections.Counter((role, sections[name]) for name, _, role in expected)
    assert frames.tally(found) == dict(counted)


def test_what_a_guardian_sees_of_all_children(make: Made) -> None:
    guardians = collections.Counter(
        viewer for _, viewer, role in seen(city(), NOW, BOOK) if role == "guardian"
    )
    ((guardian, _),) = guardians.most_common(1)
    found = frames.family(
        register(make, city()),
        make(arrow(papers())),
        guardian=PersonId(guardian),
        at=NOW,
        rulebook=BOOK,
    )
    expected = [one for one in seen(city(), NOW, BOOK) if one[1:] == (guardian, str(Role.GUARDIAN))]
    assert rows(found, *KEY) == expected


def test_what_opens(make: Made) -> None:
    """By publication, by a birthday and by a grant that begins: hidden then, shown now."""
    later = NOW + dt.timedelta(days=60)
    found = frames.opens(
        register(make, city()), make(arrow(papers())), since=NOW, until=later, rulebook=BOOK
    )
    expected = sorted({*seen(city(), later, BOOK)} - {*seen(city(), NOW, BOOK)})
    assert expected
    assert rows(found, *KEY) == expected


def test_what_another_rulebook_opens_and_hides(make: Made) -> None:
    found = frames.turns(
        register(make, city()), make(arrow(papers())), at=AUGUST, before=LATER, after=BOOK
    )
    old, new = ({*seen(city(), AUGUST, book)} for book in (LATER, BOOK))
    expected = [(*one, True) for one in new - old] + [(*one, False) for one in old - new]
    assert expected
    assert rows(found, *KEY, "opens") == sorted(expected)


# -- Every constant --------------------------------------------------------------------------------


def own(facts: Facts, viewer: Viewer, at: dt.datetime, book: Rulebook) -> bool:
    """Whether what is shown is reckoned from this patient's age or grant."""
    bands, _ = admitted(facts, viewer, at=at, edition=book.edition_at(at))
    return any(
        band.records_until_age
        or (band.records_from_grant and band.records_from_grant.value)
        or (band.opt_outs and band.opt_outs.value)
        for band in bands
    )


@functools.cache
def moments(name: str) -> dict[dt.datetime, list[Look]]:
    """The looks of the boundaries, each at a card of its own with a few documents, by moment."""
    found: collections.defaultdict[dt.datetime, list[Look]] = collections.defaultdict(list)
    for number, look in enumerate(looks(shipped(name))):
        card = PatientId(f"card-{number}")
        documents = [
            attrs.evolve(one, id=DocumentId(f"{number}-{place}"), patient=card)
            for place, one in enumerate(look.documents[:25])
            if one.patient == look.facts.patient
        ]
        facts = attrs.evolve(look.facts, patient=card)
        found[look.at].append((facts, look.viewer, documents))
    return found


def largest(name: str) -> list[tuple[dt.datetime, list[Look]]]:
    """The moments with the most looks."""
    return sorted(moments(name).items(), key=lambda one: -len(one[1]))[:3]


@pytest.mark.parametrize("name", shipped_names())
def test_boundaries_of_rulebooks(name: str) -> None:
    """REC-1, ACC-11: both sides of every age, every state of ties, facts and grants."""
    book, total = shipped(name), 0
    for at, found in largest(name):
        asked = [one for one in found if not own(one[0], one[1], at, book)]
        documents = pl.DataFrame(arrow(document for _, _, some in asked for document in some))
        expected = seen(asked, at, book)
        shown = frames.who_sees(register(pl.DataFrame, asked), documents, at=at, rulebook=book)
        assert rows(shown, *KEY) == expected
        total += len(expected)
    assert total > 0 or name == "at-elga"  # where opting out concerns everybody


def test_what_each_patient_has_an_answer_of_their_own_to_is_refused() -> None:
    """By name: nothing is approximated."""
    book = shipped("en-nhs")
    for at, found in largest("en-nhs"):
        asked = [one for one in found if own(one[0], one[1], at, book)]
        if asked:
            documents = pl.DataFrame(arrow(asked[0][2]))
            with pytest.raises(Malformed) as refused:
                frames.who_sees(register(pl.DataFrame, asked), documents, at=at, rulebook=book)
            assert {one.where.partition(".")[2] for one in refused.value.faults} == {
                "records_from_grant"
            }
            return
    pytest.fail("no rulebook asks for it")


# -- Refused ---------------------------------------------------------------------------------------


def refused(known: frames.Register[Any], documents: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(Malformed) as told:
        frames.who_sees(known, documents, at=NOW, rulebook=BOOK)
    return told.value.subject, {one.where: one.what for one in told.value.faults}


def test_a_register_is_refused_with_every_fault() -> None:
    """A word that says nothing would bar nobody: it is refused, too."""
    known = register(pl.DataFrame, city())
    documents = pl.DataFrame(arrow(papers()))
    spoilt = known.looks.drop("person").with_columns(pl.col("born").cast(pl.String))
    assert refused(attrs.evolve(known, looks=spoilt), documents) == (
        "looks",
        {
            "person": "is missing: must hold text, plain or as categories",
            "born": "must hold days: a date; is String",
        },
    )
    misspelt = known.facts.with_columns(fact=pl.lit("restrictoin"))
    what, faults = refused(attrs.evolve(known, facts=misspelt), documents)
    assert (what, [*faults]) == ("facts", ["fact"])
    nobody = known.facts.with_columns(viewer=pl.lit(None, pl.String), fact=pl.lit("custody"))
    assert refused(attrs.evolve(known, facts=nobody), documents)[0] == "facts"
    strange = known.looks.with_columns(role=pl.lit("king"))
    assert refused(attrs.evolve(known, looks=strange), documents)[0] == "looks"
    unknown = known.grants.with_columns(since=pl.lit(None, pl.Datetime("us", "UTC")))
    assert refused(attrs.evolve(known, grants=unknown), documents) == (
        "grants",
        {"since": "has rows with nothing in it"},
    )
    assert refused(known, documents.with_columns(viewer=pl.lit("me"))) == (
        "documents",
        {"viewer": "is taken"},
    )
