"""The card as a whole: what can happen to it, as the journal tells it."""

import datetime as dt
from collections.abc import Mapping

import attrs

from emrcore.access import Viewer
from emrcore.people import Kinship, PatientId, PersonId, Restriction
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
class RestrictionRecorded:
    """An authority restricts who may look; the reason stays with the authority's paper."""

    patient: PatientId
    person: PersonId | None
    since: dt.date
    until: dt.date | None
    authority: str
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
    | RestrictionRecorded
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
