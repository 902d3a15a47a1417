"""Looks as FHIR R4 AuditEvent."""

import attrs

from emrcore.access import Viewer
from emrcore.adapters.fhir import audit_event
from emrcore.journal import (
    Actor,
    ActorKind,
    Context,
    Look,
    Outcome,
    PurposeOfUse,
    entry,
    link,
)
from emrcore.people import PatientId, PersonId
from emrcore.records import CardOpened, DocumentId, DocumentsShown
from emrcore.rulebook import Role
from emrcore.sharing import (
    Cause,
    GlassBroken,
    GlassClosed,
    GlassEnd,
    GlassId,
    ShareId,
    ShareOpened,
)
from world import moscow

AT = moscow(2020, 2, 3, 9)
CARD = PatientId("card")
DOCTOR = Viewer(person=PersonId("dr-1"), role=Role.DOCTOR, organisation="clinic-1")
SHOWN = DocumentsShown(
    patient=CARD,
    viewer=DOCTOR,
    at=AT,
    edition="5" * 8,
    documents=(DocumentId("d1"), DocumentId("d2")),
)
CONTEXT = Context(purpose=PurposeOfUse.TREATMENT, outcome=Outcome.DONE, client="app-7")


def look(
    event: CardOpened | DocumentsShown | GlassBroken | GlassClosed, context: Context | None
) -> Look:
    organisation = event.viewer.organisation
    actor = Actor(kind=ActorKind.STAFF, id=event.viewer.person, organisation=organisation)
    new = entry(event, at=AT, actor=actor, subject=CARD, context=context)
    return Look(link=link(None, new), event=event)


def test_a_share_that_was_opened() -> None:
    """JRN-10, SHR-9: the share is named by its id, and the opener by what they said."""
    event = ShareOpened(
        id=ShareId("s1"),
        patient=CARD,
        grantor=Viewer(person=PersonId("mother"), role=Role.GUARDIAN),
        recipient="Dr. Ivanova, Kazan",
        opening=1,
        edition="5" * 8,
        documents=(DocumentId("d1"),),
        at=AT,
        until=AT,
    )
    new = entry(event, at=AT, actor=Actor(kind=ActorKind.HOLDER, id="s1"), subject=CARD)
    told = audit_event(Look(link=link(None, new), event=event), observer="portal")
    assert told["agent"] == [
        {
            "who": {"identifier": {"value": "s1"}},
            "requestor": True,
            "role": [{"text": "share-holder"}],
            "name": "Dr. Ivanova, Kazan",
            "policy": ["urn:emrcore:edition:55555555"],
        }
    ]
    assert [one["what"]["identifier"]["value"] for one in told["entity"]] == ["card", "d1"]


def test_a_look_in_full() -> None:
    """JRN-10: who, where from, what for, which card and which documents, by which edition."""
    seen = look(SHOWN, CONTEXT)
    assert audit_event(seen, observer="portal") == {
        "resourceType": "AuditEvent",
        "type": {
            "system": "http://dicom.nema.org/resources/ontology/DCM",
            "code": "110110",
            "display": "Patient Record",
        },
        "action": "R",
        "recorded": "2020-02-03T06:00:00.000000+00:00",
        "outcome": "0",
        "purposeOfEvent": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                        "code": "TREAT",
                    }
                ]
            }
        ],
        "agent": [
            {
                "who": {"identifier": {"value": "dr-1"}},
                "requestor": True,
                "role": [{"text": "doctor"}],
                "policy": ["urn:emrcore:edition:55555555"],
            },
            {"who": {"identifier": {"value": "clinic-1"}}, "requestor": False},
        ],
        "source": {"observer": {"identifier": {"value": "portal"}}},
        "entity": [
            {
                "what": {"identifier": {"value": "card"}},
                "role": {
                    "system": "http://terminology.hl7.org/CodeSystem/object-role",
                    "code": "1",
                },
                "detail": [
                    {"type": "client", "valueString": "app-7"},
                    {"type": "number", "valueString": "1"},
                    {"type": "hash", "valueString": seen.link.hash},
                ],
            },
            *(
                {
                    "what": {"identifier": {"value": name}},
                    "role": {
                        "system": "http://terminology.hl7.org/CodeSystem/object-role",
                        "code": "3",
                    },
                }
                for name in ("d1", "d2")
            ),
        ],
    }


def test_a_broken_glass_is_an_override() -> None:
    """JRN-10, EMG-1: with its reason."""
    crew = attrs.evolve(DOCTOR, role=Role.CREW)
    event = GlassBroken(
        id=GlassId("g"),
        viewer=crew,
        patient=CARD,
        cause=Cause.UNCONSCIOUS,
        reason="unconscious",
        shift="7",
        at=AT,
        until=AT,
        report_due=AT,
    )
    found = audit_event(look(event, None), observer="portal")
    assert (found["type"]["code"], found["action"]) == ("110113", "E")
    assert [one["code"] for one in found["subtype"]] == ["110127"]
    assert {"type": "reason", "valueString": "unconscious"} in found["entity"][0]["detail"]
    assert "purposeOfEvent" not in found


def test_the_end_of_an_override_is_one_too() -> None:
    """EMG-4: start and stop are told apart by their codes (R75)."""
    crew = attrs.evolve(DOCTOR, role=Role.CREW)
    event = GlassClosed(
        id=GlassId("g"), viewer=crew, patient=CARD, ended_at=AT, why=GlassEnd.BY_CREW, at=AT
    )
    found = audit_event(look(event, None), observer="portal")
    assert [one["code"] for one in found["subtype"]] == ["110138"]


def test_a_refusal_is_a_failure() -> None:
    """JRN-10: and on whose behalf it was tried is an agent that did not ask."""
    viewer = Viewer(person=PersonId("m"), role=Role.GUARDIAN)
    event = CardOpened(patient=CARD, viewer=viewer, at=AT, edition="5", counts={}, refused="ACC-5")
    context = Context(on_behalf_of=PersonId("child"), outcome=Outcome.REFUSED)
    found = audit_event(look(event, context), observer="portal")
    assert found["outcome"] == "4"
    assert found["agent"][1] == {"who": {"identifier": {"value": "child"}}, "requestor": False}
