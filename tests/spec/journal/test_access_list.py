"""Who looked at a card, as its patient reads it, and as an auditor does."""

import datetime as dt
import json

import attrs

from emrcore.access import Viewer
from emrcore.journal import (
    Actor,
    ActorKind,
    Context,
    Link,
    Outcome,
    PurposeOfUse,
    Shard,
    audit_record,
    breaks,
    entry,
    gathered,
    link,
    looks,
    told,
)
from emrcore.people import PatientId, PersonId
from emrcore.records import CardCreated, CardOpened, DocumentId, DocumentsShown
from emrcore.rulebook import Role
from emrcore.sharing import Cause, GlassBroken, GlassId
from emrcore.texts import Language
from world import MOSCOW, moscow

CARD = PatientId("card")
Event = CardCreated | CardOpened | DocumentsShown | GlassBroken


def opened(role: Role, organisation: str | None = None, refused: str | None = None) -> CardOpened:
    viewer = Viewer(person=PersonId("v"), role=role, organisation=organisation)
    return CardOpened(
        patient=CARD,
        viewer=viewer,
        at=moscow(2020, 2, 3),
        edition="e",
        counts={} if refused else {"lab-results": 2},
        refused=refused,
    )


DOCTOR = opened(Role.DOCTOR, "clinic-1")


def chain(
    *events: Event,
    kind: ActorKind = ActorKind.STAFF,
    context: Context | None = None,
    every: dt.timedelta = dt.timedelta(hours=1),
) -> list[Link]:
    """*events* from nine in the morning on 3 February."""
    links: list[Link] = []
    for number, event in enumerate(events):
        at = moscow(2020, 2, 3, 9) + number * every
        actor = Actor(kind=kind, id="v", organisation="clinic-1")
        new = entry(event, at=at, actor=actor, subject=CARD, context=context)
        links.append(link(links[-1] if links else None, new))
    return links


def read(links: list[Link], language: Language = Language.EN) -> list[str]:
    return [told(one, language, zone=MOSCOW) for one in gathered(looks(links), zone=MOSCOW)]


def test_a_citizen_reads_who_when_what_and_why() -> None:
    """JRN-5, JRN-10: in sentences, in the time of the place; what is no look is left out."""
    created = CardCreated(patient=CARD, person=PersonId("x"), clinic="c", at=moscow(2020, 2, 3))
    shown = DocumentsShown(
        patient=CARD,
        viewer=DOCTOR.viewer,
        at=moscow(2020, 2, 3),
        edition="e",
        documents=(DocumentId("a"), DocumentId("b")),
    )
    links = chain(created, DOCTOR, shown, context=Context(purpose=PurposeOfUse.TREATMENT))
    assert read(links) == [
        (
            "2020-02-03 10:00: a doctor or nurse (clinic-1) opened the card. "
            "Documents by section: lab-results 2. Purpose: treatment."
        ),
        "2020-02-03 11:00: a doctor or nurse (clinic-1) read documents: 2. Purpose: treatment.",
    ]
    assert read(links, Language.RU) == [
        (
            "03.02.2020 10:00: карту открыли (врач или медсестра (clinic-1)). "
            "Документы по разделам: lab-results 2. Цель: лечение."
        ),
        "03.02.2020 11:00: прочитано документов: 2 (врач или медсестра (clinic-1)). Цель: лечение.",
    ]


def test_a_guardian_looks_for_the_child() -> None:
    """JRN-10: and it says so."""
    context = Context(
        on_behalf_of=PersonId("child"),
        purpose=PurposeOfUse.FAMILY_REQUEST,
        basis="account/a1/grant/card",
    )
    (one,) = gathered(
        looks(chain(opened(Role.GUARDIAN), context=context, kind=ActorKind.CITIZEN)), zone=MOSCOW
    )
    assert told(one, Language.EN, zone=MOSCOW, titles={"lab-results": "Laboratory results"}) == (
        "2020-02-03 09:00: a parent or guardian opened the card. "
        "Documents by section: Laboratory results 2. On behalf of the patient. "
        "Purpose: at the wish of the family. By a granted application."
    )


def test_a_crew_gives_its_reason() -> None:
    """JRN-5, EMG-1: as it was stated."""
    crew = Viewer(person=PersonId("v"), role=Role.CREW, organisation="ambulance-3")
    at = moscow(2020, 2, 3)
    event = GlassBroken(
        id=GlassId("g"),
        viewer=crew,
        patient=CARD,
        cause=Cause.LIFE_AT_RISK,
        reason="unconscious",
        shift="7",
        at=at,
        until=at,
        report_due=at,
    )
    (english,) = read(chain(event))
    (russian,) = read(chain(event), Language.RU)
    assert english.endswith(
        "opened the card in an emergency. Cause: a life was at risk. Stated reason: unconscious."
    )
    assert russian.endswith(
        "(бригада скорой помощи (ambulance-3)). "
        "Повод: угроза жизни. Указанная причина: unconscious."
    )


def test_a_refusal_is_told_as_one() -> None:
    """JRN-5, JRN-2: nobody saw anything, and somebody tried."""
    (line,) = read(chain(opened(Role.GUARDIAN, refused="ACC-5")))
    assert line == "2020-02-03 09:00: a parent or guardian was refused the card."


def test_entries_of_earlier_versions_are_told_too() -> None:
    """JRN-5: they say nothing of a purpose."""
    assert read(chain(DOCTOR)) == [
        (
            "2020-02-03 09:00: a doctor or nurse (clinic-1) opened the card. "
            "Documents by section: lab-results 2."
        )
    ]


def test_programs_are_gathered_and_people_are_not() -> None:
    """JRN-11: a hundred automatic checks are a line a day, and no look of a person is lost."""
    context = Context(purpose=PurposeOfUse.TREATMENT)
    programs = chain(*[DOCTOR] * 20, kind=ActorKind.SYSTEM, context=context)
    person = chain(DOCTOR, DOCTOR, context=context)
    lines = gathered(looks([*programs[:5], *person, *programs[5:]]), zone=MOSCOW)
    assert [len(line.looks) for line in lines] == [15, 1, 1, 5]
    assert (lines[0].since, lines[0].until) == (moscow(2020, 2, 3, 9), moscow(2020, 2, 3, 23))
    assert told(lines[0], Language.EN, zone=MOSCOW) == (
        "2020-02-03: a program of clinic-1 checked the card by itself, times: 15. "
        "Nobody was shown anything. Purpose: treatment."
    )
    assert told(lines[0], Language.RU, zone=MOSCOW) == (
        "03.02.2020: программа организации clinic-1 автоматически проверила карту, раз: 15. "
        "Людям ничего не показывали. Цель: лечение."
    )


def test_an_auditor_reads_every_field() -> None:
    """JRN-4, JRN-10: as one line of JSON, with references only."""
    context = Context(
        on_behalf_of=PersonId("child"),
        purpose=PurposeOfUse.FAMILY_REQUEST,
        basis="account/a1/grant/card",
        outcome=Outcome.DONE,
        session="5" * 64,
        client="app-7",
    )
    (one,) = chain(DOCTOR, context=context)
    record = json.loads(audit_record(one, Shard("patient", "card")))
    assert record == {
        "shard": ["patient", "card"],
        "number": 1,
        "at": "2020-02-03T06:00:00.000000+00:00",
        "actor": {"kind": "staff", "id": "v", "organisation": "clinic-1"},
        "action": "card-opened.1",
        "subject": "card",
        "context": {
            "on_behalf_of": "child",
            "purpose": "FAMRQT",
            "basis": "account/a1/grant/card",
            "outcome": "done",
            "session": "5" * 64,
            "client": "app-7",
        },
        "detail": json.loads(one.entry.detail),
        "previous": "0" * 64,
        "hash": one.hash,
    }


def test_no_text_can_end_the_line_of_an_auditor() -> None:
    """JRN-4: nor steer a terminal: all but ASCII is escaped."""
    evil = "a\nb\u2028c\x1b[2Jd\x85Ж\x7f"
    (one,) = chain(opened(Role.DOCTOR, evil), context=Context(client=evil))
    line = audit_record(one, Shard("patient", evil))
    assert line.isascii()
    assert [char for char in line if not char.isprintable()] == []
    assert json.loads(line)["context"]["client"] == evil


def test_circumstances_are_under_the_hash() -> None:
    """JRN-3, JRN-10: each of them; and an entry without any is hashed as it always was."""
    context = Context(purpose=PurposeOfUse.TREATMENT, basis="b", outcome=Outcome.DONE, session="s")
    (one,) = chain(DOCTOR, context=context)
    for change in ({"purpose": None}, {"basis": "c"}, {"outcome": None}, {"client": "x"}):
        bent = attrs.evolve(one.entry, context=attrs.evolve(context, **change))
        assert [*breaks([attrs.evolve(one, entry=bent)])] != []
    bare = attrs.evolve(one.entry, context=None)
    assert [*breaks([attrs.evolve(one, entry=bare)])] != []
    written_before = "4bbe071fec620ba8640c9291b3802569c496df83de9f89c190ea4139f9956cb7"
    assert link(None, bare).hash == written_before
