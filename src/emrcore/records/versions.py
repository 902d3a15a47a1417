"""The versions of one document: what a delivery adds to them, and which of them is current.

The last but for superseded ones is the latest; it alone may be current, and is not where the
document is retracted. A version is never changed but for its standing.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import attrs

from emrcore.people import PatientId
from emrcore.records.document import Document, DocumentId, Standing

Versions = tuple[Document, ...]
"""What is kept of one document, in the order of arrival; never empty."""

_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def withdrawn(
    patient: PatientId,
    source: str,
    id: DocumentId,  # noqa: A002 - the field's name
    *,
    version: int | None = None,
) -> Document:
    """What a source says that withdraws its document, of which it need not tell the rest.

    It is delivered like any other version: it retracts what is there, and what comes later stays
    retracted (REC-6).
    """
    return Document(
        id=id,
        source=source,
        patient=patient,
        section="",
        published_at=_NEVER,
        version=version,
        standing=Standing.RETRACTED,
    )


def latest(kept: Versions) -> Document:
    """The version that counts: current, or retracted."""
    return next(one for one in reversed(kept) if one.standing is not Standing.SUPERSEDED)


def arrived(kept: Versions | None, new: Document) -> Versions:
    """*kept*, with *new* as one version more; equal to *kept* where it is none (REC-3).

    A later version supersedes the latest, an older one arrives as superseded (REC-5). The latest of
    a retracted document is retracted, until somebody reinstates it (REC-6).
    """
    if not kept:
        return (new,)
    head, withdraws = latest(kept), new.standing is Standing.RETRACTED
    if withdraws and not new.section:
        new = attrs.evolve(head, version=new.version, standing=new.standing)
    is_late = _is_late(kept, new)
    is_known = any(attrs.evolve(one, standing=new.standing) == new for one in kept)
    if is_known and (is_late or not withdraws or head.standing is Standing.RETRACTED):
        return kept
    new = attrs.evolve(new, listed_on=_place(kept))
    if is_late:
        return (*kept, attrs.evolve(new, standing=Standing.SUPERSEDED))
    standing = new.standing if withdraws else head.standing
    return (*superseded(kept), attrs.evolve(new, standing=standing))


def delivered(
    kept: dict[tuple[str, str], Versions], documents: Iterable[Document]
) -> dict[tuple[str, str], Versions]:
    """What has become of those of *kept*, and of new ones, whose versions *documents* change.

    They arrive one after the other. A name is the source and the id.
    """
    changed: dict[tuple[str, str], Versions] = {}
    for one in documents:
        name = one.source, one.id
        before = changed.get(name) or kept.get(name)
        after = arrived(before, one)
        if after is not before:
            changed[name] = after
    return changed


def stood(kept: Versions, standing: Standing) -> Versions:
    """*kept*, with the latest version as *standing* says: current or retracted."""
    head = latest(kept)
    return tuple(attrs.evolve(one, standing=standing) if one is head else one for one in kept)


def superseded(kept: Versions) -> Versions:
    """*kept*, all of them in the past."""
    return tuple(attrs.evolve(one, standing=Standing.SUPERSEDED) for one in kept)


def check_delivery(patient: PatientId, documents: Sequence[Document]) -> None:
    """Refuse what cannot be delivered to the card of *patient*.

    Raises:
        ValueError: a document is another patient's, or says that it is superseded: by what it is
            superseded is for the later version to say.
    """
    if any(document.patient != patient for document in documents):
        raise ValueError("a document is added to its own patient's card")
    if any(document.standing is Standing.SUPERSEDED for document in documents):
        raise ValueError("a superseded version is delivered as the current one, with its number")


def _place(kept: Versions) -> dt.date | None:
    """The day that the first version with a content has fixed, if there is one."""
    return next((one.dated for one in kept if one.section), None)


def _is_late(kept: Versions, new: Document) -> bool:
    """Whether the source's own numbers say that *new* is no later than what is there.

    Of two versions of one number the first counts; but a withdrawal of that number does retract.
    """
    known = max((one.version for one in kept if one.version is not None), default=None)
    if new.version is None or known is None:
        return False
    return new.version < known if new.standing is Standing.RETRACTED else new.version <= known
