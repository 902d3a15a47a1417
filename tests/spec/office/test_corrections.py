"""Documents that should not be where they are: taken back, put back, and who had seen them."""

import functools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.applications import Operator, OperatorId
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import Citizen, Named, Office, Staff
from emrcore.people import PatientId, PersonId
from emrcore.ports import Shard
from emrcore.records import (
    Document,
    DocumentExamined,
    DocumentId,
    DocumentReinstated,
    DocumentRetracted,
    DocumentsShown,
    Mistake,
    Standing,
    withdrawn,
)
from emrcore.rulebook import PurposeOfUse, Role
from emrcore.wire import decode, decode_any, encode
from world import Cards, Town

CLERK = Operator(id=OperatorId("clerk-1"), person=PersonId("clerk"))
DOCTOR = Staff(
    viewer=Viewer(person=PersonId("dr-1"), role=Role.DOCTOR, organisation="clinic"),
    purpose=PurposeOfUse.TREATMENT,
)
CREW = Staff(viewer=Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance"))
WRONG = Mistake.WRONG_PATIENT


def delivered(town: Town, **fields: Any) -> Document:
    one = Cards(town.office.edition(town.clock.at)).document(patient=town.own, **fields)
    town.office.add_documents(one.patient, (one,), source="lab")
    return one


def named(town: Town, document: Document) -> Named:
    return Named(patient=town.own, source=document.source, id=document.id)


def shown(town: Town, reader: Citizen | Staff, patient: PatientId) -> list[Document]:
    page = town.office.read_page(reader, patient)
    counts = town.office.open_card(reader, patient).counts
    assert sum(counts.values()) == len(page.documents)
    return list(page.documents)


def everybody(town: Town) -> list[Citizen | Staff]:
    town.grant_both()
    town.break_glass(CREW.viewer, town.own)
    return [Citizen(account=town.account, token=town.enter()), DOCTOR, CREW]


def refused(call: Callable[[], object]) -> object:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def test_a_retracted_document_is_hidden_from_everybody_until_put_back(town: Town) -> None:
    """REC-4, REC-6: in pages and counts, for the patient, a doctor and a crew, in one commit."""
    readers = everybody(town)
    one = delivered(town)
    assert shown(town, readers[0], town.own) == [one]
    before = [one in shown(town, reader, town.own) for reader in readers]
    town.office.retract_document(named(town, one), mistake=WRONG, by=CLERK)
    assert [one in shown(town, reader, town.own) for reader in readers] == [False] * 3
    corrected = delivered(town, title="corrected")
    assert [corrected in shown(town, reader, town.own) for reader in readers] == [False] * 3
    town.office.reinstate_document(named(town, one), by=CLERK)
    assert [corrected in shown(town, reader, town.own) for reader in readers] == before


def test_a_correction_is_what_is_shown(town: Town) -> None:
    """REC-5: the earlier version is left to auditors; what a source withdraws is hidden."""
    reader = everybody(town)[0]
    first, second = delivered(town, version=1), delivered(town, version=2, title="corrected")
    assert shown(town, reader, town.own) == [second]
    kept = town.office.read_versions(named(town, first), by=CLERK)
    assert kept == (attrs.evolve(first, standing=Standing.SUPERSEDED), second)
    back = withdrawn(town.own, first.source, first.id, version=3)
    assert town.office.add_documents(town.own, (back,), source="lab") == 1
    assert shown(town, reader, town.own) == []
    town.office.reinstate_document(named(town, first), by=CLERK)
    assert shown(town, reader, town.own) == [attrs.evolve(second, version=3)]


def test_who_saw_it_before(town: Town) -> None:
    """REC-7: every reader whom a page showed it, as what and when, and no other document's."""
    readers = everybody(town)
    one, moment = delivered(town), town.clock.at
    for reader in readers[:2]:
        town.office.read_page(reader, town.own)
    other = delivered(town, id=DocumentId("later"))
    town.office.read_page(DOCTOR, town.own)
    town.office.retract_document(named(town, one), mistake=WRONG, by=CLERK)
    town.office.read_page(DOCTOR, town.own)
    found = town.office.who_saw(named(town, one), by=CLERK)
    events = [look.event for look in found if isinstance(look.event, DocumentsShown)]
    viewers = [(event.viewer.role, event.viewer.person) for event in events]
    patient = (Role.SELF, town.account.person)
    doctor = (Role.DOCTOR, DOCTOR.viewer.person)
    assert viewers == [patient, doctor, doctor]
    assert all(look.event.at >= moment for look in found)
    assert len(town.office.who_saw(named(town, other), by=CLERK)) == len(viewers) - 1


def test_what_is_told_of_a_document_is_in_the_journal(town: Town) -> None:
    """REC-7: who took it back and why, who put it back, and who examined it."""
    everybody(town)
    one = delivered(town)
    place = named(town, one)
    town.office.retract_document(place, mistake=WRONG, by=CLERK)
    town.office.who_saw(place, by=CLERK)
    town.office.read_versions(place, by=CLERK)
    town.office.reinstate_document(place, by=CLERK)
    links = town.office.storage.links(Shard.of_patient(town.own))[-4:]
    clerk = Actor(kind=ActorKind.OPERATOR, id=CLERK.id)
    assert [(link.entry.actor, link.entry.subject) for link in links] == [(clerk, town.own)] * 4
    about: dict[str, Any] = {
        "patient": town.own,
        "source": "lab",
        "document": one.id,
        "at": town.clock.at,
    }
    assert [decode_any(link.entry.detail) for link in links] == [
        DocumentRetracted(**about, mistake=WRONG, by=CLERK.id),
        DocumentExamined(**about, readers=True),
        DocumentExamined(**about, readers=False),
        DocumentReinstated(**about, by=CLERK.id),
    ]


def test_an_entry_of_an_earlier_version_tells_no_source(town: Town) -> None:
    """REC-7: then the document may have been shown, and that is told."""
    doctor, named_ = DOCTOR.viewer, DocumentId("d1")
    event = DocumentsShown(
        patient=town.own, viewer=doctor, at=town.clock.at, edition="e", documents=(named_,)
    )
    told = attrs.evolve(event, sources=("lab",))
    for one in (event, told):
        assert decode(encode(one), DocumentsShown) == one
    assert "sources" not in encode(event)
    assert [one.shows("lab", named_) for one in (event, told)] == [True, True]
    assert [one.shows("other", named_) for one in (event, told)] == [True, False]
    assert not any(one.shows("lab", DocumentId("d2")) for one in (event, told))


def test_the_first_reason_stays(town: Town) -> None:
    """REC-9: the same again changes nothing, another reason is refused."""
    everybody(town)
    place = named(town, delivered(town))
    first = town.office.retract_document(place, mistake=WRONG, by=CLERK)
    number = len(town.office.storage.links(Shard.of_patient(town.own)))
    assert town.office.retract_document(place, mistake=WRONG, by=CLERK) == first
    assert len(town.office.storage.links(Shard.of_patient(town.own))) == number
    again = Mistake.DUPLICATE
    call = lambda: town.office.retract_document(place, mistake=again, by=CLERK)  # noqa: E731
    assert refused(call) is rules.REC_9


def test_a_wrong_name_is_told(town: Town) -> None:
    """REC-10, APP-5: by every verb, and nothing is entered."""
    everybody(town)
    number = len(town.office.storage.links(Shard.of_patient(town.own)))
    for patient, rule in ((town.own, rules.REC_10), (PatientId("nobody"), rules.APP_5)):
        place = Named(patient=patient, source="lab", id=DocumentId("no such"))
        calls: tuple[Callable[[], object], ...] = (
            functools.partial(town.office.retract_document, place, mistake=WRONG, by=CLERK),
            functools.partial(town.office.reinstate_document, place, by=CLERK),
            functools.partial(town.office.read_versions, place, by=CLERK),
            functools.partial(town.office.who_saw, place, by=CLERK),
        )
        for call in calls:
            assert refused(call) is rule
    assert len(town.office.storage.links(Shard.of_patient(town.own))) == number


def test_a_retraction_is_made_once_under_a_key(town: Town) -> None:
    """STO-8: the first outcome is told again, and a retraction in between is not undone by it."""
    reader = everybody(town)[0]
    place = named(town, delivered(town))
    town.office.retract_document(place, mistake=WRONG, by=CLERK)
    key = "0123456789abcdef"
    first = town.office.once(key, Office.reinstate_document, place, by=CLERK)
    town.office.retract_document(place, mistake=WRONG, by=CLERK)
    assert town.office.once(key, Office.reinstate_document, place, by=CLERK) == first
    assert shown(town, reader, town.own) == []


def test_a_document_of_the_wrong_card_goes_to_the_right_one(town: Town) -> None:
    """REC-4: retracted here first, then delivered there; between the two it is in neither."""
    everybody(town)
    one = delivered(town)
    town.office.retract_document(named(town, one), mistake=WRONG, by=CLERK)
    (kept,) = town.office.read_versions(named(town, one), by=CLERK)
    assert one not in shown(town, DOCTOR, town.own) + shown(town, DOCTOR, town.wards)
    moved = attrs.evolve(kept, patient=town.wards, standing=Standing.CURRENT)
    assert town.office.add_documents(town.wards, (moved,), source="lab") == 1
    assert town.office.add_documents(town.wards, (moved,), source="lab") == 0
    assert moved in shown(town, DOCTOR, town.wards)
    assert shown(town, DOCTOR, town.own) == []
