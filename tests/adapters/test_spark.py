"""Frames of PySpark on a cluster show what memory shows: ``make test-spark``."""

import datetime as dt
import importlib
import pathlib
import random
from collections.abc import Generator
from typing import Any

import attrs
import pytest

import spark
from emrcore.access import View, decide
from emrcore.adapters import frames
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import Document, DocumentId, count, visible
from emrcore.rulebook import Role, shipped, shipped_names
from emrcore.testing.boundaries import looks
from emrcore.testing.city import City, cards
from emrcore.testing.contracts.cards import card, views
from engines import arrow, columns_of, pa

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::FutureWarning")]

PER_RULEBOOK = 3


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Generator[Any]:
    """A cluster with two executors."""
    folder: pathlib.Path = tmp_path_factory.mktemp("spark")
    with spark.cluster(folder) as it:
        yield it


def assert_equal(view: View, frame: Any, documents: list[Document]) -> None:
    shown = frames.visible(view, frame)
    assert type(shown) is type(frame)
    assert spark.ids(shown) == sorted(one.id for one in visible(view, documents))
    assert frames.count(view, frame) == count(view, documents)


def test_executors_are_processes_of_their_own(session: Any) -> None:
    """Or nothing would be sent to anybody: two of them, neither the driver."""
    session.range(2).count()  # which waits for them
    status = session.sparkContext._jsc.sc().getExecutorMemoryStatus()
    assert status.size() == 3


@pytest.mark.parametrize("name", views())
def test_every_view_of_the_contract_shows_what_memory_shows(name: str, session: Any) -> None:
    """REC-1: refused and handmade ones too."""
    assert_equal(views()[name], spark.frame(session, arrow(card())), [*card()])


def sample(name: str) -> list[tuple[View, list[Document]]]:
    """Views of the rulebook *name*, each with documents in a card of its own."""
    book = shipped(name)
    found: dict[object, tuple[View, tuple[Document, ...]]] = {}
    for look in looks(book):
        view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
        if view.in_force():
            key = view.at, view.subject, view.in_force()
            found[key] = max(
                found.get(key, (view, ())), (view, look.documents), key=lambda one: len(one[1])
            )
    largest = sorted(found.values(), key=lambda one: -len(one[1]))
    chosen = [*largest[:1], *random.Random(name).sample(largest[1:], PER_RULEBOOK - 1)]  # noqa: S311
    return [of_a_card(number, view, some) for number, (view, some) in enumerate(chosen)]


def of_a_card(
    number: int, view: View, documents: tuple[Document, ...]
) -> tuple[View, list[Document]]:
    own = PatientId(f"card-{number}")
    moved = [
        attrs.evolve(
            one,
            id=DocumentId(f"{number}-{place}"),
            patient=own if one.patient == view.subject else one.patient,
        )
        for place, one in enumerate(documents)
    ]
    return attrs.evolve(view, subject=own), moved


@pytest.mark.parametrize("name", shipped_names())
def test_boundaries_of_rulebooks(name: str, session: Any) -> None:
    """REC-1, ACC-11: on both sides of every constant, several cards in one frame."""
    asked = sample(name)
    documents = [one for _, some in asked for one in some]
    assert sum(len(visible(view, some)) for view, some in asked) > 0
    frame = spark.frame(session, arrow(documents), parts=4).cache()
    for view, _ in asked:
        assert_equal(view, frame, documents)
    frame.unpersist()


AT = views()["self"].at
WORDS = ("", "a", "b", "c'\"", "Ж\0", "[]", "%_\\")


def any_document(chance: random.Random, number: int, view: View) -> Document:
    sections = [one.section for one in view.allowances]
    kinds = [kind for one in view.allowances for kind in one.kinds]
    tick = dt.timedelta(microseconds=1)
    days = [None, dt.date(1, 1, 1), dt.date(9999, 12, 31)]
    since = [
        one.since + shift * dt.timedelta(days=1)
        for one in view.allowances
        if one.since and not isinstance(one.since, dt.datetime)
        for shift in (-1, 0, 1)
    ]
    return Document(
        id=DocumentId(f"{number}"),
        source=chance.choice(WORDS),
        patient=chance.choice((view.subject, view.subject, PatientId("other"))),
        section=chance.choice((*sections, *WORDS)),
        kind=chance.choice((*kinds, None, *WORDS)),
        labels=frozenset(chance.sample((*WORDS, "hiv", "psychiatry"), chance.choice((0, 0, 1, 2)))),
        published_at=AT + chance.choice((-tick, 0 * tick, tick)),
        acknowledged_at=chance.choice((None, AT - tick, AT, AT + tick)),
        occurred_on=chance.choice((*days, *since)),
        signed_on=chance.choice((*days, *since)),
    )


@pytest.mark.parametrize("name", ["self", "guardian", "doctor", "handmade"])
def test_random_documents(name: str, session: Any) -> None:
    """REC-1: values missing, words nobody knows, both sides of constants and both ends of time."""
    chance, view = random.Random(name), views()[name]  # noqa: S311
    documents = [any_document(chance, number, view) for number in range(2_000)]
    assert visible(view, documents)
    assert_equal(view, spark.frame(session, arrow(documents)), documents)


def test_a_population(session: Any) -> None:
    """REC-1: looks joined with documents, as look by look."""
    households = list(cards(City(cards=60)))
    roles = (Role.SELF, Role.GUARDIAN, Role.DOCTOR)
    asked = [(one.facts, one.viewer(role), one.documents) for one in households for role in roles]
    known = frames.as_register((facts, viewer) for facts, viewer, _ in asked)
    register = frames.Register(
        looks=spark.frame(session, columns_of(known.looks, frames.LOOKS)),
        facts=spark.frame(session, columns_of(known.facts, frames.FACTS)),
        grants=spark.frame(session, columns_of(known.grants, frames.GRANTS)),
    )
    at, book = dt.datetime(2020, 2, 3, 9, tzinfo=dt.UTC), shipped("ru-moscow-2020")
    documents = spark.frame(session, arrow(one for house in households for one in house.documents))
    found = frames.who_sees(register, documents, at=at, rulebook=book)
    expected = [
        (document.id, viewer.person, str(viewer.role))
        for facts, viewer, some in asked
        for document in visible(decide(facts, viewer, at=at, edition=book.edition_at(at)), some)
    ]
    rows = found.select("id", "viewer", "role").collect()
    assert sorted((row.id, row.viewer, row.role) for row in rows) == sorted(expected)


# -- Refused ---------------------------------------------------------------------------------------


def faults(frame: Any) -> dict[str, str]:
    with pytest.raises(Malformed) as refused:
        frames.visible(views()["self"], frame)
    return {fault.where: fault.what for fault in refused.value.faults}


def test_columns_that_are_missing_or_hold_something_else(session: Any) -> None:
    """A moment without a zone is none, and every fault is told at once."""
    functions = importlib.import_module("pyspark.sql.functions")
    given = spark.frame(session, arrow(card()))
    spoilt = (
        given.drop("kind")
        .withColumn("signed_on", functions.lit("2020-01-01"))
        .withColumn("published_at", functions.col("published_at").cast("timestamp_ntz"))
        .withColumn("labels", functions.array("labels"))
        .withColumn("patient", functions.lit(7))
    )
    assert faults(spoilt) == {
        "patient": "must hold text, plain or as categories; is Int32",
        "kind": "is missing: must hold text, plain or as categories",
        "labels": "must hold text, plain or as categories; is List(String)",
        "published_at": "must hold moments: microseconds in UTC; is "
        "Datetime(time_unit='us', time_zone=None)",
        "signed_on": "must hold days: a date; is String",
    }


@pytest.mark.parametrize("name", ["patient", "published_at"])
def test_nothing_may_be_missing_where_something_must_be(name: str, session: Any) -> None:
    table = arrow(card())
    values = [*table[name].to_pylist()[:-1], None]
    place = table.schema.get_field_index(name)
    spoilt = table.set_column(place, table.schema.field(name), pa.array(values, table[name].type))
    assert faults(spark.frame(session, spoilt)) == {name: "has rows with nothing in it"}
