"""The library and a plain reading of the rulebook agree on every case that decides something."""

import ast
import collections
import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import TypeVar

import attrs
import pytest

from emrcore.access import decide
from emrcore.records import Document, judge, verdicts, visible
from emrcore.rulebook import Role, Rulebook, load, shipped, shipped_names
from emrcore.testing import interpreter
from emrcore.testing.boundaries import Look, answered, cells, looks
from emrcore.testing.interpreter import Answer, answer

EVERY_KEY = load(pathlib.Path(__file__).parent / "every-key.toml")
BOOKS = {**{name: shipped(name) for name in shipped_names()}, EVERY_KEY.id: EVERY_KEY}
MOST_CELLS = 100_000
SHOWN = {Answer.VIEW, Answer.ACT}

T = TypeVar("T")


@attrs.frozen
class Case:
    """What both say to one document of a look."""

    look: Look
    document: Document
    expected: Answer
    found: Answer


@functools.cache
def cases(name: str) -> tuple[Case, ...]:
    """Every case of the rulebook *name*."""
    return tuple(case for look in looks(BOOKS[name]) for case in asked(BOOKS[name], look))


def asked(book: Rulebook, look: Look) -> Iterator[Case]:
    view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
    for document in look.documents:
        expected = answer(book, look.facts, look.viewer, document, look.at)
        yield Case(look, document, expected, answered(view, document))


@pytest.mark.parametrize("name", BOOKS)
def test_both_readings_agree(name: str) -> None:
    """ACC-1, ACC-2, ACC-3, ACC-4, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10, ACC-11, ACC-12,
    ACC-13, ACC-15, ACC-16, ACC-17, ACC-18, ACC-19, ACC-20, ACC-21, RB-4, PPL-1, PPL-2: on both
    sides of every constant of every rulebook the library answers as the rulebook's words do.
    """
    wrong = [case for case in cases(name) if case.found is not case.expected]
    assert not wrong, f"{len(wrong)} of {len(cases(name))}, such as {wrong[0]}"


def reordered(book: Rulebook) -> Rulebook:
    """*book*, which names the bands of each kind of viewer and the windows backwards."""
    return attrs.evolve(
        book,
        editions=tuple(
            attrs.evolve(
                edition,
                relations={
                    role: attrs.evolve(relation, bands=backwards(relation.bands))
                    for role, relation in edition.relations.items()
                },
                sections={
                    section: attrs.evolve(rule, windows=backwards(rule.windows))
                    for section, rule in edition.sections.items()
                },
            )
            for edition in book.editions
        ),
    )


def backwards(named: Mapping[str, T]) -> dict[str, T]:
    return dict(reversed(list(named.items())))


@pytest.mark.parametrize("name", BOOKS)
def test_the_order_of_bands_says_nothing(name: str) -> None:
    """ACC-22: whatever the order of bands and windows, every document gets the same verdict."""
    book, other = BOOKS[name], reordered(BOOKS[name])
    for look in looks(book):
        told, again = (
            decide(look.facts, look.viewer, at=look.at, edition=one.edition_at(look.at))
            for one in (book, other)
        )
        assert (told.refusal, told.closed, told.until) == (again.refusal, again.closed, again.until)
        assert verdicts(told, look.documents) == verdicts(again, look.documents)


@pytest.mark.parametrize("name", BOOKS)
def test_filtering_is_judging(name: str) -> None:
    """REC-1: a card filtered holds the documents that are judged visible one by one, and no other.

    Filtering has a way of its own for documents of which only the kind and the labels are asked.
    """
    book = BOOKS[name]
    for look in looks(book):
        view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
        expected = [one for one in look.documents if judge(view, one).visible]
        assert visible(view, look.documents) == expected


@pytest.mark.parametrize("name", BOOKS)
def test_the_cases_are_not_of_one_kind(name: str) -> None:
    """ACC-20: every kind of viewer is shown something and refused something, but for nobody."""
    found: collections.defaultdict[Role, set[bool]] = collections.defaultdict(set)
    for case in cases(name):
        found[case.look.viewer.role].add(case.expected in SHOWN)
    for role, relation in BOOKS[name].editions[-1].relations.items():
        assert found[role] == ({False} if relation.nobody else {True, False}), role


@pytest.mark.parametrize("name", shipped_names())
def test_the_cases_are_few(name: str) -> None:
    """Some thousands of them decide a rulebook."""
    assert 1_000 < len(list(cells(shipped(name)))) < MOST_CELLS


@pytest.mark.parametrize("key", list(Answer))
def test_every_answer_comes_up(key: Answer) -> None:
    """Among the cases is every answer there is."""
    assert key in {case.expected for case in cases(EVERY_KEY.id)}


def test_a_look_keeps_its_documents_apart() -> None:
    """No two documents of a look have one name, so that a store takes them all."""
    for look in looks(shipped("ru-moscow-2020")):
        assert len({one.id for one in look.documents}) == len(look.documents)


def test_the_plain_reading_is_one_of_its_own() -> None:
    """The interpreter imports values, and nothing of what it checks."""
    tree = ast.parse(pathlib.Path(interpreter.__file__).read_text("utf-8"))
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    modules = {name.rpartition(".")[0] for name in imported}
    assert modules <= {
        "collections.abc",
        "emrcore.access.facts",
        "emrcore.people",
        "emrcore.records",
        "emrcore.rulebook",
    }
    assert not imported & {
        "emrcore.people.reached_on",
        "emrcore.people.age_on",
        "emrcore.people.has_reached",
        "emrcore.records.judge",
        "emrcore.records.visible",
    }
    assert "holds_on" not in ast.unparse(tree)
    assert "holds_at" not in ast.unparse(tree)
