"""Who has the care of a ward, and how a guardian gives it up."""

import datetime as dt

import attrs

from emrcore import rules
from emrcore.access.facts import Facts
from emrcore.errors import RuleBroken
from emrcore.people import Kinship, KinshipStatus, PersonId


def guardians(facts: Facts, *, on: dt.date) -> frozenset[PersonId]:
    """Whoever has a confirmed tie to the living patient on the local day *on*, and is not barred.

    Whose tie an authority's restriction bars cannot care for the ward's card, and counts as none.
    """
    ward = facts.person
    if ward.died and ward.died <= on:
        return frozenset()
    barred = {bar.person for bar in facts.restrictions if bar.ward == ward.id and bar.holds_on(on)}
    if None in barred:
        return frozenset()
    return frozenset(tie.guardian for tie in _ties(facts, on) if tie.guardian not in barred)


def resigned(facts: Facts, guardian: PersonId, *, on: dt.date) -> tuple[Facts, tuple[Kinship, ...]]:
    """The facts once *guardian* has given up the ward on the day *on*, and the ties that ended.

    Raises:
        RuleBroken: ACC-5, there is no such tie; KEP-5, nobody else would be left.
    """
    own = [tie for tie in _ties(facts, on) if tie.guardian == guardian]
    if not own:
        raise RuleBroken(rules.ACC_5)
    ended = tuple(attrs.evolve(tie, status=KinshipStatus.ENDED) for tie in own)
    others = tuple(tie for tie in facts.kinships if tie not in own)
    after = attrs.evolve(facts, kinships=(*others, *ended))
    if not guardians(after, on=on):
        raise RuleBroken(rules.KEP_5)
    return after, ended


def _ties(facts: Facts, on: dt.date) -> list[Kinship]:
    return [
        tie
        for tie in facts.kinships
        if tie.ward == facts.person.id
        and tie.status is KinshipStatus.CONFIRMED
        and tie.holds_on(on)
    ]
