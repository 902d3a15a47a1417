"""Frames that are refused, whole; and any frame shows what memory shows."""

import datetime as dt
from typing import Any

import attrs
import duckdb
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emrcore import rules
from emrcore.access import Allowance, Reason, View
from emrcore.adapters import frames
from emrcore.adapters.frames import filtering
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import Document, DocumentId, count, visible
from emrcore.rulebook import Basis, May
from emrcore.testing.contracts.cards import card, views
from engines import ENGINES, arrow, ids, pa

AT = views()["self"].at
REASON = Reason(rule=rules.ACC_10, source="")
TICK = dt.timedelta(microseconds=1)


def faults(view: View, frame: Any) -> dict[str, str]:
    with pytest.raises(Malformed) as refused:
        frames.visible(view, frame)
    with pytest.raises(Malformed) as counted:
        frames.count(view, frame)
    assert str(counted.value) == str(refused.value)
    return {fault.where: fault.what for fault in refused.value.faults}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", views())
def test_every_view_of_the_contract_shows_what_memory_shows(name: str, engine: str) -> None:
    """REC-1: refused and handmade ones too."""
    view, frame = views()[name], ENGINES[engine](arrow(card()))
    assert ids(frames.visible(view, frame)) == [one.id for one in visible(view, card())]
    assert frames.count(view, frame) == count(view, card())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_frame_without_rows_shows_none(engine: str) -> None:
    frame = ENGINES[engine](arrow([]))
    assert ids(frames.visible(views()["self"], frame)) == []
    assert frames.count(views()["self"], frame) == {}


def test_a_frame_is_returned_as_it_came() -> None:
    """Its other columns, its index and its types are untouched."""
    given = ENGINES["pandas, objects"](arrow(card())).assign(note=1)
    shown = frames.visible(views()["self"], given)
    assert 0 < len(shown) < len(given)
    assert list(shown.columns) == list(given.columns)
    assert list(shown.dtypes) == list(given.dtypes)
    kept = [number for number, one in enumerate(given["id"]) if one in set(shown["id"])]
    assert list(shown.index) == [given.index[number] for number in kept]


def test_every_fault_of_a_frame_is_told_at_once() -> None:
    """Names, types and missing values, before anything is filtered."""
    frame = pl.DataFrame(
        {
            "patient": [1],
            "source": [None],
            "section": ["lab-results"],
            "labels": [["hiv"]],
            "published_at": [dt.datetime(2020, 1, 1)],  # noqa: DTZ001
            "acknowledged_at": [AT],
            "occurred_on": ["2020-01-01"],
            "signed_on": [dt.date(2020, 1, 1)],
        },
        schema_overrides={"source": pl.String, "acknowledged_at": pl.Datetime("ns", "UTC")},
    )
    assert faults(views()["self"], frame) == {
        "patient": "must hold text, plain or as categories; is Int64",
        "source": "has rows with nothing in it",
        "kind": "is missing: must hold text, plain or as categories",
        "labels": "must hold text, plain or as categories; is List(String)",
        "published_at": "must hold moments: microseconds in UTC; is "
        "Datetime(time_unit='us', time_zone=None)",
        "acknowledged_at": "must hold moments: microseconds in UTC; is "
        "Datetime(time_unit='ns', time_zone='UTC')",
        "occurred_on": "must hold days: a date; is String",
        "standing": "is missing: must hold text, plain or as categories",
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["patient", "source", "section", "labels", "published_at"])
def test_nothing_may_be_missing_where_something_must_be(name: str, engine: str) -> None:
    """Neither in the first row nor in the last, and a lazy frame is asked, too."""
    table = arrow(card())
    values = [*table[name].to_pylist()[:-1], None]
    place = table.schema.get_field_index(name)
    spoilt = table.set_column(place, table.schema.field(name), pa.array(values, table[name].type))
    frame = ENGINES[engine](spoilt)
    assert faults(views()["self"], frame) == {name: "has rows with nothing in it"}


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("section", 7),
        ("source", b"clinic"),
        ("occurred_on", dt.datetime(2020, 1, 1)),  # noqa: DTZ001
        ("signed_on", "2020-01-01"),
        ("published_at", AT),
    ],
)
def test_one_odd_object_in_pandas_spoils_its_column(name: str, odd: object) -> None:
    """However far down it is; and a column of objects has no moments."""
    frame = ENGINES["pandas, objects"](arrow([*card()] * 40))
    frame[name] = pd.Series([*frame[name][:-1], odd], dtype=object, index=frame.index)
    assert set(faults(views()["self"], frame)) == {name}


def test_a_moment_in_another_zone_is_refused() -> None:
    frame = ENGINES["polars"](arrow(card())).with_columns(
        pl.col("published_at").dt.convert_time_zone("Europe/Moscow")
    )
    assert set(faults(views()["self"], frame)) == {"published_at"}


def test_duckdb_is_asked_for_moments_and_not_for_clocks() -> None:
    relation = ENGINES["duckdb"](arrow(card())).select(
        "* REPLACE (published_at::TIMESTAMP AS published_at, signed_on::TEXT AS signed_on)"
    )
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    assert set(faults(views()["self"], relation)) == {"published_at", "signed_on"}


@pytest.mark.parametrize("given", [pd.Series(["a"]), [{"patient": "1"}], None])
def test_what_is_no_frame_of_a_known_engine_is_refused(given: Any) -> None:
    told = "is no frame of Polars, pandas, PyArrow, DuckDB or PySpark"
    assert faults(views()["self"], given) == {"frame": told}


def test_an_engine_that_nobody_tried_is_not_known() -> None:
    """That narwhals knows it is not enough: here all those are known that the tests compare."""
    known = {one.value for one in nw.Implementation if filtering.is_known(one)}
    tried = {name.partition(",")[0].partition(" ")[0] for name in ENGINES}
    assert known == {*tried, "pyspark"}  # which test_spark.py tries


def allowance(**changes: Any) -> Allowance:
    plain = Allowance(
        section="lab",
        kinds=frozenset({"blood"}),
        labels=frozenset(),
        reason=REASON,
        may=May.VIEW,
    )
    return attrs.evolve(plain, **changes)


def of(*allowances: Allowance) -> View:
    return attrs.evolve(views()["self"], allowances=allowances, closed={}, refusal=None)


def test_what_no_frame_can_be_asked_is_refused() -> None:
    """More sets of labels than can be listed, and texts that are not Unicode."""
    labels = frozenset("abcdefg")
    frame = ENGINES["polars"](arrow(card()))
    asked = of(allowance(labels=labels), allowance(kinds=frozenset({"\ud800"})))
    assert faults(asked, frame) == {
        "allowances[0].labels": "more than 6 labels",
        "allowances[1]": "has a text that is not Unicode: half of a surrogate pair",
    }
    assert ids(frames.visible(of(allowance(labels=labels - {"a"})), frame)) == []


# -- Any view, any documents -----------------------------------------------------------------------

DAYS = st.sampled_from([dt.date(1, 1, 1), *(dt.date(2020, 1, day) for day in (1, 2, 3))])
MOMENTS = st.sampled_from([AT + shift for shift in (-2 * TICK, -TICK, dt.timedelta(), TICK)])
WORDS = st.sampled_from(["", "a", "b", "c'\"", "Ж\0", "[]"])
SETS = st.frozensets(WORDS, max_size=3)
DOCUMENTS = st.builds(
    Document,
    id=st.just(DocumentId("")),
    source=WORDS,
    patient=st.sampled_from([views()["self"].subject, PatientId("other")]),
    section=WORDS,
    kind=st.none() | WORDS,
    labels=SETS,
    published_at=MOMENTS,
    acknowledged_at=st.none() | MOMENTS,
    occurred_on=st.none() | DAYS,
    signed_on=st.none() | DAYS,
)


@st.composite
def allowances(draw: st.DrawFn) -> Allowance:
    basis = draw(st.none() | st.sampled_from(Basis))
    dates = st.none() | (MOMENTS if basis is Basis.PUBLISHED else DAYS)
    return allowance(
        section=draw(WORDS),
        kinds=draw(SETS),
        labels=draw(SETS),
        unkinded=draw(st.booleans()),
        basis=basis,
        since=draw(dates) if basis else None,
        before=draw(dates) if basis else None,
        sources=draw(st.none() | SETS),
        delay=draw(st.sampled_from([dt.timedelta(), TICK, dt.timedelta(days=1)])),
        acknowledged=draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None)
@given(
    allowed=st.lists(allowances(), max_size=4),
    documents=st.lists(DOCUMENTS, max_size=12),
    closed=st.frozensets(WORDS, max_size=1),
)
def test_any_frame_shows_what_memory_shows(
    allowed: list[Allowance], documents: list[Document], closed: frozenset[str]
) -> None:
    """REC-1: with values missing, words nobody knows, and dates on both sides of constants."""
    view = attrs.evolve(of(*allowed), closed=dict.fromkeys(closed, REASON), at=AT)
    numbered = [
        attrs.evolve(one, id=DocumentId(f"{number}")) for number, one in enumerate(documents)
    ]
    expected = [one.id for one in visible(view, numbered)]
    for make in ENGINES.values():
        frame = make(arrow(numbered))
        assert ids(frames.visible(view, frame)) == expected
        assert frames.count(view, frame) == count(view, numbered)
