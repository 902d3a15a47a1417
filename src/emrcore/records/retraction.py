"""A document is taken back by staff, and may be put back: the life of a retraction.

What is retracted is hidden from everybody at once (REC-4). The document itself stays for auditors.
"""

import datetime as dt
import enum
from typing import assert_never

import attrs

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.people import PatientId
from emrcore.records.document import DocumentId


class Mistake(enum.StrEnum):
    """Why a document is taken back."""

    ENTERED_IN_ERROR = "entered-in-error"
    WRONG_PATIENT = "wrong-patient"
    DUPLICATE = "duplicate"
    RELEASED_TOO_EARLY = "released-too-early"


@attrs.frozen(kw_only=True)
class Retracted:
    """The operator *by* took the document back."""

    mistake: Mistake
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Reinstated:
    """The operator *by* put the document back: it had been taken back by mistake."""

    by: str
    at: dt.datetime


State = Retracted | Reinstated
RETRACTION_STATES: tuple[type[State], ...] = (Retracted, Reinstated)


@attrs.frozen(kw_only=True)
class DocumentRetracted:
    """A document was taken back."""

    patient: PatientId
    source: str
    document: DocumentId
    mistake: Mistake
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DocumentReinstated:
    """A document that had been taken back is shown again."""

    patient: PatientId
    source: str
    document: DocumentId
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class DocumentExamined:
    """An auditor was shown every version of a document, or who had seen it (``readers``)."""

    patient: PatientId
    source: str
    document: DocumentId
    readers: bool
    at: dt.datetime


RetractionEvent = DocumentRetracted | DocumentReinstated


def retract(
    state: State | None,
    *,
    patient: PatientId,
    source: str,
    document: DocumentId,
    mistake: Mistake,
    by: str,
    at: dt.datetime,
) -> DocumentRetracted | None:
    """Take a document back; None: it is already, for the same reason.

    Raises:
        RuleBroken: REC-9, it is already for another reason.
    """
    if isinstance(state, Retracted):
        if state.mistake is mistake:
            return None
        raise RuleBroken(rules.REC_9)
    return DocumentRetracted(
        patient=patient, source=source, document=document, mistake=mistake, by=by, at=at
    )


def reinstate(
    *, patient: PatientId, source: str, document: DocumentId, by: str, at: dt.datetime
) -> DocumentReinstated:
    """Put back a document that was taken back by mistake, by staff or by its source."""
    return DocumentReinstated(patient=patient, source=source, document=document, by=by, at=at)


def retraction_after(event: RetractionEvent) -> State:
    """The state after *event*, whatever it was before."""
    match event:
        case DocumentRetracted():
            return Retracted(mistake=event.mistake, by=event.by, at=event.at)
        case DocumentReinstated():
            return Reinstated(by=event.by, at=event.at)
        case _:
            assert_never(event)
