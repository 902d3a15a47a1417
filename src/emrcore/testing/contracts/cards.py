"""A card with documents on both sides of every comparison, and those who look at it."""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from emrcore import rules
from emrcore.access import Allowance, Facts, Grant, Reason, View, Viewer, decide
from emrcore.people import Kinship, KinshipStatus, Person, PersonId
from emrcore.records import Document, Standing
from emrcore.rulebook import Basis, Role, shipped
from emrcore.testing.contracts.examples import DAY, NEIGHBOUR, NOW, PATIENT, TICK, UNEVEN

_REASON = Reason(rule=rules.ACC_10, source="contract")
_DATES = {
    Basis.OCCURRED: "occurred_on",
    Basis.SIGNED: "signed_on",
    Basis.PUBLISHED: "published_at",
}


def document(**fields: Any) -> Document:
    """A document that the patient sees, unless *fields* say otherwise."""
    shown: dict[str, Any] = {
        "id": "1",
        "source": "clinic",
        "patient": PATIENT,
        "section": "exam-protocols",
        "kind": "exam-protocol",
        "published_at": NOW - DAY,
        "occurred_on": dt.date(2020, 2, 1),
        "signed_on": dt.date(2020, 2, 2),
    }
    return Document(**shown | fields)


# -- Who looks ------------------------------------------------------------------------------------


@functools.cache
def views() -> Mapping[str, View]:
    """The views of all who may look, of one who may not, and some that no rulebook gives."""
    own = _view(Role.SELF, "patient")
    return {
        "self": own,
        "guardian": _view(Role.GUARDIAN, "mother"),
        "doctor": _view(Role.DOCTOR, "doctor"),
        "crew": _view(Role.CREW, "crew"),
        "refused": _view(Role.GUARDIAN, "stranger"),
        "handmade": attrs.evolve(own, allowances=tuple(_handmade(own)), closed={}),
        "closed after all": attrs.evolve(own, closed={"exam-protocols": _REASON}),
        "refused after all": attrs.evolve(own, refusal=_REASON),
    }


def _view(role: Role, viewer: str) -> View:
    who = Viewer(person=PersonId(viewer), role=role)
    edition = shipped("ru-moscow-2020").edition_at(NOW)
    return decide(_facts(minor=role is Role.GUARDIAN), who, at=NOW, edition=edition)


def _facts(*, minor: bool) -> Facts:
    mother = PersonId("mother")
    patient = Person(id=PersonId("patient"), born=dt.date(2015 if minor else 1985, 5, 5))
    confirmed = KinshipStatus.CONFIRMED
    tie = Kinship(guardian=mother, ward=patient.id, since=patient.born, status=confirmed)
    grants = tuple(Grant(viewer=viewer, since=NOW - DAY) for viewer in (patient.id, mother))
    return Facts(patient=PATIENT, person=patient, kinships=(tie,), grants=grants)


def _handmade(own: View) -> Iterator[Allowance]:
    """Every comparison there can be, and two allowances for one section."""
    plain = attrs.evolve(
        own.allowances[0],
        section="plain",
        kinds=frozenset({"one", "two"}),
        labels=frozenset(),
        reason=_REASON,
        basis=None,
        since=None,
    )
    new_year, march = dt.date(2020, 1, 1), dt.date(2020, 3, 1)
    yield plain
    yield attrs.evolve(plain, section="kindless", kinds=frozenset[str]())
    yield attrs.evolve(plain, section="labelled", labels=frozenset({"a", "b'", "c"}))
    yield attrs.evolve(plain, section="dated", basis=Basis.SIGNED)
    yield attrs.evolve(plain, section="days", basis=Basis.OCCURRED, since=new_year, before=march)
    yield attrs.evolve(
        plain, section="moments", basis=Basis.PUBLISHED, since=NOW - 9 * DAY, before=NOW - DAY
    )
    yield attrs.evolve(plain, section="sourced", sources=frozenset({"clinic", "a'; --"}))
    yield attrs.evolve(plain, section="acknowledged", acknowledged=True)
    yield attrs.evolve(plain, section="delayed", delay=DAY + TICK)
    yield attrs.evolve(plain, section="delayed for longer", delay=DAY + 2 * TICK)
    yield attrs.evolve(plain, section="either", basis=Basis.SIGNED, before=new_year)
    yield attrs.evolve(
        plain, section="either", kinds=frozenset({"three"}), basis=Basis.OCCURRED, since=march
    )


# -- At what --------------------------------------------------------------------------------------


@functools.cache
def card() -> Sequence[Document]:
    """Documents on both sides of every comparison of every view."""
    allowances = {one for view in views().values() for one in view.allowances}
    fields = [
        {"section": allowance.section} | _passing(allowance) | change
        for allowance in sorted(allowances, key=repr)
        for change in _changes(allowance)
    ]
    return [
        document(**{"source": UNEVEN[number % 5]} | one, id=f"{UNEVEN[number % 17]}{number}")
        for number, one in enumerate([*fields, {"section": "unknown"}])
    ]


def neighbours() -> Sequence[Document]:
    """The same documents in another card."""
    return [attrs.evolve(one, patient=NEIGHBOUR, title="neighbour's") for one in card()]


def _passing(allowance: Allowance) -> dict[str, Any]:
    passing: dict[str, Any] = {
        "kind": min(allowance.kinds, default=None),
        "published_at": NOW - allowance.delay,
        "acknowledged_at": NOW,
    }
    if allowance.sources:
        passing["source"] = min(allowance.sources)
    if allowance.basis:
        date = allowance.since or (allowance.before and allowance.before - DAY)
        passing[_DATES[allowance.basis]] = date or dt.date(2020, 1, 1)
    return passing


def _changes(allowance: Allowance) -> Iterator[dict[str, Any]]:
    yield from ({"kind": kind} for kind in (*allowance.kinds, None, "unknown", ""))
    yield from ({"source": source} for source in (*(allowance.sources or ()), "unknown"))
    yield from _around("published_at", NOW)
    yield from _around("published_at", NOW - allowance.delay)
    yield from _around("acknowledged_at", NOW)
    yield {"acknowledged_at": None}
    yield {"standing": Standing.RETRACTED}
    for label in (*allowance.labels, "unknown"):
        yield {"labels": frozenset({label})}
        yield {"labels": allowance.labels | {label}}
    if not allowance.basis:
        yield {"occurred_on": None, "signed_on": None}
        return
    date = _DATES[allowance.basis]
    for constant in (allowance.since, allowance.before):
        if constant:
            yield from _around(date, constant)
    if allowance.basis is not Basis.PUBLISHED:
        yield {date: None}


def _around(date: str, constant: dt.date) -> Iterator[dict[str, Any]]:
    """Just before *constant*, at it, and just after."""
    step = TICK if isinstance(constant, dt.datetime) else DAY
    yield from ({date: constant + shift} for shift in (-step, 0 * step, step))
