"""Patients and viewers: who is let in by a band, and every way in which they may be others.

A case is built from columns, one for each thing that can be varied by itself: the fields of
``Facts``, the patient's birth and death, the viewer and the moment.
"""

import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from emrcore.access import Facts, Grant
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Fact,
    Kinship,
    KinshipStatus,
    Nomination,
    OptOut,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
)
from emrcore.rulebook import Access, Band, Need, Role
from emrcore.testing.boundaries.constants import DAY, LONG_AGO, TICK, Scene, start_of, years_before

PATIENT = PatientId("card")
PERSON = PersonId("patient")
VIEWER = PersonId("viewer")
OTHER = PersonId("somebody else")

Columns = Mapping[str, Any]
Fields = dict[str, Any]

_LONG = dt.timedelta(days=400)
_INSIDE = dt.timedelta(days=200)
_OLD = 80


def parts(scene: Scene, band: Band) -> list[int]:
    """The first and the last year of each part of *band* that the constants of the role make."""
    low, high = band.from_age, band.until_age
    since = low.value if low else 0
    until = high.value if high else max(_OLD, since + 1)
    bounds = sorted({since, *(years for years in scene.ages if since < years < until), until})
    years = {year for first, end in itertools.pairwise(bounds) for year in (first, end - 1)}
    return sorted(years)


def grown(scene: Scene, at: dt.datetime, years: int) -> dt.date:
    """The birth of someone who is well past *years* at *at*, and well before a year more."""
    return years_before(scene.edition.local_day(at), years) - _INSIDE


def fitting(scene: Scene, band: Band, at: dt.datetime, *, born: dt.date) -> Fields:
    """What *band* asks for, and nothing else."""
    viewer = PERSON if scene.role is Role.SELF else VIEWER
    needs = band.needs.value if band.needs else ()
    granted = band.access.value is Access.GRANTED
    columns: Fields = {"at": at, "viewer": viewer, "born": born, "died": None}
    columns |= dict.fromkeys(("capacities", "restrictions", "opt_outs"), ())
    columns |= {field: (make(),) if need in needs else () for need, field, make in _needs(viewer)}
    columns["kinships"] = (_tie(band.kinship.value),) if band.kinship else ()
    grant = Grant(viewer=viewer, since=at - 100 * DAY, role=scene.role)
    columns["grants"] = (grant,) if granted else ()
    return columns


def everything(scene: Scene) -> Fields:
    """All that any band may ask for, of somebody of age."""
    at, viewer = scene.settled, PERSON if scene.role is Role.SELF else VIEWER
    needs = {field: (make(),) for _, field, make in _needs(viewer)}
    return {
        "at": at,
        "viewer": viewer,
        "born": grown(scene, at, 30),
        "died": None,
        "kinships": (_tie(KinshipStatus.CONFIRMED),),
        "grants": (Grant(viewer=viewer, since=at - _LONG),),
        **needs,
    }


def facts_of(columns: Columns) -> Facts:
    """The facts that *columns* hold."""
    born, died = columns["born"], columns["died"]
    person = Person(id=PERSON, born=born, died=max(died, born) if died else None)
    others = {key: columns[key] for key in columns if key not in {"at", "viewer", "born", "died"}}
    return Facts(patient=PATIENT, person=person, **others)


Maker = Callable[..., Any]


def _tie(status: KinshipStatus, **changes: Any) -> Kinship:
    known: Fields = {"guardian": VIEWER, "ward": PERSON, "since": LONG_AGO}
    return Kinship(**known | changes, status=status)


def _needs(viewer: PersonId) -> Iterator[tuple[Need, str, Maker]]:
    """The field that holds the facts of each need, and what makes one that meets it."""
    tie: Fields = {"guardian": VIEWER, "ward": PERSON, "since": LONG_AGO}
    own: Fields = {"person": PERSON, "since": LONG_AGO}
    pair: Fields = {"giver": PERSON, "receiver": viewer, "since": LONG_AGO}
    yield Need.CUSTODY, "custodies", functools.partial(Custody, **tie)
    yield Need.RESIDENCE, "residences", functools.partial(Residence, **tie)
    yield Need.ASSENT, "assents", functools.partial(Assent, **tie, given=True)
    yield Need.NOMINATION, "nominations", functools.partial(Nomination, **pair)
    yield Need.ASSESSMENT, "assessments", functools.partial(Assessment, **own)
    yield Need.COVER, "covers", functools.partial(PolicyCover, **own)


def alternatives(scene: Scene, base: Columns) -> dict[str, list[Any]]:
    """Each column with the values that it may take, one like that of *base* among them."""
    day, viewer = scene.edition.local_day(base["at"]), base["viewer"]
    births = [
        years_before(day, years) + shift * DAY for years in scene.ages for shift in (-1, 0, 1)
    ]
    others: dict[str, list[Any]] = {
        "born": [base["born"], *births, day, day + DAY],
        "died": [None, day - _LONG, day, day + DAY],
        "viewer": [viewer, *(one for one in (PERSON, VIEWER, OTHER) if one != viewer)],
        "kinships": _kinships(scene, day),
        "restrictions": _restrictions(viewer, day),
        "capacities": _capacities(scene, day),
        "grants": _grants(scene.role, viewer, base["at"]),
        "opt_outs": [(), (OptOut(person=PERSON, since=LONG_AGO),)],
    }
    asked = {need for needs in scene.named("needs") for need in needs}
    for need, field, make in _needs(viewer):
        others[field] = [*_sides(make, day), *_others(make)] if need in asked else [(), (make(),)]
    return others


def _sides(make: Maker, day: dt.date) -> list[tuple[Fact, ...]]:
    """No fact, facts that begin or end on *day* and on the next, and one that begins anew."""
    ended, begins = make(until=day), make(since=day)
    begins_later, ends_later = make(since=day + DAY), make(until=day + DAY)
    return [(), (begins,), (begins_later,), (ended,), (ends_later,), (ended, begins)]


def _others(make: Maker) -> Iterator[tuple[Fact, ...]]:
    """Facts of the same kind that are about others, or say no."""
    fact = make()
    for key in ("guardian", "ward", "giver", "receiver", "person"):
        if hasattr(fact, key):
            yield (make(**{key: OTHER}),)
    if hasattr(fact, "given"):
        yield (make(given=False),)


def _kinships(scene: Scene, day: dt.date) -> list[Any]:
    found: list[Any] = [(), *((_tie(status),) for status in KinshipStatus)]
    for status in sorted(set(scene.named("kinship"))):
        make = functools.partial(_tie, status)
        found += [*_sides(make, day), *_others(make)]
    return found


def _restrictions(viewer: PersonId, day: dt.date) -> list[Any]:
    make = functools.partial(
        Restriction, ward=PERSON, person=viewer, authority="court", reason="", since=LONG_AGO
    )
    return [*_sides(make, day), *_others(make), (make(person=None),)]


def _capacities(scene: Scene, day: dt.date) -> list[Any]:
    make = functools.partial(Capacity, person=PERSON, kind=CapacityKind.FULL, since=LONG_AGO)
    found: list[Any] = [(make(kind=kind),) for kind in CapacityKind]
    if any(scene.named("capacity_overrides_age")):
        none = functools.partial(make, kind=CapacityKind.NONE)
        return [*found, *_sides(make, day), *_sides(none, day), *_others(make)]
    return [(), *found]


def _grants(role: Role, viewer: PersonId, at: dt.datetime) -> list[tuple[Grant, ...]]:
    """None; for *role*, all, another and somebody else; that begin and end about *at*."""
    make = functools.partial(Grant, viewer=viewer, since=at - _LONG, role=role)
    ended, begins = make(until=at), make(since=at)
    single = [
        make(),
        make(role=None),
        make(role=_other(role)),
        make(viewer=OTHER),
        ended,
        begins,
        make(until=at + TICK),
        make(since=at + TICK),
    ]
    return [(), *((one,) for one in single), (ended, begins)]


def _other(role: Role) -> Role:
    return Role.GUARDIAN if role is Role.SELF else Role.SELF


def bounding(scene: Scene, band: Band, base: Columns) -> Iterator[Columns]:
    """*base* with each grant and each opting out that bounds what *band* shows."""
    at, day = base["at"], scene.edition.local_day(base["at"])
    if band.records_from_grant:
        make = functools.partial(Grant, viewer=base["viewer"], role=scene.role)
        early, late = make(since=start_of(scene.edition, LONG_AGO)), make(since=at - 50 * DAY)
        ended = attrs.evolve(early, until=at - DAY)
        another = attrs.evolve(early, role=_other(scene.role))
        for grants in ((early,), (late, *base["grants"]), (ended, late), (another, late)):
            yield {**base, "grants": grants}
    if band.opt_outs:
        others = OptOut(person=OTHER, since=LONG_AGO)
        for shift, until in itertools.product((300, 20), (None, day - 10 * DAY)):
            time = OptOut(person=PERSON, since=day - shift * DAY, until=until)
            yield {**base, "opt_outs": (time, others)}
