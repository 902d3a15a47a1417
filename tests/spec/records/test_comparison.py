"""Two rulebooks side by side."""

import datetime as dt
import importlib.resources

import pytest

from emrcore import rules
from emrcore.access import Facts, Viewer, decide
from emrcore.people import PersonId
from emrcore.records import Change, diff, impact, judge
from emrcore.rulebook import May, Role, Rulebook, parse, shipped, shipped_names
from world import Cards, moscow

NOW = moscow(2020, 9, 1, 12)
BOOK = shipped("ru-moscow-2020")
TEXT = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)
FIVE = {"exam-protocols", "lab-results", "radiology", "instrumental", "discharge-summaries"}


def changed(*replacements: tuple[str, str]) -> Rulebook:
    text = TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return parse(text, file="test.toml")


def told(changes: tuple[Change, ...]) -> set[tuple[str, str, str]]:
    return {(one.role, "+" if one.gains else "-", one.section) for one in changes}


@pytest.mark.parametrize("name", shipped_names())
def test_no_difference(name: str) -> None:
    """RB-4: a rulebook and itself differ in nothing."""
    assert diff(shipped(name), shipped(name), at=moscow(2026, 9, 1)) == ()


def test_age() -> None:
    """ACC-4: with the age at 16, parents gain the card of those who are 15, who lose it."""
    older = changed(
        ("until_age = { value = 15", "until_age = { value = 16"),
        ("from_age = { value = 15", "from_age = { value = 16"),
    )
    changes = diff(BOOK, older, at=NOW)
    gained = {("guardian", "+", section) for section in FIVE}
    assert told(changes) == gained | {("self", "-", section) for section in FIVE}
    (lost, *_) = (one for one in changes if one.role is Role.SELF)
    assert lost.example.facts.person.born == dt.date(2005, 8, 31), "the first of those who are 15"
    assert (lost.before.reason.rule, lost.after.reason.rule) == (rules.ACC_10, rules.ACC_3)


@pytest.mark.parametrize(
    ("old", "new", "expected", "day"),
    [
        (
            '2019-01-01, source = "announcement: 3',
            '2018-01-01, source = "announcement: 3',
            "+",
            2018,
        ),
        (
            '2019-01-01, source = "announcement: 3',
            '2020-01-01, source = "announcement: 3',
            "-",
            2019,
        ),
    ],
)
def test_first_day(old: str, new: str, expected: str, day: int) -> None:
    """ACC-10: an earlier first day shows more and a later one less, first on the day itself."""
    changes = diff(BOOK, changed((old, new)), at=NOW)
    assert told(changes) == {
        ("self", expected, "lab-results"),
        ("guardian", expected, "lab-results"),
    }
    assert {one.example.document.signed_on for one in changes} == {dt.date(day, 1, 1)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"mri", ', "", {("-", "radiology")}),
        (
            'basis = { value = "signed", source = "choice: 4" }',
            'basis = { value = "published", source = "choice: 4" }',
            {("+", "radiology"), ("-", "radiology")},
        ),
        (
            'kinship = { value = "confirmed"',
            'kinship = { value = "claimed"',
            {(turn, section) for turn in "+-" for section in FIVE},
        ),
        (
            "labels = { value = []",
            'labels = { value = ["sealed"]',
            {("+", section) for section in FIVE},
        ),
    ],
)
def test_other_constants(old: str, new: str, expected: set[tuple[str, str]]) -> None:
    """ACC-11, ACC-5, ACC-16: a kind, a basis, a standing, a label: each is found by an example."""
    changes = diff(BOOK, changed((old, new)), at=NOW)
    found = {(turn, section) for role, turn, section in told(changes) if role == "guardian"}
    assert found == expected


def test_examples_hold() -> None:
    """ACC-14: every example can be asked of both rulebooks, and is answered as it says."""
    after = shipped("ru-moscow-2020-08")
    changes = diff(BOOK, after, at=NOW)
    assert changes
    for change in changes:
        example = change.example
        answers = [
            judge(
                decide(example.facts, example.viewer, at=NOW, edition=book.edition_at(NOW)),
                example.document,
            )
            for book in (BOOK, after)
        ]
        assert [one.visible for one in answers] == [not change.gains, change.gains]
        assert answers == [change.before, change.after]


def test_law_of_august() -> None:
    """ACC-18: the law of August 2020 gives parents those of 15 to 18, and takes the emancipated."""
    changes = diff(BOOK, shipped("ru-moscow-2020-08"), at=NOW)
    parents = {
        one.example.situation for one in changes if one.role is Role.GUARDIAN and not one.gains
    }
    assert parents == {"of full capacity"}
    assert ("guardian", "+", "lab-results") in told(changes)
    own = {one.example.situation for one in changes if one.role is Role.SELF and not one.gains}
    assert own == {"of none capacity"}


@pytest.mark.parametrize("gains", [True, False])
def test_acting(gains: bool) -> None:
    """ACC-14: who saw documents and may now act on them gains, and loses where it is taken back."""
    head = "[edition.relations.guardian.until-15]"
    before, band = TEXT.split(head)
    acting = parse(
        before + head + band.replace('may = { value = "view"', 'may = { value = "act"', 1),
        file="test.toml",
    )
    books = (BOOK, acting) if gains else (acting, BOOK)
    changes = diff(*books, at=NOW)
    assert told(changes) == {("guardian", "+" if gains else "-", section) for section in FIVE}
    turn = [May.VIEW, May.ACT] if gains else [May.ACT, May.VIEW]
    assert all([one.before.may, one.after.may] == turn for one in changes)
    cards = Cards(BOOK.editions[0])
    mother = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    found = impact([(cards.facts(), mother)], *books, at=NOW)
    assert (found.gains if gains else found.loses) == {Role.GUARDIAN: 1}
    assert found.same == {}


def test_impact() -> None:
    """ACC-14: of a population it is told how many gain and lose, by role."""
    cards = Cards(BOOK.editions[0])
    mother = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    own = Viewer(person=PersonId("child"), role=Role.SELF)

    def aged(years: int) -> Facts:
        person = cards.facts().person
        born = dt.date(NOW.year - years, 1, 1)
        return cards.facts(person=type(person)(id=person.id, born=born))

    population = [(aged(years), viewer) for years in range(10, 20) for viewer in (mother, own)]
    found = impact(population, BOOK, shipped("ru-moscow-2020-08"), at=NOW)
    assert found.gains == {Role.GUARDIAN: 8, Role.SELF: 5}
    assert found.same == {Role.GUARDIAN: 2, Role.SELF: 5}
    assert found.loses == {}
    assert found.both == {}
    same = impact(population, BOOK, BOOK, at=NOW)
    assert same.same == {Role.GUARDIAN: 10, Role.SELF: 10}
