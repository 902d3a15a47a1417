"""Sections over time: announced, opened by a later edition, and closed again."""

import datetime as dt
import importlib.resources

import pytest

from emrcore.access import View, Viewer, decide, explain, next_change, timeline
from emrcore.people import PersonId
from emrcore.records import SectionStanding, statements, visible
from emrcore.rulebook import Role, Rulebook, parse, shipped
from emrcore.texts import Language
from world import Cards, moscow

TEXT = (
    importlib.resources.files("emrcore.rulebooks")
    .joinpath("ru-moscow-2020.toml")
    .read_text("utf-8")
)
OPENS = """
[[edition]]
valid_from = 2020-06-01

[edition.sections.prescriptions]
opened_on = { value = 2020-07-01, source = "choice: 15" }
records_from = { value = 2018-01-01, source = "choice: 15" }
basis = { value = "signed", source = "choice: 15" }
"""
CLOSES = """
[[edition]]
valid_from = 2021-01-01

[edition.sections.prescriptions]
closed_on = { value = 2021-03-01, source = "choice: 15" }
"""
MOTHER = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """January 2020, and two editions that open prescriptions and close them again."""
    return parse(TEXT + OPENS + CLOSES, file="later.toml")


def at(book: Rulebook, cards: Cards, moment: dt.datetime) -> View:
    return decide(cards.facts(), MOTHER, at=moment, edition=book.edition_at(moment))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (moscow(2020, 5, 31, 23, 59), False),
        (moscow(2020, 6, 30, 23, 59), False),
        (moscow(2020, 7, 1), True),
        (moscow(2021, 2, 28, 23, 59), True),
        (moscow(2021, 3, 1), False),
    ],
)
def test_opened_by_a_later_edition(
    book: Rulebook, cards: Cards, moment: dt.datetime, is_open: bool
) -> None:
    """SCT-2: from ``opened_on`` on, whatever the first day of the edition; SCT-1 ends it."""
    view = at(book, cards, moment)
    assert ("prescriptions" in {one.section for one in view.allowances}) is is_open
    assert ("prescriptions" not in view.closed) is is_open


@pytest.mark.parametrize(
    ("signed", "shown"), [(dt.date(2017, 12, 31), False), (dt.date(2018, 1, 1), True)]
)
def test_how_far_back_is_another_value(
    book: Rulebook, cards: Cards, signed: dt.date, shown: bool
) -> None:
    """SCT-2: a prescription of two years before the opening is shown, by ``records_from``."""
    document = cards.document("prescriptions", kind="prescription", signed_on=signed)
    assert bool(visible(at(book, cards, moscow(2020, 7, 1)), [document])) is shown


def test_the_reason_while_it_waits(book: Rulebook, cards: Cards) -> None:
    """SCT-2: announced, then opening on a known day, then closed since one (SCT-1)."""
    told: list[tuple[str, object]] = []
    for moment in (moscow(2020, 5, 1), moscow(2020, 6, 1), moscow(2021, 3, 1)):
        reason = at(book, cards, moment).closed["prescriptions"]
        told.append((reason.rule.id, reason.constant))
    assert told == [
        ("ACC-9", None),
        ("ACC-9", dt.date(2020, 7, 1)),
        ("SCT-1", dt.date(2021, 3, 1)),
    ]


def test_closed_is_told_in_both_languages(book: Rulebook, cards: Cards) -> None:
    """SCT-1: with the day."""
    reason = at(book, cards, moscow(2021, 3, 1)).closed["prescriptions"]
    assert explain(reason, Language.EN) == "The section is closed since 2021-03-01."
    assert explain(reason, Language.RU) == "Раздел закрыт с 01.03.2021."


def test_a_closed_section_still_serves_doctors(book: Rulebook, cards: Cards) -> None:
    """SCT-1, ACC-15: neither opening nor closing binds those whose band has no windows."""
    doctor = Viewer(person=PersonId("dr"), role=Role.DOCTOR)
    moment = moscow(2021, 3, 1)
    view = decide(cards.facts(), doctor, at=moment, edition=book.edition_at(moment))
    assert "prescriptions" not in view.closed


def test_the_timeline_tells_both_days(book: Rulebook, cards: Cards) -> None:
    """SCT-2, SCT-1, ACC-14: each turn is an answer of its own, and is foreseen."""
    since, until = moscow(2020, 2, 1), moscow(2022, 1, 1)
    views = timeline(cards.facts(), MOTHER, since=since, until=until, rulebook=book)
    turns = [(view.at, "prescriptions" in view.closed) for view in views]
    assert turns == [
        (moscow(2020, 2, 1), True),
        (moscow(2020, 6, 1), True),  # the day of opening is known now
        (moscow(2020, 7, 1), False),
        (moscow(2021, 3, 1), True),
    ]
    foreseen = next_change(cards.facts(), MOTHER, after=moscow(2020, 7, 1), rulebook=book)
    assert foreseen == moscow(2021, 3, 1)


def test_the_standing_over_time(book: Rulebook, cards: Cards) -> None:
    """SCT-2, SCT-3: not open, open, closed: the statement of the section says which."""
    moments = (moscow(2020, 5, 1), moscow(2020, 7, 1), moscow(2021, 3, 1))
    standings = [statements(at(book, cards, one), {})["prescriptions"].standing for one in moments]
    assert standings == [
        SectionStanding.NOT_OPEN,
        SectionStanding.UNRECORDED,
        SectionStanding.CLOSED,
    ]


def test_the_shipped_editions_open_none_of_the_eight() -> None:
    """SCT-2: nobody has said when, and so they stay announced."""
    for name in ("ru-moscow-2020", "ru-moscow-2020-08"):
        for edition in shipped(name).editions:
            announced = {key for key, one in edition.sections.items() if one.announced}
            assert len(announced) == 8
            assert all(edition.sections[key].opened_on is None for key in announced)
