"""What must hold of every answer, whatever the rulebook says: tried on facts made at random."""

import datetime as dt
import functools
import itertools
import os
import pathlib
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from emrcore.access import Facts, Grant, View, Viewer, decide, next_change, refused, timeline
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Kinship,
    KinshipStatus,
    Nomination,
    OptOut,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
    age_on,
    reached_on,
)
from emrcore.records import Document, DocumentId, visible
from emrcore.rulebook import (
    Band,
    Cited,
    Edition,
    Role,
    Rulebook,
    SectionRule,
    Window,
    load,
    shipped,
    shipped_names,
)
from emrcore.testing.boundaries import OTHER, PERSON, VIEWER, Look, looks
from emrcore.testing.interpreter import shows

EVERY_KEY = load(pathlib.Path(__file__).parent / "every-key.toml")
BOOKS: Mapping[str, Rulebook] = {
    **{name: shipped(name) for name in shipped_names()},
    EVERY_KEY.id: EVERY_KEY,
}
RUSSIAN = tuple(name for name in BOOKS if name.startswith("ru-"))
AUNT = PersonId("aunt")
PEOPLE = (PERSON, VIEWER, OTHER)
DAY, TICK = dt.timedelta(days=1), dt.timedelta(microseconds=1)
MANY = 12
SETS = [field.name for field in attrs.fields(Facts) if field.name not in {"patient", "person"}]
NAMES = {"guardian", "ward", "person", "giver", "receiver", "viewer"}
FAR = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)

unhurried = settings(
    deadline=None,
    max_examples=2000 if os.environ.get("EMRCORE_FULL") == "1" else 60,
    suppress_health_check=[HealthCheck.too_slow],
)

Fields = dict[str, Any]
TableT = TypeVar("TableT", Band, SectionRule, Window)


@attrs.frozen
class Case:
    """*viewer* asks about the card of *facts* at *at* by the rulebook *name*."""

    name: str
    facts: Facts
    viewer: Viewer
    at: dt.datetime

    @property
    def book(self) -> Rulebook:
        return BOOKS[self.name]

    @property
    def edition(self) -> Edition:
        return self.book.edition_at(self.at)

    @property
    def view(self) -> View:
        return decide(self.facts, self.viewer, at=self.at, edition=self.edition)

    @property
    def documents(self) -> list[Document]:
        return known(self.name)[1]

    @property
    def seen(self) -> set[str]:
        """The documents that are shown."""
        return {one.id for one in visible(self.view, self.documents)}


@functools.cache
def known(name: str) -> tuple[list[Look], list[Document]]:
    """Looks from both sides of the rulebook's constants, and a hundred documents."""
    found, chance = list(looks(BOOKS[name])), random.Random(name)  # noqa: S311
    crowded = [one for look in found if len(look.documents) > MANY for one in look.documents]
    chosen = [
        attrs.evolve(one, id=DocumentId(f"{number}"))
        for number, one in enumerate(chance.sample(crowded, min(100, len(crowded))))
    ]
    return chance.sample(found, 500), chosen


# -- Cases -----------------------------------------------------------------------------------------


@st.composite
def spans(draw: st.DrawFn, day: dt.date) -> Fields:
    """Intervals that begin and end near *day*, or long before and after."""
    since = day + draw(st.integers(-3, 3) | st.integers(-1500, 1500)) * DAY
    length = draw(st.none() | st.integers(1, 5) | st.integers(1, 2000))
    return {"since": since, "until": since + length * DAY if length else None}


@st.composite
def dated(
    draw: st.DrawFn, /, make: Callable[..., Any], day: dt.date, most: int, **fields: Any
) -> tuple[Any, ...]:
    """Some facts, in force around *day*, with *fields* drawn or given."""
    made: list[Any] = []
    for _ in range(draw(st.integers(0, most))):
        values = draw(spans(day))
        for name, value in fields.items():
            values[name] = draw(value)
        made.append(make(**values))
    return tuple(made)


@st.composite
def more_facts(draw: st.DrawFn, at: dt.datetime, day: dt.date) -> Fields:
    """Facts of every kind about the patient, the viewer and others, in force around *at*."""
    person, anybody = st.sampled_from((PERSON, PERSON, OTHER)), st.sampled_from(PEOPLE)
    pair: Fields = {"guardian": st.sampled_from((VIEWER, VIEWER, AUNT)), "ward": person}
    own: Fields = {"person": person}
    as_what, nothing = st.none() | st.sampled_from(Role), st.just("")
    bar: Fields = {
        "ward": person,
        "person": st.none() | anybody,
        "authority": nothing,
        "reason": nothing,
    }
    kinds: list[tuple[str, Callable[..., Any], int, Fields]] = [
        ("kinships", Kinship, 2, {**pair, "status": st.sampled_from(KinshipStatus)}),
        ("custodies", Custody, 2, pair),
        ("residences", Residence, 2, pair),
        ("assents", Assent, 2, {**pair, "given": st.booleans()}),
        ("nominations", Nomination, 2, {"giver": person, "receiver": anybody}),
        ("assessments", Assessment, 2, own),
        ("covers", PolicyCover, 2, own),
        ("opt_outs", OptOut, 2, own),
        ("capacities", Capacity, 2, {**own, "kind": st.sampled_from(CapacityKind)}),
        ("restrictions", Restriction, 1, bar),
        ("grants", functools.partial(grant, at), 2, {"viewer": anybody, "role": as_what}),
    ]
    return {name: draw(dated(make, day, most, **fields)) for name, make, most, fields in kinds}


def grant(
    at: dt.datetime, *, since: dt.date, until: dt.date | None, viewer: PersonId, role: Role | None
) -> Grant:
    """A grant between days, at the time of day of *at*."""
    ends = dt.datetime.combine(until, at.timetz()) if until else None
    begins = dt.datetime.combine(since, at.timetz())
    return Grant(viewer=viewer, since=begins, until=ends, role=role)


def together(facts: Facts, more: Fields) -> Facts:
    """*facts*, and *more* after them."""
    return attrs.evolve(facts, **{name: getattr(facts, name) + more[name] for name in more})


@st.composite
def cases(
    draw: st.DrawFn, names: tuple[str, ...] = tuple(BOOKS), roles: tuple[Role, ...] = tuple(Role)
) -> Case:
    """A look from the boundaries, or one near it, with more facts."""
    name = draw(st.sampled_from(names))
    look = draw(st.sampled_from([one for one in known(name)[0] if one.viewer.role in roles]))
    shift = draw(st.just(0) | st.integers(-3, 3) | st.integers(-4000, 4000))
    at = look.at + shift * DAY + draw(st.sampled_from((0, -1, 1))) * TICK
    facts = look.facts
    if draw(st.booleans()):
        facts = together(facts, draw(more_facts(at, BOOKS[name].editions[0].local_day(at))))
    return Case(name, facts, look.viewer, at)


# -- What holds ------------------------------------------------------------------------------------


@unhurried
@given(cases())
def test_a_plain_reading_says_the_same(case: Case) -> None:
    """ACC-11: whatever the facts, the library shows what a plain reading of the rulebook shows."""
    for document in case.documents:
        expected = shows(case.book, case.facts, case.viewer, document, case.at)
        assert (document.id in case.seen) is expected


@unhurried
@given(cases(), st.data())
def test_a_grant_hides_nothing(case: Case, data: st.DataObject) -> None:
    """ACC-8: one grant more never hides what was shown."""
    day = case.edition.local_day(case.at)
    more = grant(case.at, viewer=case.viewer.person, role=None, **data.draw(spans(day)))
    facts = attrs.evolve(case.facts, grants=(*case.facts.grants, more))
    assert case.seen <= attrs.evolve(case, facts=facts).seen


@unhurried
@given(cases(roles=(Role.GUARDIAN,)), st.data())
def test_a_confirmed_tie_hides_nothing(case: Case, data: st.DataObject) -> None:
    """ACC-5: one confirmed tie more never hides what was shown."""
    span = data.draw(spans(case.edition.local_day(case.at)))
    tie = Kinship(guardian=VIEWER, ward=PERSON, status=KinshipStatus.CONFIRMED, **span)
    facts = attrs.evolve(case.facts, kinships=(tie, *case.facts.kinships))
    assert case.seen <= attrs.evolve(case, facts=facts).seen


@unhurried
@given(cases(), st.integers(1, 800), st.sampled_from(("opens_on", "opened_on", "records_from")))
def test_a_later_start_shows_nothing_more(case: Case, days: int, key: str) -> None:
    """ACC-1, ACC-9, ACC-10: to move the starts of one sort later never shows anything more."""
    edition = delayed(case.edition, key, days * DAY)
    view = decide(case.facts, case.viewer, at=case.at, edition=edition)
    assert {one.id for one in visible(view, case.documents)} <= case.seen


def delayed(edition: Edition, key: str, by: dt.timedelta) -> Edition:
    """*edition* with every day at *key* moved *by* so long."""
    put = functools.partial(put_off, key=key, by=by)
    relations = {
        role: attrs.evolve(relation, bands={name: put(one) for name, one in relation.bands.items()})
        for role, relation in edition.relations.items()
    }
    sections = {
        name: attrs.evolve(put(rule), windows={key: put(one) for key, one in rule.windows.items()})
        for name, rule in edition.sections.items()
    }
    return attrs.evolve(edition, relations=relations, sections=sections)


def put_off(table: TableT, key: str, by: dt.timedelta) -> TableT:
    cited: Cited[dt.date] | None = getattr(table, key, None)
    later: Fields = {key: Cited(cited.value + by, cited.source)} if cited else {}
    return attrs.evolve(table, **later)


@unhurried
@given(cases())
def test_own_and_guardians_right_do_not_overlap(case: Case) -> None:
    """RB-3: no age is the patient's and the guardian's but those that the rulebook declares."""
    facts, edition = attrs.evolve(case.facts, capacities=()), case.edition
    day = edition.local_day(case.at)
    assume(facts.person.born <= day)
    admitted = [
        refused(facts, viewer, at=case.at, edition=edition, ungranted=True) is None
        for viewer in (
            Viewer(person=PERSON, role=Role.SELF),
            Viewer(person=VIEWER, role=Role.GUARDIAN),
        )
    ]
    ages = edition.ages
    age = age_on(
        facts.person.born, day, convention=ages.attained.value, leap=ages.leap_birthday.value
    )
    if all(admitted):
        assert ages.overlap
        assert age in range(*ages.overlap.value)


@unhurried
@given(cases(names=RUSSIAN, roles=(Role.CREW,)))
def test_a_crew_sees_no_more_than_a_doctor(case: Case) -> None:
    """ACC-12, ACC-15: in Moscow, what a crew sees a doctor sees, too."""
    doctor = attrs.evolve(case, viewer=attrs.evolve(case.viewer, role=Role.DOCTOR))
    assert case.seen <= doctor.seen


@unhurried
@given(cases(), st.data())
def test_nothing_changes_between_changes(case: Case, data: st.DataObject) -> None:
    """ACC-14: between two moments of the timeline the answer is the one of the first."""
    views = list(answers(case, until=FAR))
    for view, after in itertools.pairwise([*views, None]):
        assert view
        end = after.at if after else FAR
        length = (end - view.at) // TICK
        at = view.at + data.draw(st.integers(0, length - 1)) * TICK
        assert attrs.evolve(case, at=at).view.says_the_same_as(view)


def answers(case: Case, *, until: dt.datetime) -> Iterator[View]:
    return timeline(case.facts, case.viewer, since=case.at, until=until, rulebook=case.book)


@unhurried
@given(cases())
def test_the_next_change_is_the_next_difference(case: Case) -> None:
    """ACC-14: the next change is the first of all moments that anything names to differ."""
    differing = (
        at
        for at in sorted(set(named_moments(case)))
        if at > case.at and not attrs.evolve(case, at=at).view.says_the_same_as(case.view)
    )
    found = next_change(case.facts, case.viewer, after=case.at, rulebook=case.book)
    assert found == next(differing, None)


def named_days(edition: Edition) -> list[dt.date]:
    """The days that *edition* names for opening something."""
    bands = [band for relation in edition.relations.values() for band in relation.bands.values()]
    turns = [day for one in edition.sections.values() for day in (one.opened_on, one.closed_on)]
    cited = [one.opens_on for one in bands] + turns
    return [edition.valid_from, *(one.value for one in cited if one)]


def named_ages(edition: Edition) -> list[int]:
    """The ages that *edition* compares with."""
    bands = [band for relation in edition.relations.values() for band in relation.bands.values()]
    cited = [years for band in bands for years in (band.from_age, band.until_age)]
    return [one.value for one in cited if one]


def named_moments(case: Case) -> Iterator[dt.datetime]:
    """Every moment that the facts or the rulebook name."""
    person = case.facts.person
    days = [person.died] if person.died else []
    for edition in case.book.editions:
        days += named_days(edition)
        attained, leap = edition.ages.attained.value, edition.ages.leap_birthday.value
        for years in named_ages(edition):
            days.append(reached_on(person.born, years, convention=attained, leap=leap))
    for name in SETS:
        for fact in getattr(case.facts, name):
            bounds = [bound for bound in (fact.since, fact.until) if bound]
            if isinstance(fact, Grant):
                yield from bounds
            else:
                days += bounds
    yield from (case.edition.start_of(day) for day in days)


@unhurried
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_facts_is_nothing(case: Case, chance: random.Random) -> None:
    """ACC-17: facts are a set, and to tell them in another order changes nothing."""
    shuffled: Fields = {}
    for name in SETS:
        told: tuple[Any, ...] = getattr(case.facts, name)
        shuffled[name] = tuple(chance.sample(told, len(told)))
    other = attrs.evolve(case, facts=attrs.evolve(case.facts, **shuffled))
    assert other.view.refusal == case.view.refusal
    assert other.seen == case.seen
    assert other.view.until == case.view.until


@unhurried
@given(cases(), st.data())
def test_facts_about_others_are_nothing(case: Case, data: st.DataObject) -> None:
    """ACC-2: what is known about other people changes nothing."""
    day = case.edition.local_day(case.at)
    others = {PERSON: PersonId("another patient"), VIEWER: PersonId("another viewer")}
    more: Fields = {
        name: tuple(said_of(others, fact) for fact in facts)
        for name, facts in data.draw(more_facts(case.at, day)).items()
    }
    other = attrs.evolve(case, facts=together(case.facts, more))
    assert other.view.says_the_same_as(case.view)
    assert other.seen == case.seen


def said_of(others: Mapping[PersonId, PersonId], fact: Any) -> Any:
    """*fact*, said of *others*."""
    people = {name: getattr(fact, name) for name in NAMES if hasattr(fact, name)}
    return attrs.evolve(fact, **{name: others.get(one, one) for name, one in people.items()})
