"""The kinds of looks that an edition tells apart at a moment, numbered; each is decided once.

Which role, whether it is the own card, whether the patient is dead, which ages have been reached,
which facts and grants hold: no other thing decides whether and what a look is shown, so that looks
with the same number have the same answer. An edition that reckons documents from the age or the
grant of each patient has an answer for each, and is refused.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from emrcore.access import Allowance, Facts, Grant, Viewer, admitted, decide
from emrcore.adapters.frames.register import RESTRICTION, STANDINGS, TIES
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Kinship,
    KinshipStatus,
    Nomination,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
    reached_on,
)
from emrcore.rulebook import Band, Edition, Need, Role

ROLES = tuple(Role)
_WARD, _VIEWER = PersonId("patient"), PersonId("viewer")
_LONG_AGO = dt.date(1, 1, 1)
_AROUND = range(-3, 4)


@attrs.frozen(kw_only=True)
class Standing:
    """What of a look decides; the fields in the order in which they are numbered."""

    role: int
    own: int
    dead: int
    reached: int
    granted: int
    ties: int
    standings: int


@attrs.frozen(kw_only=True)
class Asked:
    """An edition at a moment: ``day`` is the local one, ``births`` those of who reach an age on it.

    Of each age that any band names, ``births`` has the latest birth of those who have reached it.
    """

    edition: Edition
    at: dt.datetime
    day: dt.date
    births: tuple[dt.date, ...]

    @classmethod
    def of(cls, edition: Edition, at: dt.datetime) -> "Asked":
        """*edition* at *at* (aware)."""
        day = edition.local_day(at)
        ages = {
            age.value
            for relation in edition.relations.values()
            for band in relation.bands.values()
            for age in (band.from_age, band.until_age)
            if age
        }
        births = tuple(_latest(age, day, edition) for age in sorted(ages))
        return cls(edition=edition, at=at.astimezone(dt.UTC), day=day, births=births)

    def _sizes(self) -> Standing:
        """How many values each field may have."""
        return Standing(
            role=len(ROLES),
            own=2,
            dead=2,
            reached=len(self.births) + 1,
            granted=2,
            ties=1 << len(TIES),
            standings=1 << len(STANDINGS),
        )

    def number(self, fields: dict[str, nw.Expr]) -> nw.Expr:
        """The number of a look, of expressions for each field of ``Standing``."""
        sizes = attrs.asdict(self._sizes())
        factors = itertools.accumulate(sizes.values(), lambda product, size: product * size)
        found = nw.lit(0, nw.Int64)
        for name, factor in zip(sizes, (1, *factors), strict=False):
            found = found + fields[name].cast(nw.Int64) * factor
        return found

    def standing(self, number: int) -> Standing:
        """What has *number*."""
        found: dict[str, int] = {}
        for name, size in attrs.asdict(self._sizes()).items():
            number, found[name] = divmod(number, size)
        return Standing(**found)

    def allowances(self, standing: Standing) -> tuple[tuple[Allowance, ...], list[str]]:
        """What is shown to looks of *standing*; the names of what is reckoned anew for each."""
        facts, viewer = self._facts(standing), self._viewer(standing)
        edition, at = self.edition, self.at
        bands, refusal = admitted(facts, viewer, at=at, edition=edition)
        if refusal:
            return (), []
        view = decide(facts, viewer, at=at, edition=edition)
        return view.in_force(), [f"{viewer.role}.{name}" for one in bands for name in _own(one)]

    def _viewer(self, standing: Standing) -> Viewer:
        person = _WARD if standing.own else _VIEWER
        return Viewer(person=person, role=ROLES[standing.role])

    def _facts(self, standing: Standing) -> Facts:
        """A card of that *standing*, as plain as can be."""
        viewer = self._viewer(standing)
        names = {*_chosen(TIES, standing.ties), *_chosen(STANDINGS, standing.standings)}
        own: dict[str, Any] = {"person": _WARD, "since": _LONG_AGO}
        tie: dict[str, Any] = {"guardian": _VIEWER, "ward": _WARD, "since": _LONG_AGO}
        between = names if viewer.person == _VIEWER else set[str]()
        bar = Restriction(ward=_WARD, person=None, since=_LONG_AGO, authority="", reason="")
        nomination = Nomination(giver=_WARD, receiver=viewer.person, since=_LONG_AGO)
        grant = Grant(viewer=viewer.person, since=self.at)
        return Facts(
            patient=PatientId("card"),
            person=self._person(standing),
            kinships=tuple(
                Kinship(**tie, status=status)
                for status in KinshipStatus
                if f"kinship {status}" in between
            ),
            custodies=(Custody(**tie),) if Need.CUSTODY in between else (),
            residences=(Residence(**tie),) if Need.RESIDENCE in between else (),
            assents=(Assent(**tie, given=True),) if Need.ASSENT in between else (),
            nominations=(nomination,) if Need.NOMINATION in names else (),
            restrictions=(bar,) if RESTRICTION in names else (),
            capacities=tuple(
                Capacity(**own, kind=kind) for kind in CapacityKind if f"capacity {kind}" in names
            ),
            assessments=(Assessment(**own),) if Need.ASSESSMENT in names else (),
            covers=(PolicyCover(**own),) if Need.COVER in names else (),
            grants=(grant,) if standing.granted else (),
        )

    def _person(self, standing: Standing) -> Person:
        """Somebody who has reached the first so many of the ages, and dies today if dead."""
        if standing.reached:
            born = self.births[standing.reached - 1]
        else:
            born = self.births[0] + dt.timedelta(days=1) if self.births else self.day
        died = max(self.day, born) if standing.dead else None
        return Person(id=_WARD, born=born, died=died)


def _chosen(words: tuple[str, ...], bits: int) -> Iterator[str]:
    return (word for place, word in enumerate(words) if bits >> place & 1)


def _latest(age: int, day: dt.date, edition: Edition) -> dt.date:
    """The latest birth of those who have reached *age* on *day*."""
    ages = edition.ages
    first = dt.date(day.year - age, day.month, min(day.day, 28))
    births = [first + dt.timedelta(days=shift) for shift in _AROUND]
    return max(
        born
        for born in births
        if reached_on(born, age, convention=ages.attained.value, leap=ages.leap_birthday.value)
        <= day
    )


def _own(band: Band) -> Iterator[str]:
    """What of *band* makes an answer for each patient."""
    if band.records_until_age:
        yield "records_until_age"
    if band.records_from_grant and band.records_from_grant.value:
        yield "records_from_grant"
    if band.opt_outs and band.opt_outs.value:
        yield "opt_outs"
