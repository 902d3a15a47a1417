"""What an empty section means: nothing happened, nothing is recorded, not open, or closed."""

import datetime as dt

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore import rules
from emrcore.access import View
from emrcore.errors import Malformed, RuleBroken
from emrcore.office import Citizen
from emrcore.people import OptOut, PatientId, Person, PersonId
from emrcore.ports import Shard
from emrcore.records import (
    CardCoverage,
    Coverage,
    SectionStanding,
    count,
    statement,
    statements,
    told,
)
from emrcore.rulebook import Cited, CoverageRule, Edition, Extent, Role, shipped
from emrcore.texts import Language
from world import Cards, Town, actions, moscow

EXAMS, LAB, ECG = "exam-protocols", "lab-results", "instrumental"
COMPLETE, PARTIAL, NONE = Extent
DAY = dt.timedelta(days=1)
Span = tuple[Extent, dt.date | None, dt.date | None]


def periods(view: View, section: str, stated: CardCoverage | None = None) -> list[Span]:
    found = statement(view, section, 0, stated)
    return [(one.extent, one.since, one.until) for one in found.periods]


def test_complete_since_and_partial_before(cards: Cards) -> None:
    """SCT-3: from 2020 on every service is recorded, as announced, and before in part."""
    assert periods(cards.view(), EXAMS) == [
        (PARTIAL, dt.date(2017, 1, 1), dt.date(2020, 1, 1)),
        (COMPLETE, dt.date(2020, 1, 1), None),
    ]
    found = statement(cards.view(), EXAMS, 0)
    assert [one.said_by for one in found.periods] == ["choice: 11", "announcement: 11"]


def test_what_is_said_goes_no_further_back_than_what_is_shown(cards: Cards) -> None:
    """SCT-3: each section from its own first day; a doctor, who has none, from the beginning."""
    assert periods(cards.view(), LAB)[0] == (PARTIAL, dt.date(2019, 1, 1), dt.date(2020, 1, 1))
    assert periods(cards.view(), ECG) == [(COMPLETE, dt.date(2020, 1, 1), None)]
    assert periods(cards.view(role=Role.DOCTOR), ECG) == [
        (PARTIAL, None, dt.date(2020, 1, 1)),
        (COMPLETE, dt.date(2020, 1, 1), None),
    ]


def test_empty_and_complete_means_that_nothing_happened(cards: Cards) -> None:
    """SCT-3: instrumental studies are shown from the day on which all are recorded."""
    assert statement(cards.view(), ECG, 0).standing is SectionStanding.NOTHING


def test_empty_and_partial_means_nothing(cards: Cards) -> None:
    """SCT-3: a protocol of 2018 may be on paper."""
    assert statement(cards.view(), EXAMS, 0).standing is SectionStanding.UNRECORDED


def test_documents_speak_for_themselves(cards: Cards) -> None:
    """SCT-3: with one document the section is shown, and still says how complete it is."""
    found = statement(cards.view(), EXAMS, 1)
    assert (found.standing, len(found.periods)) == (SectionStanding.SHOWN, 2)


def test_what_nobody_states_is_not_claimed(cards: Cards) -> None:
    """SCT-3: a rulebook that says nothing of coverage makes no empty section mean anything."""
    silent = Cards(attrs.evolve(cards.edition, coverage={}))
    found = statement(silent.view(), ECG, 0)
    assert (found.standing, found.periods) == (SectionStanding.UNRECORDED, ())


def test_announced_and_closed_sections(cards: Cards) -> None:
    """SCT-3: they say why they are closed, and no more."""
    doctor = statements(cards.view(role=Role.DOCTOR), {})
    mother = statements(cards.view(), {})
    assert mother["prescriptions"].standing is SectionStanding.NOT_OPEN
    assert doctor["health-diary"].standing is SectionStanding.CLOSED
    for found in (mother["prescriptions"], doctor["health-diary"]):
        assert found.periods == ()
        assert found.reason is not None


def test_before_the_record_opens_nothing_is_open(cards: Cards) -> None:
    """SCT-3, ACC-1: all sections wait for 14 January."""
    found = statements(cards.view(at=moscow(2020, 1, 13, 23, 59)), {})
    assert {one.standing for one in found.values()} == {SectionStanding.NOT_OPEN}


# -- Part of a window ------------------------------------------------------------------------------


def edition_with(cards: Cards, since: dt.date, until: dt.date | None = None) -> Edition:
    """January 2020, with lab results complete over ``[since, until)``."""
    rule = CoverageRule(
        sections=Cited((LAB,), "choice: 11"),
        extent=Cited(COMPLETE, "choice: 11"),
        since=Cited(since, "choice: 11"),
        until=Cited(until, "choice: 11") if until else None,
    )
    return attrs.evolve(cards.edition, coverage={"x": rule})


@pytest.mark.parametrize(
    ("since", "until", "standing"),
    [
        (dt.date(2018, 12, 31), None, SectionStanding.NOTHING),
        (dt.date(2019, 1, 1), None, SectionStanding.NOTHING),
        (dt.date(2019, 1, 2), None, SectionStanding.UNRECORDED),
        (dt.date(2019, 1, 1), dt.date(2020, 2, 3), SectionStanding.UNRECORDED),  # not today
        (dt.date(2019, 1, 1), dt.date(2020, 2, 4), SectionStanding.NOTHING),
    ],
)
def test_complete_over_all_that_is_shown(
    cards: Cards, since: dt.date, until: dt.date | None, standing: SectionStanding
) -> None:
    """SCT-3: one day short of the first day shown, or of today, and nothing is claimed."""
    view = Cards(edition_with(cards, since, until)).view()
    assert statement(view, LAB, 0).standing is standing


def test_a_time_of_opting_out_is_not_spoken_of(cards: Cards) -> None:
    """SCT-3, ACC-21: what is never shown is not said to be recorded, nor missed as if it were."""
    rule = CoverageRule(
        sections=Cited(("findings",), "choice: 11"), extent=Cited(COMPLETE, "choice: 11")
    )
    edition = attrs.evolve(shipped("at-elga").editions[0], coverage={"x": rule})
    out = OptOut(person=PersonId("child"), since=dt.date(2025, 3, 1), until=dt.date(2025, 4, 1))
    facts = cards.facts(
        person=Person(id=PersonId("child"), born=dt.date(2014, 5, 5)), opt_outs=(out,)
    )
    assert periods(Cards(edition).view(facts, at=moscow(2025, 5, 1)), "findings") == [
        (COMPLETE, dt.date(1900, 1, 1), dt.date(2025, 3, 1)),
        (COMPLETE, dt.date(2025, 4, 1), None),
    ]


# -- What a source states of one card --------------------------------------------------------------


def stated(*coverages: Coverage, source: str = "clinic-5") -> CardCoverage:
    return CardCoverage(by_source={source: coverages})


SCANNED = Coverage(section=LAB, extent=NONE, until=dt.date(2019, 6, 1))


def test_a_source_speaks_for_itself(cards: Cards) -> None:
    """SCT-5: its gap stands beside what the rulebook says, under its name."""
    found = statement(cards.view(), LAB, 0, stated(SCANNED))
    assert [(one.said_by, one.extent, one.since, one.sources) for one in found.periods] == [
        ("clinic-5", NONE, dt.date(2019, 1, 1), frozenset({"clinic-5"})),
        ("choice: 11", PARTIAL, dt.date(2019, 1, 1), None),
        ("announcement: 11", COMPLETE, dt.date(2020, 1, 1), None),
    ]


def test_one_source_alone_makes_nothing_complete(cards: Cards) -> None:
    """SCT-5: that all of one clinic is there does not say that no other clinic had a patient."""
    alone = Cards(attrs.evolve(cards.edition, coverage={}))
    whole = stated(Coverage(section=LAB, extent=COMPLETE))
    assert statement(alone.view(), LAB, 0, whole).standing is SectionStanding.UNRECORDED


def test_an_interval_that_ends_before_it_begins() -> None:
    """SCT-5: is refused, at the same day, too."""
    Coverage(section=LAB, extent=NONE, since=dt.date(2019, 1, 1), until=dt.date(2019, 1, 2))
    with pytest.raises(Malformed):
        Coverage(section=LAB, extent=NONE, since=dt.date(2019, 1, 1), until=dt.date(2019, 1, 1))


# -- Nothing leaks ---------------------------------------------------------------------------------


def test_a_statement_that_would_tell_as_much_as_a_document_is_labelled(cards: Cards) -> None:
    """SCT-4: that a clinic for addiction has a gap tells that the patient was there."""
    secret = stated(attrs.evolve(SCANNED, labels=("ETH",)), source="addiction-clinic")
    assert statement(cards.view(), LAB, 0, secret) == statement(cards.view(), LAB, 0)


def test_a_closed_section_tells_nothing_a_source_states(cards: Cards) -> None:
    """SCT-4: neither to whom it is closed, nor to a stranger."""
    said = stated(Coverage(section="prescriptions", extent=NONE))
    for view in (cards.view(), cards.view(person="stranger")):
        assert statements(view, {}, said) == statements(view, {})


@given(
    section=st.sampled_from(sorted(shipped("ru-moscow-2020").editions[0].sections)),
    labels=st.frozensets(st.sampled_from(("R", "ETH")), min_size=1),
    role=st.sampled_from(Role),
)
def test_hidden_documents_change_no_statement(
    section: str, labels: frozenset[str], role: Role
) -> None:
    """SCT-4: a document that is not shown leaves every word of every section as it was."""
    cards = Cards(shipped("ru-moscow-2020").editions[0])
    view = cards.view(role=role)
    hidden = cards.document(section, labels=labels)
    unpublished = cards.document(section, published_at=view.at + DAY)
    assert statements(view, count(view, [hidden, unpublished])) == statements(view, {})


# -- Said to citizens ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "english", "russian"),
    [
        (
            EXAMS,
            (
                "Nothing that you may see is recorded; that does not mean that nothing happened. "
                "Recorded in part from 2017-01-01 until 2020-01-01. "
                "Recorded in full since 2020-01-01."
            ),
            (
                "Доступных вам записей нет; это не значит, что ничего не было. "
                "Записано частично: с 01.01.2017 до 01.01.2020. Записано полностью: с 01.01.2020."
            ),
        ),
        (
            ECG,
            (
                "All of it is recorded, and there is nothing that you may see. "
                "Recorded in full since 2020-01-01."
            ),
            "Всё записано, и доступных вам документов нет. Записано полностью: с 01.01.2020.",
        ),
        (
            "prescriptions",
            "The section is announced and not open yet.",
            "Раздел объявлен, но ещё не открыт.",
        ),
    ],
)
def test_told(cards: Cards, section: str, english: str, russian: str) -> None:
    """SCT-3: in the words of a citizen."""
    found = statement(cards.view(), section, 0)
    assert told(found, Language.EN) == english
    assert told(found, Language.RU) == russian


def test_a_source_is_named(cards: Cards) -> None:
    """SCT-5: so that one knows whom to ask."""
    doctor = cards.view(role=Role.DOCTOR)
    said = stated(Coverage(section=LAB, extent=NONE), source="clinic-5")
    assert "clinic-5: Not recorded at any time." in told(
        statement(doctor, LAB, 0, said), Language.EN
    )


# -- In the office ---------------------------------------------------------------------------------


def own(town: Town) -> Citizen:
    town.grant_both()
    return Citizen(account=town.account, token=town.enter())


def test_an_opened_card_says_it_of_every_section(town: Town) -> None:
    """SCT-3: the answer carries a statement for each section of the edition."""
    opened = town.office.open_card(own(town), town.own)
    assert opened.coverage.keys() == opened.view.edition.sections.keys()
    assert opened.coverage[ECG].standing is SectionStanding.NOTHING
    assert opened.coverage["referrals"].standing is SectionStanding.NOT_OPEN


def test_a_page_of_one_section_says_it_too(town: Town) -> None:
    """SCT-3: of the section that was asked for; a page of all sections has no one to speak of."""
    reader = own(town)
    found = town.office.read_page(reader, town.own, section=ECG).statement
    assert found is not None
    assert found.standing is SectionStanding.NOTHING
    assert town.office.read_page(reader, town.own).statement is None


def test_a_source_states_and_states_anew(town: Town) -> None:
    """SCT-5: the later statement takes the place of the earlier, and the same again is no event."""
    reader = own(town)
    town.office.state_coverage(town.own, (SCANNED,), source="clinic-5")
    town.office.state_coverage(town.own, (SCANNED,), source="clinic-5")
    found = town.office.open_card(reader, town.own).coverage[LAB]
    assert "clinic-5" in {one.said_by for one in found.periods}
    town.office.state_coverage(town.own, (), source="clinic-5")
    found = town.office.open_card(reader, town.own).coverage[LAB]
    assert "clinic-5" not in {one.said_by for one in found.periods}
    assert actions(town, Shard.of_patient(town.own)).count("coverage-stated.1") == 2


def test_a_refused_reader_learns_the_refusal_only(town: Town) -> None:
    """SCT-4: every section is closed for the one reason, whatever a source has stated."""
    reader = attrs.evolve(own(town), role=Role.GUARDIAN)
    town.office.state_coverage(town.own, (SCANNED,), source="clinic-5")
    found = town.office.open_card(reader, town.own).coverage
    assert {one.standing for one in found.values()} == {SectionStanding.CLOSED}
    assert {one.reason.rule.id for one in found.values() if one.reason} == {"ACC-5"}
    assert not any(one.periods for one in found.values())


def test_nothing_is_stated_of_what_is_not_there(town: Town) -> None:
    """SCT-5, APP-5: no card, no statement; an unknown section is named with its place."""
    with pytest.raises(RuleBroken) as refused:
        town.office.state_coverage(PatientId("nobody"), (SCANNED,), source="clinic-5")
    assert refused.value.rule is rules.APP_5
    town.move_in()
    wrong = (SCANNED, attrs.evolve(SCANNED, section="tea"))
    with pytest.raises(Malformed) as malformed:
        town.office.state_coverage(town.own, wrong, source="clinic-5")
    assert [one.where for one in malformed.value.faults] == ["coverages[1].section"]
