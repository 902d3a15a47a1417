"""Which bands let a viewer in, and where none does, what stands in the way.

A kind of viewer has bands. A band that nothing stands against lets in. Where none does, the reason
told is that of the band which came furthest, and the order of the questions makes sure that who has
no tie to the patient learns that first, and neither age nor death. Of bands that came equally far
the reason that goes before the others is told, in whatever order the rulebook names them.
"""

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from emrcore import rules
from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.access.view import Constant, Reason
from emrcore.people import (
    AgeConvention,
    CapacityKind,
    Fact,
    Kinship,
    LeapBirthday,
    PersonId,
    Restriction,
    Tie,
    reached_on,
)
from emrcore.rulebook import Access, Band, Cited, Edition, Need, Role
from emrcore.rules import Rule

TieT = TypeVar("TieT", bound=Tie)


@functools.lru_cache(maxsize=4096)
def _reached(born: dt.date, years: int, convention: AgeConvention, leap: LeapBirthday) -> dt.date:
    return reached_on(born, years, convention=convention, leap=leap)


@attrs.define
class Question:
    """What is asked, with the local day it is asked on, and what is known of these two persons.

    ``moment`` is when, in UTC: moments of one zone are put in order without reckoning. ``grants``
    are those to this viewer in this role, ``bars`` the restrictions that name them or everybody.
    """

    facts: Facts
    viewer: Viewer
    moment: dt.datetime
    day: dt.date
    edition: Edition
    ungranted: bool
    grants: list[Grant]
    kinships: list[Kinship]
    bars: list[Restriction]

    @classmethod
    def of(
        cls,
        facts: Facts,
        viewer: Viewer,
        at: dt.datetime,
        edition: Edition,
        *,
        ungranted: bool = False,
    ) -> "Question":
        """The question at *at*.

        Raises:
            ValueError: *at* is naive.
        """
        if at.tzinfo is None:
            raise ValueError("at must be an aware datetime")
        person, named, roles = viewer.person, (None, viewer.person), (None, viewer.role)
        ward = facts.person.id
        return cls(
            facts,
            viewer,
            at.astimezone(dt.UTC),
            edition.local_day(at),
            edition,
            ungranted,
            [one for one in facts.grants if one.viewer == person and one.role in roles],
            _between(person, ward, facts.kinships),
            [one for one in facts.restrictions if one.ward == ward and one.person in named],
        )

    def reached(self, years: int) -> dt.date:
        """The day the patient reaches *years*."""
        ages = self.edition.ages
        return _reached(
            self.facts.person.born, years, ages.attained.value, ages.leap_birthday.value
        )

    def ties(self, facts: tuple[TieT, ...]) -> list[TieT]:
        """Those of *facts* that are between this viewer and this patient."""
        return _between(self.viewer.person, self.facts.person.id, facts)

    def granted(self) -> list[Grant]:
        """The grants that are in force."""
        return [grant for grant in self.grants if grant.holds_at(self.moment)]


def _between(guardian: PersonId, ward: PersonId, facts: tuple[TieT, ...]) -> list[TieT]:
    return [tie for tie in facts if tie.guardian == guardian and tie.ward == ward]


def admitting(question: Question) -> tuple[tuple[str, ...], Reason | None]:
    """The names of the bands that let in; where there is none, why not."""
    relation = question.edition.relations[question.viewer.role]
    if relation.nobody:
        return (), _because(rules.ACC_20, relation.nobody)
    names: list[str] = []
    furthest, refusal = -1, None
    for name, band in relation.bands.items():
        passed, obstacle = _obstacle(question, band)
        if obstacle is None:
            names.append(name)
        elif passed > furthest or (passed == furthest and obstacle.goes_before(refusal)):
            furthest, refusal = passed, obstacle
    return tuple(names), None if names else refusal


def _obstacle(question: Question, band: Band) -> tuple[int, Reason | None]:
    """What stands against *band* first, and how many questions were passed before it."""
    for passed, check in enumerate(_CHECKS):
        if obstacle := check(question, band):
            return passed, obstacle
    return len(_CHECKS), None


def _because(rule: Rule, cited: Cited[object], constant: Constant | None = None) -> Reason:
    return Reason(rule=rule, source=cited.source, constant=constant)


def _before_opening(question: Question, band: Band) -> Reason | None:
    opens = band.opens_on
    if opens and question.day < opens.value:
        return _because(rules.ACC_1, opens, opens.value)
    return None


def _not_in_person(question: Question, band: Band) -> Reason | None:
    viewer = question.viewer
    if viewer.role is Role.SELF and viewer.person != question.facts.person.id:
        return _because(rules.ACC_2, band.access)
    return None


def _no_tie(question: Question, band: Band) -> Reason | None:
    wanted = band.kinship
    if wanted and not [
        tie
        for tie in question.kinships
        if tie.status is wanted.value and tie.holds_on(question.day)
    ]:
        return _because(rules.ACC_5, wanted, wanted.value)
    needs = band.needs
    if needs and Need.NOMINATION in needs.value and not _is_met(Need.NOMINATION, question):
        return _because(rules.ACC_17, needs, Need.NOMINATION)
    return None


def _after_death(question: Question, band: Band) -> Reason | None:
    died = question.facts.person.died
    if died and died <= question.day and not band.after_death.value:
        return _because(rules.ACC_7, band.after_death, died)
    return None


def _age(question: Question, band: Band) -> Reason | None:
    low, high = band.from_age, band.until_age
    override = band.capacity_overrides_age
    if override and override.value:
        found = _capacities(question)
        for kind, bound in ((CapacityKind.FULL, high), (CapacityKind.NONE, low)):
            if kind in found and bound:
                return _because(rules.ACC_18, override, kind)
        if found & {CapacityKind.FULL, CapacityKind.NONE}:
            return None
    if low and question.day < question.reached(low.value):
        return _because(rules.ACC_3, low, low.value)
    if high and question.day >= question.reached(high.value):
        return _because(rules.ACC_4, high, high.value)
    return None


def _capacities(question: Question) -> set[CapacityKind]:
    """All that is found of the patient today; of two that contradict, the one that bars counts."""
    return {
        finding.kind
        for finding in question.facts.capacities
        if finding.person == question.facts.person.id and finding.holds_on(question.day)
    }


def _unmet_need(question: Question, band: Band) -> Reason | None:
    if band.needs:
        for need in band.needs.value:
            if not _is_met(need, question):
                return _because(rules.ACC_17, band.needs, need)
    return None


def _is_met(need: Need, question: Question) -> bool:
    return any(fact.holds_on(question.day) for fact in meeting(need, question))


def meeting(need: Need, question: Question) -> Sequence[Fact]:
    """The facts that meet *need* while they hold."""
    facts, person, viewer = question.facts, question.facts.person.id, question.viewer.person
    match need:
        case Need.CUSTODY:
            return question.ties(facts.custodies)
        case Need.RESIDENCE:
            return question.ties(facts.residences)
        case Need.ASSENT:
            return [one for one in question.ties(facts.assents) if one.given]
        case Need.NOMINATION:
            pair = (person, viewer)
            return [one for one in facts.nominations if (one.giver, one.receiver) == pair]
        case Need.ASSESSMENT:
            return [one for one in facts.assessments if one.person == person]
        case Need.COVER:
            return [one for one in facts.covers if one.person == person]


def _restriction(question: Question, band: Band) -> Reason | None:
    if band.restricted.value:
        held = [bar.since for bar in question.bars if bar.holds_on(question.day)]
        if held:
            return _because(rules.ACC_6, band.restricted, min(held))
    return None


def _no_grant(question: Question, band: Band) -> Reason | None:
    if band.access.value is not Access.GRANTED or question.ungranted:
        return None
    return None if question.granted() else _because(rules.ACC_8, band.access)


_CHECKS: tuple[Callable[[Question, Band], Reason | None], ...] = (
    _before_opening,
    _not_in_person,
    _no_tie,
    _after_death,
    _age,
    _unmet_need,
    _restriction,
    _no_grant,
)
"""In this order: who has no tie learns nothing else."""
