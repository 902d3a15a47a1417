"""Looks as FHIR R4 AuditEvent, for an audit record repository that speaks it.

Persons, patients and documents are named by the host's ids, as identifiers: whether they are also
ids of FHIR resources is not known here.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from emrcore.journal import Look, Outcome, Sharing
from emrcore.records import CardOpened, DocumentsShown, SummaryShown
from emrcore.sharing import (
    EmergencyReviewed,
    GlassBroken,
    GlassClosed,
    PasscodeRefused,
    ShareFetched,
    ShareOpened,
    ShareRefused,
)

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_RECORD = {"system": _DCM, "code": "110110", "display": "Patient Record"}
_ALERT = {"system": _DCM, "code": "110113", "display": "Security Alert"}
_OVERRIDE = {"system": _DCM, "code": "110127", "display": "Emergency Override Started"}
_STOPPED = {"system": _DCM, "code": "110138", "display": "Emergency Override Stopped"}
_PATIENT, _REPORT = "1", "3"

Json = dict[str, Any]


def audit_event(look: Look, *, observer: str) -> Json:
    """*look* as the JSON of an AuditEvent that *observer*, the host's system, has seen (JRN-10)."""
    entry, context = look.link.entry, look.context
    glass = isinstance(look.event, GlassBroken | GlassClosed | EmergencyReviewed)
    event: Json = {
        "resourceType": "AuditEvent",
        "type": _ALERT if glass else _RECORD,
        "action": "E" if glass else "R",
        "recorded": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "outcome": "4" if context.outcome is Outcome.REFUSED else "0",
        "agent": list(_agents(look)),
        "source": {"observer": _named(observer)},
        "entity": list(_entities(look)),
    }
    if isinstance(look.event, GlassBroken):
        event["subtype"] = [_OVERRIDE]
    if isinstance(look.event, GlassClosed):
        event["subtype"] = [_STOPPED]
    if context.purpose:
        code = {"system": f"{_HL7}/v3-ActReason", "code": context.purpose.value}
        event["purposeOfEvent"] = [{"coding": [code]}]
    return event


def _agents(look: Look) -> Iterator[Json]:
    """Who looked, where they belong to, and for whom."""
    actor, event = look.link.entry.actor, look.event
    role = "share-holder" if isinstance(event, Sharing) else event.viewer.role
    who: Json = {"who": _named(actor.id), "requestor": True, "role": [{"text": role}]}
    if isinstance(event, ShareOpened | ShareRefused | PasscodeRefused) and event.recipient:
        who["name"] = event.recipient
    if isinstance(event, CardOpened | DocumentsShown | SummaryShown | ShareOpened | ShareFetched):
        who["policy"] = [f"urn:emrcore:edition:{event.edition}"]
    yield who
    for other in (actor.organisation, look.context.on_behalf_of):
        if other is not None:
            yield {"who": _named(other), "requestor": False}


def _entities(look: Look) -> Iterator[Json]:
    """The card, with what the entry says besides, and the documents."""
    context, link = look.context, look.link
    said = {
        "basis": context.basis,
        "session": context.session,
        "client": context.client,
        "reason": look.event.reason if isinstance(look.event, GlassBroken) else None,
        "number": str(link.number),
        "hash": link.hash,
    }
    detail = [{"type": name, "valueString": value} for name, value in said.items() if value]
    yield _entity(look.event.patient, _PATIENT) | {"detail": detail}
    if isinstance(look.event, DocumentsShown | ShareOpened | ShareFetched):
        yield from (_entity(one, _REPORT) for one in look.event.documents)


def _entity(name: str, role: str) -> Json:
    return {"what": _named(name), "role": {"system": f"{_HL7}/object-role", "code": role}}


def _named(name: str) -> Json:
    return {"identifier": {"value": name}}
