"""The patient's own words: who writes them, who reads them, and whose they are."""

import datetime as dt
from collections.abc import Callable

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.adapters.memory import MemoryStorage
from emrcore.diary import Audience, Note, WordsId, read_measured, read_note
from emrcore.errors import RuleBroken
from emrcore.journal import ActorKind, gathered, told
from emrcore.office import Citizen, Office, Reader, Staff
from emrcore.people import PatientId, Restriction
from emrcore.ports import Shard
from emrcore.records import Document, DocumentId
from emrcore.rulebook import PurposeOfUse, Role
from emrcore.rules import Rule
from emrcore.texts import Language
from families import another, let_in, signed_in, writing_town
from world import MOSCOW, Cards, Town, actions, moscow, new_town

TEEN = another("teen", 2005, 2, 10)
CARD = PatientId("card-of-teen")
DOCTOR = Staff(
    viewer=Viewer(person=TEEN.id, role=Role.DOCTOR, organisation="clinic-1"),
    purpose=PurposeOfUse.TREATMENT,
)
CREW = Staff(viewer=Viewer(person=TEEN.id, role=Role.CREW, organisation="03"))


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


@pytest.fixture
def town() -> Town:
    """A mother, and a child who is 14 until 10 February 2020."""
    town = writing_town()
    town.office.create_card(TEEN, patient=CARD, clinic="clinic-1")
    ties = Cards(town.office.edition(town.clock.at))
    town.office.record_kinship(CARD, ties.tie(ward=TEEN.id))
    return town


@pytest.fixture
def mother(town: Town) -> Citizen:
    """The mother, who is in as a guardian."""
    return signed_in(town, let_in(town, town.mother, (CARD, Role.GUARDIAN)), Role.GUARDIAN)


def note(town: Town, text: str) -> Note:
    return read_note(text, at=town.clock.at, now=town.clock.at)


def texts(town: Town, reader: Reader) -> list[list[str]]:
    """What *reader* reads: of each item all versions."""
    shown = town.office.read_words(reader, CARD)
    return [
        [one.content.text for one in item.versions if isinstance(one.content, Note)]
        for item in shown
    ]


def of_age(town: Town) -> Citizen:
    """The child, who has turned 15 and is in."""
    town.clock.at = moscow(2020, 2, 11, 10)
    return signed_in(town, let_in(town, TEEN, (CARD, Role.SELF)), Role.SELF)


def test_a_guardian_writes_and_it_shows_who(town: Town, mother: Citizen) -> None:
    """OWN-4, OWN-5, OWN-8: who wrote it, as what and when, stays with it; it is marked."""
    pressure = read_measured(
        "blood-pressure",
        {"systolic": "110", "diastolic": "70"},
        unit="mm[Hg]",
        at=town.clock.at,
        now=town.clock.at,
    )
    words = town.office.write_words(mother, CARD, pressure)
    (shown,) = town.office.read_words(mother, CARD, section="health-diary")
    (version,) = shown.versions
    assert version.version.author == Viewer(person=town.mother.id, role=Role.GUARDIAN)
    assert (version.content, version.version.at) == (pressure, town.clock.at)
    assert shown.provenance == "patient-reported"
    assert town.office.read_words(mother, CARD, section="questionnaires") == ()
    assert actions(town, Shard.of_patient(CARD))[-3:] == [
        "words-written.1",
        "words-shown.1",
        "words-shown.1",
    ]
    assert words


def test_a_closed_section_takes_no_words() -> None:
    """OWN-4: what is only announced is not open to writing, either."""
    town = new_town()
    town.grant_both()
    citizen = Citizen(account=town.account, token=town.enter())
    write = lambda: town.office.write_words(citizen, town.own, note(town, "x"))  # noqa: E731
    assert refused(write) is rules.ACC_9


def test_strangers_and_staff_do_not_write(town: Town, mother: Citizen) -> None:
    """OWN-4: a role that is neither patient nor guardian, or one that the card is closed to."""
    for role, rule in ((Role.DOCTOR, rules.OWN_4), (Role.SELF, rules.ACC_2)):
        other = attrs.evolve(mother, role=role)
        assert refused(lambda: town.office.write_words(other, CARD, note(town, "x"))) is rule  # noqa: B023


def test_versions_are_never_overwritten(town: Town, mother: Citizen) -> None:
    """OWN-5: a correction is a further version, and its author reads all of them."""
    words = town.office.write_words(mother, CARD, note(town, "first"), audience=(Audience.DOCTORS,))
    town.office.correct_words(mother, CARD, words, note(town, "second"))
    assert texts(town, mother) == [["first", "second"]]
    assert texts(town, DOCTOR) == [["second"]]
    other = read_note("x", at=town.clock.at, now=town.clock.at)
    assert (
        refused(lambda: town.office.correct_words(mother, CARD, WordsId("none"), other))
        is rules.OWN_6
    )


def test_a_correction_stays_in_its_section(town: Town, mother: Citizen) -> None:
    """OWN-6: a note does not become a questionnaire."""
    from emrcore.diary import read_answers, shipped_questionnaire  # noqa: PLC0415

    form = shipped_questionnaire("family-history")
    words = town.office.write_words(mother, CARD, read_answers(form, {"heart": "no"}))
    correct = lambda: town.office.correct_words(mother, CARD, words, note(town, "x"))  # noqa: E731
    assert refused(correct) is rules.OWN_6


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        ((), (0, 0)),
        ((Audience.DOCTORS,), (1, 0)),
        ((Audience.CREWS,), (0, 1)),
        ((Audience.SHARES,), (0, 0)),
        ((Audience.CREWS, Audience.DOCTORS), (1, 1)),
    ],
)
def test_read_by_whom_the_patient_says(
    town: Town, mother: Citizen, audience: tuple[Audience, ...], seen: tuple[int, int]
) -> None:
    """OWN-7: doctors and crews read what they are told, and nothing else."""
    words = town.office.write_words(mother, CARD, note(town, "x"))
    assert texts(town, DOCTOR) == []
    town.office.name_audience(mother, CARD, words, audience)
    assert refused(lambda: town.office.read_words(CREW, CARD)) is rules.EMG_2
    town.break_glass(CREW.viewer, CARD)
    assert (len(texts(town, DOCTOR)), len(texts(town, CREW))) == seen
    town.office.name_audience(mother, CARD, words, ())
    assert (texts(town, DOCTOR), texts(town, CREW)) == ([], [])


def test_what_is_withdrawn(town: Town, mother: Citizen) -> None:
    """OWN-6: nobody else reads it, the author and the patient do, and nobody corrects it."""
    words = town.office.write_words(mother, CARD, note(town, "x"), audience=(Audience.DOCTORS,))
    town.office.withdraw_words(mother, CARD, words)
    assert (texts(town, mother), texts(town, DOCTOR)) == ([["x"]], [])
    for call in (
        lambda: town.office.withdraw_words(mother, CARD, words),
        lambda: town.office.correct_words(mother, CARD, words, note(town, "y")),
        lambda: town.office.name_audience(mother, CARD, words, (Audience.CREWS,)),
    ):
        assert refused(call) is rules.OWN_6


def test_it_is_the_childs(town: Town, mother: Citizen) -> None:
    """OWN-9: at 15 the child has all of it and may change it; the mother has nothing."""
    words = town.office.write_words(mother, CARD, note(town, "first"))
    town.office.correct_words(mother, CARD, words, note(town, "second"))
    child = of_age(town)
    assert texts(town, child) == [["first", "second"]]
    town.office.correct_words(child, CARD, words, note(town, "third"))
    (shown,) = town.office.read_words(child, CARD)
    assert [one.version.author.role for one in shown.versions] == [
        Role.GUARDIAN,
        Role.GUARDIAN,
        Role.SELF,
    ]
    mother = signed_in(town, mother.account, Role.GUARDIAN)
    assert refused(lambda: town.office.read_words(mother, CARD)) is rules.ACC_4
    assert refused(lambda: town.office.withdraw_words(mother, CARD, words)) is rules.ACC_4
    town.office.withdraw_words(child, CARD, words)


def test_another_guardian(town: Town, mother: Citizen) -> None:
    """OWN-6, OWN-7: the father reads what is told to guardians, and changes nothing of hers."""
    father = another("father", 1970, 1, 1)
    ties = Cards(town.office.edition(town.clock.at))
    town.office.record_kinship(CARD, ties.tie(guardian=father.id, ward=TEEN.id))
    reader = signed_in(town, let_in(town, father, (CARD, Role.GUARDIAN)), Role.GUARDIAN)
    words = town.office.write_words(mother, CARD, note(town, "hers"))
    assert texts(town, reader) == []
    town.office.name_audience(mother, CARD, words, (Audience.GUARDIANS,))
    assert texts(town, reader) == [["hers"]]
    for call in (
        lambda: town.office.correct_words(reader, CARD, words, note(town, "his")),
        lambda: town.office.withdraw_words(reader, CARD, words),
        lambda: town.office.name_audience(reader, CARD, words, ()),
    ):
        assert refused(call) is rules.OWN_6


def test_a_restricted_guardian(town: Town, mother: Citizen) -> None:
    """OWN-7, OWN-9: a restriction ends reading and writing at once, and what was written stays."""
    town.office.write_words(mother, CARD, note(town, "x"), audience=(Audience.DOCTORS,))
    today = dt.date(2020, 1, 14)
    town.office.record_restriction(
        CARD,
        Restriction(ward=TEEN.id, person=town.mother.id, authority="court", reason="", since=today),
    )
    assert refused(lambda: town.office.read_words(mother, CARD)) is rules.ACC_6
    assert refused(lambda: town.office.write_words(mother, CARD, note(town, "y"))) is rules.ACC_6
    assert texts(town, DOCTOR) == [["x"]]


def test_own_words_are_no_documents(town: Town, mother: Citizen) -> None:
    """OWN-8: they are in no count and no page, and no document comes from their source."""
    town.office.write_words(mother, CARD, note(town, "x"), audience=tuple(Audience))
    assert town.office.open_card(mother, CARD).counts == {}
    assert town.office.read_page(DOCTOR, CARD).documents == ()
    document = Document(
        id=DocumentId("d"),
        source="patient-reported",
        patient=CARD,
        section="lab-results",
        published_at=town.clock.at,
    )
    add = lambda: town.office.add_documents(CARD, (document,), source="patient-reported")  # noqa: E731
    assert refused(add) is rules.OWN_8


def test_kept_sealed_and_erased_with_the_child(town: Town, mother: Citizen) -> None:
    """OWN-9: neither store nor journal has the words; they go with the child's key, not hers."""
    words = town.office.write_words(mother, CARD, note(town, "a runny nose"))
    storage = town.office.storage
    assert isinstance(storage, MemoryStorage)
    stored = [str(one.text) for one in vars(storage)["_states"].values()]
    entries = [str(link) for link in storage.links(Shard.of_patient(CARD))]
    assert not any("runny" in text for text in (*stored, *entries))
    town.office.erase(town.mother.id, by=town.operator)
    assert texts(town, mother) == [["a runny nose"]]
    town.office.erase(TEEN.id, by=town.operator)
    (shown,) = town.office.read_words(mother, CARD)
    assert shown.versions[0].content is None
    assert words


def test_written_once(town: Town, mother: Citizen) -> None:
    """OWN-5: a repeated request to write is one entry, not two."""
    key, said = "key-of-this-request", note(town, "x")
    first, again = (town.office.once(key, Office.write_words, mother, CARD, said) for _ in range(2))
    assert first == again
    assert texts(town, mother) == [["x"]]


def test_the_patient_sees_who_read_them(town: Town, mother: Citizen) -> None:
    """OWN-7: reading own words is a look like any other, in the list of who looked."""
    town.office.write_words(mother, CARD, note(town, "x"), audience=(Audience.DOCTORS,))
    texts(town, DOCTOR)
    looks = town.office.who_looked(mother, CARD)
    (line,) = (
        one
        for one in gathered(looks, zone=MOSCOW)
        if one.first.link.entry.actor.kind is ActorKind.STAFF
    )
    english = told(line, Language.EN, zone=MOSCOW)
    assert "read your own words: 1." in english
    assert "прочит" in told(line, Language.RU, zone=MOSCOW)
