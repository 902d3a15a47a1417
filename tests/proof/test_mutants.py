"""Every constant of every rulebook matters: move one, and some case is answered otherwise.

A mutant is a rulebook with one value changed. It is *refused* when the rulebook would make no sense
with it, *killed* when the library's answer by it to some case of ``boundaries`` differs from the
interpreter's answer by the original, and else a *survivor*, which must be listed below with the
reason why it is no other rulebook. Later editions take over what they do not restate, in a mutant
as in the file.

Out of scope, since no answer about a card depends on it: titles and sources; what the application,
the entry and the emergency ask for; ``grant_months`` and ``most_viewers``, which end and limit
grants when they are made; the first day of the first edition, which answers for the days before,
too; ``gap`` and ``overlap``, which only declare what the bands say; and ``nobody``, which stands
where there is no band.

Two rulebooks are tried whole, of the others a sample; with EMRCORE_FULL=1 all of all.
"""

import collections
import datetime as dt
import enum
import functools
import os
import pathlib
import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeGuard

import attrs
import pytest

from emrcore.access import decide
from emrcore.records import diff, verdicts
from emrcore.rulebook import (
    Cited,
    Edition,
    Need,
    Role,
    Rulebook,
    load,
    shipped,
    shipped_names,
    totality,
)
from emrcore.testing.boundaries import Look, answered, looks
from emrcore.testing.interpreter import Answer, answer

FULL = os.environ.get("EMRCORE_FULL") == "1"
WHOLE = ("ru-moscow-2020", "ru-moscow-2020-08")
SAMPLE = 50
EVERY_KEY = load(pathlib.Path(__file__).parent / "every-key.toml")
BOOKS = {**{name: shipped(name) for name in shipped_names()}, EVERY_KEY.id: EVERY_KEY}

SURVIVORS = (
    (
        "en-nhs",
        "from 16 on, the other band asks for less and shows as much",
        "0 relations self bands from-13-to-15 until_age is 17",
        "0 relations self bands from-13-to-15 until_age left out",
    ),
    (
        "en-nhs",
        "below 11, the other band asks for less and shows as much",
        "0 relations guardian bands from-11-to-15 from_age is 10",
        "0 relations guardian bands from-11-to-15 from_age left out",
    ),
    (
        "fi-kanta",
        "what the edition adds is a band, which opens on that very day by itself",
        "1 valid_from a day earlier",
        "1 valid_from a year earlier",
    ),
    (
        "nl-wgbo",
        "below 12, the other band asks for less and shows as much",
        "0 relations guardian bands from-12-to-15 from_age is 11",
        "0 relations guardian bands from-12-to-15 from_age left out",
    ),
    (
        "no-helsenorge",
        "below 12, the other band asks for the same and shows more",
        "0 relations guardian bands from-12-to-15 from_age is 11",
        "0 relations guardian bands from-12-to-15 from_age left out",
    ),
)
"""A rulebook, why some of its mutants are no other rulebook, and which."""

Path = tuple[str, ...]

OUT_OF_SCOPE = {"grant_months", "most_viewers", "gap", "overlap", "nobody", "title"}
DAY, YEAR = dt.timedelta(days=1), dt.timedelta(days=365)


@attrs.frozen
class Mutant:
    """*book* with *value* at *path* from edition *number* on."""

    book: Rulebook
    number: int
    path: Path
    value: Any
    change: str

    @property
    def name(self) -> str:
        return f"{self.number} {' '.join(self.path)} {self.change}"

    def may_concern(self, role: Role) -> bool:
        """Whether the value is not one about another kind of viewer."""
        return self.path[0] != "relations" or self.path[1] == role

    def may_touch(self, section: str) -> bool:
        """Whether the value is not one about another section."""
        return self.path[0] != "sections" or self.path[1] == section


# -- Where values are ------------------------------------------------------------------------------


def values(node: object, path: Path = ()) -> Iterator[tuple[Path, Cited[Any]]]:
    """Every cited value below *node*, and where it is."""
    if isinstance(node, Cited):
        yield path, node
        return
    for key in keys(node):
        if key not in OUT_OF_SCOPE:
            yield from values(got(node, (key,)), (*path, key))


def keys(node: object) -> list[str]:
    if isinstance(node, Edition):
        return ["ages", "relations", "sections"]
    if is_table(node):
        return list(node)
    return list(fields_of(node)) if attrs.has(type(node)) else []


def fields_of(node: Any) -> dict[str, "attrs.Attribute[Any]"]:
    return attrs.fields_dict(node.__class__)


def is_table(node: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(node, dict)


def got(node: Any, path: Path) -> Any:
    """What is at *path* below *node*, or None."""
    for key in path:
        node = node.get(key) if is_table(node) else getattr(node, key, None)
    return node


def put(node: Any, path: Path, value: Any) -> Any:
    """*node* with *value* at *path*."""
    if not path:
        return value
    key, *rest = path
    inner = put(got(node, (key,)), tuple(rest), value)
    return node | {key: inner} if is_table(node) else attrs.evolve(node, **{key: inner})


def is_optional(edition: Edition, path: Path) -> bool:
    *above, key = path
    return fields_of(got(edition, tuple(above)))[key].default is None


# -- What they are changed to ----------------------------------------------------------------------


def mutants(book: Rulebook) -> Iterator[Mutant]:
    """Every rulebook that differs from *book* in one value."""
    for number, edition in enumerate(book.editions):
        if number:
            for change, day in others("valid_from", edition.valid_from, edition):
                later = moved(book, number, day)
                yield Mutant(later, number, ("valid_from",), day, change)
        for path, cited in values(edition):
            if number and cited == got(book.editions[number - 1], path):
                continue  # taken over, not said
            options = [*others(path[-1], cited.value, edition)]
            if is_optional(edition, path):
                options.append(("left out", None))
            for change, value in options:
                yield Mutant(mutated(book, number, path, value), number, path, value, change)


def others(key: str, value: Any, edition: Edition) -> Iterator[tuple[str, Any]]:
    """Each other value there may be for *value*, and what it is called."""
    if is_list(value):
        yield from lists(key, value, edition)
        return
    match value:
        case bool():
            yield f"is {not value}", not value
        case enum.Enum():
            yield from ((f"is {one}", one) for one in type(value) if one is not value)
        case int():
            yield from ((f"is {one}", one) for one in (value - 1, value + 1) if one >= 0)
        case dt.date():
            for name, step in (("a day", DAY), ("a year", YEAR)):
                yield f"{name} later", value + step
                yield f"{name} earlier", value - step
        case _:
            raise AssertionError(f"no mutants of {key}")


def is_list(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def lists(key: str, value: tuple[Any, ...], edition: Edition) -> Iterator[tuple[str, Any]]:
    """*value* without each of its items, and with each that could be among them."""
    for one in value:
        yield f"without {one}", tuple(other for other in value if other != one)
    known: dict[str, Sequence[Any]] = {
        "sections": [*edition.sections],
        "needs": [*Need],
        "labels": ["unknown"],
        "flagged": ["unknown"],
        "sources": ["unknown"],
    }
    for one in known.get(key, ()):
        if one not in value:
            yield f"with {one}", (*value, one)


def moved(book: Rulebook, number: int, day: dt.date) -> Rulebook:
    """*book* with its edition *number* in force from *day* on."""
    editions = list(book.editions)
    editions[number] = attrs.evolve(editions[number], valid_from=day)
    editions[number - 1] = attrs.evolve(editions[number - 1], until=day)
    return attrs.evolve(book, editions=tuple(editions))


def mutated(book: Rulebook, number: int, path: Path, value: Any) -> Rulebook:
    """*book* with *value* at *path* from edition *number* on, until one says otherwise."""
    before = got(book.editions[number], path)
    after = None if value is None else attrs.evolve(before, value=value)
    editions = list(book.editions)
    for place in range(number, len(editions)):
        if got(editions[place], path) != before:
            break
        editions[place] = put(editions[place], path, after)
        own = (*path[:-1], "windows", "all", "kinds")  # the window a section's own keys make
        if path[-1] == "kinds" and got(editions[place], own) == before:
            editions[place] = put(editions[place], own, after)
    return attrs.evolve(book, editions=tuple(editions))


# -- What becomes of them --------------------------------------------------------------------------


@functools.cache
def known(name: str) -> list[tuple[Look, list[Answer]]]:
    """Every look at a card by the rulebook *name*, and what the interpreter says to it."""
    book = BOOKS[name]
    return [
        (look, [answer(book, look.facts, look.viewer, one, look.at) for one in look.documents])
        for look in looks(book)
    ]


def is_killed(mutant: Mutant, name: str) -> bool:
    """Whether some answer by *mutant* is not the one by the rulebook *name*."""
    concerned = (pair for pair in known(name) if mutant.may_concern(pair[0].viewer.role))
    return any(differs(mutant, look, answers) for look, answers in concerned)


def differs(mutant: Mutant, look: Look, answers: list[Answer]) -> bool:
    edition, view = mutant.book.edition_at(look.at), None
    for document, expected in zip(look.documents, answers, strict=True):
        if mutant.may_touch(document.section):
            view = view or decide(look.facts, look.viewer, at=look.at, edition=edition)
            if answered(view, document) is not expected:
                return True
    return False


def is_never_asked(mutant: Mutant, book: Rulebook) -> bool:
    """Whether the value is a first day, moved to before anybody could ask.

    An edition is not asked before it is in force, nor a section before any band is open that binds
    its viewers to the section's first day.
    """
    key, edition = mutant.path[-1], book.editions[mutant.number]
    if key not in {"opens_on", "opened_on"} or mutant.value is None:
        return False
    day = got(edition, mutant.path).value
    if mutant.value > day:
        return False
    if key == "opens_on" or mutant.number:
        return bool(mutant.number) and edition.valid_from >= day
    bands = [band for relation in edition.relations.values() for band in relation.bands.values()]
    bound = [one for one in bands if one.windows.value and mutant.path[1] in one.sections.value]
    return all(one.opens_on and one.opens_on.value >= day for one in bound)


@pytest.mark.parametrize("name", BOOKS)
def test_mutants_are_killed(name: str) -> None:
    """RB-3, RB-4: a rulebook with one value changed is refused, or answers otherwise somewhere."""
    book = BOOKS[name]
    listed = {one for of, _, *some in SURVIVORS if of == name for one in some}
    tried = list(mutants(book))
    whole = FULL or name in WHOLE
    if not whole:
        tried = random.Random(name).sample(tried, min(SAMPLE, len(tried)))  # noqa: S311
    living = [one for one in tried if not any(totality.faults(one.book))]
    different = [one for one in living if not is_never_asked(one, book)]
    left = {one.name for one in different if not is_killed(one, name)}
    assert left <= listed
    assert not whole or left == listed, "a mutant is listed that is killed"


# -- What the comparison says of them --------------------------------------------------------------


@pytest.mark.parametrize("name", WHOLE if FULL else WHOLE[:1])
def test_the_comparison_names_what_is_changed(name: str) -> None:
    """RB-4: of a rulebook with one value changed, the comparison names that change and no other."""
    book = BOOKS[name]
    at = busiest_moment(name)
    now = [look for look, _ in known(name) if look.at == at]
    for mutant in mutants(book):
        if any(totality.faults(mutant.book)):
            continue
        changes = diff(book, mutant.book, at=at)
        assert bool(changes) is any(shows_otherwise(look, mutant, book) for look in now), (
            mutant.name
        )
        for change in changes:
            assert mutant.may_concern(change.role), mutant.name
            assert mutant.may_touch(change.section), mutant.name


def busiest_moment(name: str) -> dt.datetime:
    """The moment of the last edition at which most is asked."""
    edition = BOOKS[name].editions[-1]
    moments = (look.at for look, _ in known(name))
    asked = collections.Counter(at for at in moments if BOOKS[name].edition_at(at) is edition)
    return asked.most_common(1)[0][0]


def shows_otherwise(look: Look, mutant: Mutant, book: Rulebook) -> bool:
    if not mutant.may_concern(look.viewer.role):
        return False
    before, after = (
        decide(look.facts, look.viewer, at=look.at, edition=one.edition_at(look.at))
        for one in (book, mutant.book)
    )
    return not before.says_the_same_as(after) and (
        [one.may for one in verdicts(before, look.documents)]
        != [one.may for one in verdicts(after, look.documents)]
    )
