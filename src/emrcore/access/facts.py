"""What is known about one patient, and who asks."""

import datetime as dt

import attrs

from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    Custody,
    Kinship,
    Nomination,
    OptOut,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
)
from emrcore.rulebook import Role


def _in_utc(at: dt.datetime) -> dt.datetime:
    """*at* on the one clock; a naive moment is refused where it is used."""
    return at.astimezone(dt.UTC) if at.tzinfo else at


@attrs.frozen(kw_only=True)
class Grant:
    """*viewer* was let into the card by a granted application over ``[since, until)``.

    It was granted to look as *role*, and serves no other; None: as whatever was asked for.
    """

    viewer: PersonId
    since: dt.datetime = attrs.field(converter=_in_utc)
    until: dt.datetime | None = attrs.field(
        default=None, converter=attrs.converters.optional(_in_utc)
    )
    role: Role | None = None

    def holds_at(self, at: dt.datetime) -> bool:
        """Whether the grant is in force at *at*."""
        return self.since <= at and (self.until is None or at < self.until)


@attrs.frozen(kw_only=True)
class Facts:
    """All that is true about the card of one *patient*, who is *person*.

    Facts about other persons are of no effect, and need not be sorted out.
    """

    patient: PatientId
    person: Person
    kinships: tuple[Kinship, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    grants: tuple[Grant, ...] = ()
    custodies: tuple[Custody, ...] = ()
    residences: tuple[Residence, ...] = ()
    assents: tuple[Assent, ...] = ()
    nominations: tuple[Nomination, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    covers: tuple[PolicyCover, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()


@attrs.frozen(kw_only=True)
class Viewer:
    """Who asks, and as what; ``organisation`` is where a doctor or crew works."""

    person: PersonId
    role: Role
    organisation: str | None = None
