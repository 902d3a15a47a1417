"""What is unusual about an emergency reading: it is put before an officer, and stops nobody."""

import datetime as dt
import enum
from typing import Protocol

import attrs

from emrcore.access import Facts, Viewer
from emrcore.people import PersonId
from emrcore.rulebook import Edition

_DAY, _HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
_MOST_KEPT = 1000


class Unusual(enum.StrEnum):
    """What an officer is told at once (EMG-7)."""

    MANY_IN_AN_HOUR = "many-in-an-hour"
    MANY_IN_A_SHIFT = "many-in-a-shift"
    NOT_COUNTED = "not-counted"
    NOT_DISPATCHED = "not-dispatched"
    PROTECTED = "protected"
    OWN_CARD = "own-card"
    FAMILY = "family"


@attrs.frozen(kw_only=True)
class Breaks:
    """When one shift of an organisation broke a glass, over the last day, the earliest first."""

    at: tuple[dt.datetime, ...] = ()

    def counted(self, at: dt.datetime) -> "Breaks":
        """These, and one at *at*."""
        recent = tuple(one for one in self.at if at - one < _DAY)
        return Breaks(at=(*recent, at)[-_MOST_KEPT:])

    def within(self, span: dt.timedelta, at: dt.datetime) -> int:
        """How many there were in the *span* that ends with *at*."""
        return sum(1 for one in self.at if at - one < span)


class Claim(Protocol):
    """What a crew says of how it was sent."""

    @property
    def dispatched(self) -> bool | None:
        """Whether the host's dispatch knows of it; None: it cannot tell."""
        ...


def unusual(
    facts: Facts,
    viewer: Viewer,
    stated: Claim,
    *,
    breaks: Breaks | None,
    at: dt.datetime,
    edition: Edition,
) -> tuple[Unusual, ...]:
    """All that is unusual about *viewer*'s reading the card of *facts* at *at*.

    *breaks* are those of the shift, this one among them, or None where they could not be counted. A
    card is protected while a restriction
    bars everybody, as an authority orders for who must not be found.
    """
    rule, day = edition.emergency, edition.local_day(at)
    barred = (bar for bar in facts.restrictions if bar.person is None and bar.holds_on(day))
    found = {
        Unusual.NOT_DISPATCHED: stated.dispatched is False,
        Unusual.PROTECTED: any(barred),
        Unusual.OWN_CARD: viewer.person == facts.person.id,
        Unusual.FAMILY: viewer.person in _family(facts),
    }
    found[Unusual.NOT_COUNTED] = breaks is None
    if rule and breaks is not None:
        hour, shift = breaks.within(_HOUR, at), breaks.within(_DAY, at)
        found[Unusual.MANY_IN_AN_HOUR] = hour > rule.per_hour.value
        found[Unusual.MANY_IN_A_SHIFT] = shift > rule.per_shift.value
    return tuple(one for one in Unusual if found.get(one))


def _family(facts: Facts) -> set[PersonId]:
    """Whoever has, had or claims a tie to the patient."""
    person = facts.person.id
    return {tie.guardian for tie in facts.kinships if tie.ward == person}
