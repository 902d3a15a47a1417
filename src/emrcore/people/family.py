"""Who stands how to whom, since when and until when: dated facts about persons.

Every interval is ``[since, until)``: the fact holds on ``since`` and no longer on ``until``; none
says that no end is known. A fact says what is so; whether it opens a card is for the rulebook.
"""

import datetime as dt

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.persons import PersonId
from emrcore.people.shapes import a, a_day, refuse
from emrcore.people.standing import CapacityKind, KinshipStatus


def _after_since(fact: "Fact", _: object, until: dt.date) -> None:
    if until <= fact.since:
        refuse("fact", [Fault("until", "is not after since", rules.PPL_5)])


def _another(tie: "Tie", _: object, ward: PersonId) -> None:
    if ward == tie.guardian:
        refuse("tie", [Fault("ward", "is the guardian", rules.PPL_7)])


@attrs.frozen(kw_only=True)
class Fact:
    """Something true over ``[since, until)``.

    Raises:
        TypeError: PPL-4, a moment stands where a day is meant.
        Malformed: PPL-5, *until* is not after *since*.
    """

    since: dt.date = attrs.field(validator=a_day)
    until: dt.date | None = attrs.field(
        default=None, validator=attrs.validators.optional([a_day, _after_since])
    )

    def holds_on(self, day: dt.date) -> bool:
        """Whether the fact holds on *day* (PPL-5).

        Raises:
            TypeError: PPL-4, *day* is a moment.
        """
        return self.since <= day and (self.until is None or day < self.until)


@attrs.frozen(kw_only=True)
class Tie(Fact):
    """A fact between *guardian* and *ward*, who are two persons.

    Raises:
        Malformed: PPL-7, they are one.
    """

    guardian: PersonId = attrs.field(validator=a(str))
    ward: PersonId = attrs.field(validator=[a(str), _another])


@attrs.frozen(kw_only=True)
class Kinship(Tie):
    """The claim of *guardian* to be a parent of *ward* has *status*; only CONFIRMED is a tie."""

    status: KinshipStatus = attrs.field(validator=a(KinshipStatus))


@attrs.frozen(kw_only=True)
class Custody(Tie):
    """*guardian* has custody of *ward*, which kinship alone does not say."""


@attrs.frozen(kw_only=True)
class Residence(Tie):
    """*guardian* and *ward* live at one address, by the register."""


@attrs.frozen(kw_only=True)
class Assent(Tie):
    """*ward*, asked about *guardian*, has agreed (*given*) or refused."""

    given: bool = attrs.field(validator=a(bool))


@attrs.frozen(kw_only=True)
class Restriction(Fact):
    """*authority* keeps *person*, or everybody if none, from the card of *ward*.

    ``reason`` is the authority's text and is not shown in the repr.
    """

    ward: PersonId = attrs.field(validator=a(str))
    person: PersonId | None = attrs.field(validator=attrs.validators.optional(a(str)))
    authority: str = attrs.field(validator=a(str))
    reason: str = attrs.field(repr=False, validator=a(str))


@attrs.frozen(kw_only=True)
class Capacity(Fact):
    """An authority's finding on *person* that departs from what the age alone would say.

    FULL for an emancipated or married minor, whose parents are no longer informed (Federal Law
    271-FZ of 31 July 2020); LIMITED or NONE for an adult under a guardian.
    """

    person: PersonId = attrs.field(validator=a(str))
    kind: CapacityKind = attrs.field(validator=a(CapacityKind))


@attrs.frozen(kw_only=True)
class Nomination(Fact):
    """*giver*, an adult, lets *receiver* act for them."""

    giver: PersonId = attrs.field(validator=a(str))
    receiver: PersonId = attrs.field(validator=a(str))


@attrs.frozen(kw_only=True)
class Assessment(Fact):
    """A professional has found *person*, a minor, able to use the own record."""

    person: PersonId = attrs.field(validator=a(str))


@attrs.frozen(kw_only=True)
class OptOut(Fact):
    """*person* had opted out of the record: what is dated in this time is never shown."""

    person: PersonId = attrs.field(validator=a(str))


@attrs.frozen(kw_only=True)
class PolicyCover(Fact):
    """The insurance policy of *person* is valid."""

    person: PersonId = attrs.field(validator=a(str))
