"""A document of a card: the envelope the library judges, and a body it never parses."""

import datetime as dt
import enum
from typing import NewType

import attrs

from emrcore.people import PatientId
from emrcore.rulebook import Basis

DocumentId = NewType("DocumentId", str)


class Standing(enum.StrEnum):
    """What has become of one version of a document: only one that is current is ever shown.

    A *superseded* one has given way to a later version; a *retracted* one was withdrawn.
    """

    CURRENT = "current"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


def _in_utc(at: dt.datetime) -> dt.datetime:
    """*at* on the one clock by which moments can be put in order and reckoned with.

    A naive moment is refused: it would be judged by whatever zone the machine is in.
    """
    if at.tzinfo is None:
        raise ValueError("published_at and acknowledged_at must be aware datetimes")
    return at.astimezone(dt.UTC)


@attrs.frozen(kw_only=True)
class Document:
    """One version of one record of *patient*'s card.

    ``occurred_on``, ``signed_on`` are local days; ``published_at`` (aware) is when it became part
    of the card, ``acknowledged_at`` when a clinician had seen it. A missing date is None and is
    never guessed. ``kind`` None: the source does not tell kinds apart. ``(source, id)`` is the
    source system and the source's own id. ``version`` is the source's own number of the version, a
    later one's is larger; None: the source has none, and what arrives later is later. Only what is
    ``current`` is shown (REC-4). ``listed_on`` is the day of the document's place in lists, where
    its first version has fixed that; it decides nothing else and is not compared.
    """

    id: DocumentId
    source: str
    patient: PatientId
    section: str
    published_at: dt.datetime = attrs.field(converter=_in_utc)
    kind: str | None = None
    occurred_on: dt.date | None = None
    signed_on: dt.date | None = None
    acknowledged_at: dt.datetime | None = attrs.field(
        default=None, converter=attrs.converters.optional(_in_utc)
    )
    labels: frozenset[str] = frozenset()
    title: str = attrs.field(default="", repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    version: int | None = None
    standing: Standing = attrs.field(default=Standing.CURRENT, converter=Standing)
    listed_on: dt.date | None = attrs.field(default=None, eq=False, repr=False)

    def judged_by(self, basis: Basis) -> dt.date | None:
        """The day, or for ``published`` the moment, that a section with *basis* judges by."""
        match basis:
            case Basis.OCCURRED:
                return self.occurred_on
            case Basis.SIGNED:
                return self.signed_on
            case Basis.PUBLISHED:
                return self.published_at

    @property
    def dated(self) -> dt.date:
        """The day a list has the document under: the first of its dates that is known.

        Of a corrected document it is that of its first version, so that no page misses it (REC-8).
        """
        return (
            self.listed_on
            or self.occurred_on
            or self.signed_on
            or self.published_at.astimezone(dt.UTC).date()
        )
