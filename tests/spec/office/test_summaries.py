"""The emergency summary: what is there, what is known not to be, and what nobody has said."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import Malformed, RuleBroken
from emrcore.office import Citizen, EmergencySummary, Office, Staff
from emrcore.people import PatientId, PersonId
from emrcore.ports import Shard
from emrcore.records import (
    ABSENT_UNKNOWN_CODES,
    EntryStanding,
    Known,
    Part,
    ShownPart,
    Statement,
    SummaryEntry,
    SummaryShown,
)
from emrcore.rulebook import Cited, PurposeOfUse, Role, Rulebook
from emrcore.rules import Rule
from emrcore.wire import decode_any
from world import Town, actions, moscow

CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
DOCTOR = Viewer(person=PersonId("dr"), role=Role.DOCTOR, organisation="clinic-1")
AS_OF = moscow(2020, 1, 13, 9)
PENICILLIN = SummaryEntry(id="a1", text="penicillin: anaphylaxis", recorded_on=dt.date(2019, 5, 1))


@pytest.fixture
def town(town: Town) -> Town:
    """The town with both cards, and a crew that has broken the glass of the mother's."""
    town.move_in()
    town.break_glass(CREW, town.own)
    return town


def stated(part: Part = Part.ALLERGIES, source: str = "clinic-1", **changes: object) -> Statement:
    known = Statement(part=part, source=source, as_of=AS_OF)
    return attrs.evolve(known, **changes)  # type: ignore[arg-type]


def shown(town: Town, part: Part = Part.ALLERGIES) -> ShownPart:
    summary = town.office.read_summary(Staff(viewer=CREW), town.own)
    return next(one for one in summary.parts if one.part is part)


def refused(call: object) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()  # type: ignore[operator]
    return error.value.rule


def file(town: Town, statement: Statement) -> bool:
    return town.office.file_statement(town.own, statement)


def test_what_a_crew_needs_first_comes_first(town: Town) -> None:
    """EMG-8: allergies, problems, medication, then the rest; each part is there in any case."""
    parts = town.office.read_summary(Staff(viewer=CREW), town.own).parts
    assert [one.part for one in parts] == [
        "allergies",
        "problems",
        "medication",
        "blood-group",
        "immunisations",
        "contacts",
    ]
    assert {one.known for one in parts} == {Known.UNKNOWN}


def test_three_answers_are_three(town: Town) -> None:
    """EMG-8: nothing said is unknown, none found is none known, and neither is an entry."""
    assert shown(town).code == ABSENT_UNKNOWN_CODES[Part.ALLERGIES, Known.UNKNOWN]
    assert str(shown(town).code).endswith("|no-allergy-info")
    file(town, stated(none_known=True))
    none = shown(town)
    assert (none.known, none.entries, none.sources) == (Known.NONE_KNOWN, (), ("clinic-1",))
    assert str(none.code).endswith("|no-known-allergies")
    file(town, stated(entries=(PENICILLIN,), as_of=AS_OF + dt.timedelta(hours=1)))
    assert (shown(town).known, shown(town).code) == (Known.PRESENT, None)


def test_an_empty_statement_says_nothing(town: Town) -> None:
    """EMG-8: a source that has no entries and has not asked leaves the part unknown."""
    file(town, stated())
    assert shown(town).known is Known.UNKNOWN


def test_who_knows_of_none_does_not_outvote_who_knows_of_one(town: Town) -> None:
    """EMG-8: an allergy stays, however late and often another source says that it knows none."""
    file(town, stated(entries=(PENICILLIN,)))
    file(town, stated(source="clinic-2", none_known=True, as_of=AS_OF + dt.timedelta(hours=9)))
    assert [one.entry.text for one in shown(town).entries] == ["penicillin: anaphylaxis"]


def test_each_entry_names_where_it_comes_from(town: Town) -> None:
    """EMG-9: its source, as of when that has stated it, and since when it is on record."""
    file(town, stated(entries=(PENICILLIN,)))
    latex = SummaryEntry(id="a9", text="latex", recorded_on=dt.date(2020, 1, 2))
    nuts = SummaryEntry(id="a8", text="nuts", recorded_on=dt.date(2018, 1, 2), critical=True)
    file(town, stated(source="hospital", entries=(latex, nuts)))
    found = [(one.entry.text, one.source, one.as_of) for one in shown(town).entries]
    assert found == [
        ("nuts", "hospital", AS_OF),
        ("latex", "hospital", AS_OF),
        ("penicillin: anaphylaxis", "clinic-1", AS_OF),
    ]


@pytest.mark.parametrize("standing", [EntryStanding.REFUTED, EntryStanding.SUPERSEDED])
def test_what_no_longer_stands_is_never_shown(town: Town, standing: EntryStanding) -> None:
    """EMG-9, EMG-8: and to have refuted one allergy is not to know of none."""
    file(town, stated(entries=(attrs.evolve(PENICILLIN, standing=standing),)))
    assert (shown(town).known, shown(town).entries) == (Known.UNKNOWN, ())
    later = AS_OF + dt.timedelta(hours=1)
    gone = attrs.evolve(PENICILLIN, standing=standing)
    file(town, stated(entries=(gone,), none_known=True, as_of=later))
    assert shown(town).known is Known.NONE_KNOWN


@pytest.mark.parametrize(("hours", "rule"), [(-1, rules.EMG_10), (0, None), (1, None)])
def test_a_source_corrects_itself_and_never_backwards(
    town: Town, hours: int, rule: Rule | None
) -> None:
    """EMG-10: by what it states as of then or later; what it said before is not shown any more."""
    file(town, stated(entries=(PENICILLIN,)))
    wrong = attrs.evolve(PENICILLIN, text="penicillamine")
    late = stated(entries=(wrong,), as_of=AS_OF + dt.timedelta(hours=hours))
    if rule:
        assert refused(lambda: file(town, late)) is rule
    else:
        assert file(town, late)
        assert [one.entry.text for one in shown(town).entries] == ["penicillamine"]
        assert actions(town, Shard.of_patient(town.own)).count("summary-filed.1") == 2


def test_the_same_again_is_no_news(town: Town) -> None:
    """EMG-10: a delivery may be repeated."""
    assert file(town, stated(entries=(PENICILLIN,)))
    assert not file(town, stated(entries=(PENICILLIN,)))


def test_what_was_another_patients_is_withdrawn(town: Town) -> None:
    """EMG-10: by its source; then it says nothing, and an older statement does not come back."""
    file(town, stated(entries=(PENICILLIN,)))
    later = AS_OF + dt.timedelta(hours=1)
    take_back = town.office.withdraw_statement
    for source, as_of in (("clinic-2", later), ("clinic-1", AS_OF - dt.timedelta(hours=1))):
        call = refused(lambda: take_back(town.own, Part.ALLERGIES, source=source, as_of=as_of))  # noqa: B023
        assert call is rules.EMG_10
    take_back(town.own, Part.ALLERGIES, source="clinic-1", as_of=later)
    assert shown(town).known is Known.UNKNOWN
    assert refused(lambda: file(town, stated(entries=(PENICILLIN,)))) is rules.EMG_10


def test_every_fault_of_a_statement_is_told(town: Town) -> None:
    """EMG-9, EMG-8: all at once, and nothing is kept."""
    blank = attrs.evolve(PENICILLIN, text=" ")
    wrong = stated(
        part=Part.BLOOD_GROUP,
        source=" ",
        as_of=town.clock.at + dt.timedelta(seconds=1),
        entries=(blank, attrs.evolve(PENICILLIN, text="x" * 501)),
        none_known=True,
    )
    with pytest.raises(Malformed) as error:
        file(town, wrong)
    assert [(fault.where, fault.rule) for fault in error.value.faults] == [
        ("source", rules.EMG_9),
        ("as_of", rules.EMG_9),
        ("none_known", rules.EMG_8),
        ("none_known", rules.EMG_8),
        ("entries", rules.EMG_9),
        ("entries[0].text", rules.EMG_9),
        ("entries[1].text", rules.EMG_9),
    ]
    assert shown(town, Part.BLOOD_GROUP).known is Known.UNKNOWN
    assert file(
        town, stated(as_of=town.clock.at, entries=(attrs.evolve(PENICILLIN, text="x" * 500),))
    )


@pytest.mark.parametrize(("number", "taken"), [(200, True), (201, False)])
def test_no_source_floods_a_part(town: Town, number: int, taken: bool) -> None:
    """EMG-9: two hundred entries and no more."""
    many = tuple(attrs.evolve(PENICILLIN, id=str(one)) for one in range(number))
    if taken:
        assert file(town, stated(entries=many))
    else:
        with pytest.raises(Malformed):
            file(town, stated(entries=many))


def test_what_is_withheld_is_not_called_none(town: Town) -> None:
    """EMG-8, ACC-16: a label hides the entry; the part is then unknown, and never none known."""
    hidden = attrs.evolve(PENICILLIN, labels=("private",))
    file(town, stated(entries=(hidden,)))
    file(town, stated(source="clinic-2", none_known=True))
    assert (shown(town).known, shown(town).entries) == (Known.UNKNOWN, ())


def test_no_medical_word_is_in_the_journal(town: Town) -> None:
    """JRN-4, EMG-9: who stated which part as of when, and who was shown it; never what."""
    file(town, stated(entries=(PENICILLIN,)))
    shown(town)
    links = town.office.storage.links(Shard.of_patient(town.own))
    assert "penicillin" not in "".join(link.entry.detail for link in links)
    assert "penicillin" not in repr(stated(entries=(PENICILLIN,)))
    assert isinstance(decode_any(links[-1].entry.detail), SummaryShown)


def test_who_is_shown_it(town: Town) -> None:
    """EMG-11, EMG-2: a crew with broken glass, a doctor, the patient; by the rulebook's list."""
    office = town.office
    assert isinstance(office.read_summary(Staff(viewer=CREW), town.own), EmergencySummary)
    doctor = Staff(viewer=DOCTOR, purpose=PurposeOfUse.TREATMENT)
    office.read_summary(doctor, town.own)
    assert refused(lambda: office.read_summary(Staff(viewer=CREW), town.wards)) is rules.EMG_2
    assert refused(lambda: by(office, ("crew",)).read_summary(doctor, town.own)) is rules.EMG_11
    last = office.storage.links(Shard.of_patient(town.own))[-1]
    assert '"refused":"EMG-11"' in last.entry.detail


def by(office: Office, roles: tuple[str, ...]) -> Office:
    """The office by a rulebook that shows the summary to these *roles*."""

    def changed(book: Rulebook) -> Rulebook:
        (edition,) = book.editions
        assert edition.emergency
        named = Cited(tuple(map(Role, roles)), "choice")
        emergency = attrs.evolve(edition.emergency, summary=named)
        return attrs.evolve(book, editions=(attrs.evolve(edition, emergency=emergency),))

    return attrs.evolve(office, rulebook=changed(office.rulebook))


def test_a_guardian_is_shown_the_childs(town: Town) -> None:
    """EMG-11, ACC-5: while the card is open to them, and no stranger's."""
    town.grant_both()
    reader = Citizen(account=town.account, token=town.enter(), role=Role.GUARDIAN)
    town.office.file_statement(town.wards, stated(entries=(PENICILLIN,)))
    (allergies, *_) = town.office.read_summary(reader, town.wards).parts
    assert allergies.known is Known.PRESENT
    assert refused(lambda: town.office.read_summary(reader, town.own)) is rules.ACC_5


def test_no_card_no_summary(town: Town) -> None:
    """APP-5, EMG-10: nothing is filed to a card that is not there."""
    nobody = PatientId("none")
    assert refused(lambda: town.office.file_statement(nobody, stated())) is rules.APP_5
