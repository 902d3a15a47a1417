"""A moment is the same in every zone it is written in, also in the hour that comes twice."""

import datetime as dt
import itertools
import zoneinfo

import attrs
import pytest
import sqlalchemy as sa

from emrcore.access import Facts, Grant, View, Viewer, decide
from emrcore.adapters.sql import SqlStorage, migrate, prepare
from emrcore.journal import Actor, ActorKind, Entry
from emrcore.people import (
    Kinship,
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    Restriction,
)
from emrcore.records import Document, DocumentId, judge, visible
from emrcore.rulebook import Role, Rulebook, shipped

LONDON, SYDNEY = zoneinfo.ZoneInfo("Europe/London"), zoneinfo.ZoneInfo("Australia/Sydney")
PERSON, MOTHER = PersonId("person"), PersonId("mother")
ZONES = (LONDON, SYDNEY, dt.UTC)
PAIRS = [(zone, other) for zone in ZONES for other in ZONES]
DAY = dt.timedelta(days=1)

ADULT = Facts(patient=PatientId("card"), person=Person(id=PERSON, born=dt.date(1990, 1, 1)))
CHILD = Facts(
    patient=PatientId("card"),
    person=Person(id=PERSON, born=dt.date(2020, 1, 1)),
    kinships=(
        Kinship(
            guardian=MOTHER, ward=PERSON, since=dt.date(2020, 1, 1), status=KinshipStatus.CONFIRMED
        ),
    ),
)


def view(name: str, facts: Facts, role: Role, at: dt.datetime) -> View:
    book: Rulebook = shipped(name)
    person = PERSON if role is Role.SELF else MOTHER
    viewer = Viewer(person=person, role=role)
    return decide(facts, viewer, at=at, edition=book.edition_at(at))


def document(section: str, **fields: object) -> Document:
    known = {"id": DocumentId("1"), "source": "s", "patient": PatientId("card")}
    return Document(**known | {"section": section} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("zone", "other"), PAIRS)
def test_the_hour_that_comes_twice(zone: dt.tzinfo, other: dt.tzinfo) -> None:
    """ACC-13: 01:30 of the second hour is after 01:45 of the first, and not published then."""
    at = dt.datetime(2024, 10, 27, 0, 45, tzinfo=dt.UTC)  # 01:45 in London, summer time
    published = dt.datetime(2024, 10, 27, 1, 30, tzinfo=dt.UTC)  # 01:30 in London, winter time
    letter = document("letters", published_at=published.astimezone(other))
    own = view("en-nhs", ADULT, Role.SELF, at.astimezone(zone))
    assert not judge(own, letter).visible


@pytest.mark.parametrize("zone", ZONES)
def test_a_grant_of_the_second_hour(zone: dt.tzinfo) -> None:
    """ACC-8: a grant of 01:30 of the second hour does not hold at 01:45 of the first."""
    grant = Grant(viewer=MOTHER, since=dt.datetime(2024, 10, 27, 1, 30, tzinfo=dt.UTC))
    moved = attrs.evolve(grant, since=grant.since.astimezone(zone))
    assert not moved.holds_at(dt.datetime(2024, 10, 27, 0, 45, tzinfo=dt.UTC).astimezone(zone))


@pytest.mark.parametrize(("zone", "other"), PAIRS)
def test_a_delay_over_a_change_of_the_clocks(zone: dt.tzinfo, other: dt.tzinfo) -> None:
    """ACC-19: a day of a delay has 24 hours, in memory and in SQL, whatever the clocks do."""
    at = dt.datetime(2027, 4, 5, 2, tzinfo=dt.UTC)  # clocks in Sydney went back on 4 April
    engine = prepare(sa.create_engine("sqlite://", poolclass=sa.StaticPool))
    migrate(engine)
    own = view("au-mhr", ADULT, Role.SELF, at.astimezone(zone))
    entry = Entry(at=at, actor=Actor(kind=ActorKind.SYSTEM, id="p"), action="test.1", detail="{}")
    reports = [
        document(
            "diagnostic-imaging",
            id=f"{number}",
            kind="ct",
            published_at=(at - 5 * DAY + number * dt.timedelta(seconds=1)).astimezone(other),
        )
        for number in (-1, 0, 1)
    ]
    storage = SqlStorage(engine)
    storage.add(PatientId("card"), reports, entry)
    assert {one.id for one in visible(own, reports)} == {"-1", "0"}
    assert {one.id for one in storage.page(own).documents} == {"-1", "0"}
    engine.dispose()


def test_the_order_of_restrictions_is_nothing() -> None:
    """ACC-6: of two restrictions in force the first one is told."""
    bars = [
        Restriction(ward=PERSON, person=None, since=since, authority="court", reason="")
        for since in (dt.date(2022, 1, 1), dt.date(2021, 1, 1))
    ]
    at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    for order in itertools.permutations(bars):
        facts = attrs.evolve(CHILD, restrictions=order, grants=(Grant(viewer=MOTHER, since=at),))
        refusal = view("au-mhr", facts, Role.GUARDIAN, at).refusal
        assert refusal
        assert refusal.constant == dt.date(2021, 1, 1)
