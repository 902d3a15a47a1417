"""The card as a whole: what can happen to it, as the journal tells it."""

import datetime as dt
from collections.abc import Mapping

import attrs

from emrcore.access import Viewer
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    Custody,
    Kinship,
    Nomination,
    OptOut,
    PatientId,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
)
from emrcore.records.document import DocumentId


@attrs.frozen(kw_only=True)
class CardCreated:
    """The first visit to *clinic* created the card of *person*."""

    patient: PatientId
    person: PersonId
    clinic: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class KinshipRecorded:
    """What the register says of a family tie now."""

    patient: PatientId
    kinship: Kinship
    at: dt.datetime


@attrs.frozen(kw_only=True)
class GuardianResigned:
    """A guardian gave up this tie of their own accord: *kinship* as it is since."""

    patient: PatientId
    kinship: Kinship
    at: dt.datetime


@attrs.frozen(kw_only=True)
class NoGuardianLeft:
    """By what was recorded with this the ward has no guardian any more, and had one before."""

    patient: PatientId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class RestrictionRecorded:
    """An authority restricts who may look; the reason stays with the authority's paper."""

    patient: PatientId
    person: PersonId | None
    since: dt.date
    until: dt.date | None
    authority: str
    at: dt.datetime


DatedFact = Custody | Residence | Assent | Nomination | Capacity | Assessment | PolicyCover | OptOut
"""A dated fact, beside ties and restrictions, that a rulebook may ask for."""


@attrs.frozen(kw_only=True)
class FactRecorded:
    """What a register, an authority or a professional says of somebody's standing now."""

    patient: PatientId
    fact: DatedFact
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DeathRecorded:
    """The patient died; the day itself stays in the facts."""

    patient: PatientId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DocumentsAdded:
    """A source delivered documents, some of them new."""

    patient: PatientId
    source: str
    delivered: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CardOpened:
    """Somebody asked to see the card, and was answered: by which edition, what, or why not.

    ``counts`` are the visible documents by section; ``refused`` is the id of the rule that closed
    the whole card.
    """

    patient: PatientId
    viewer: Viewer
    at: dt.datetime
    edition: str
    counts: Mapping[str, int]
    refused: str | None = None


@attrs.frozen(kw_only=True)
class DocumentsShown:
    """Somebody was shown these documents; ``sources`` are theirs, in the same order.

    Entries of earlier versions tell no sources.
    """

    patient: PatientId
    viewer: Viewer
    at: dt.datetime
    edition: str
    documents: tuple[DocumentId, ...]
    sources: tuple[str, ...] = ()

    def shows(self, source: str, document: DocumentId) -> bool:
        """Whether the *document* of *source* is among them, or may be where no source is told."""
        if not self.sources:
            return document in self.documents
        return (source, document) in zip(self.sources, self.documents, strict=True)


Event = (
    CardCreated
    | KinshipRecorded
    | GuardianResigned
    | NoGuardianLeft
    | RestrictionRecorded
    | FactRecorded
    | DeathRecorded
    | DocumentsAdded
    | CardOpened
    | DocumentsShown
)


def restricted(
    restriction: Restriction, patient: PatientId, at: dt.datetime
) -> RestrictionRecorded:
    """The event of recording *restriction*, without its reason."""
    return RestrictionRecorded(
        patient=patient,
        person=restriction.person,
        since=restriction.since,
        until=restriction.until,
        authority=restriction.authority,
        at=at,
    )
