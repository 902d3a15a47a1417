"""The shipped vectors decide: a wrong answer to any of them, and a wrong rulebook, is found out."""

import datetime as dt
import importlib.resources
import json
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard, cast

import attrs
import pytest

from emrcore.rulebook import Access, Basis, Cited, Edition, Role
from emrcore.testing import vectors
from emrcore.testing.vectors import Vectors

FOLDER = importlib.resources.files("emrcore.testing") / "vectors"
FILES = sorted(item.name for item in FOLDER.iterdir() if item.name.endswith(".json"))


def test_a_file_for_each_kind() -> None:
    """Each file holds the cases of one kind."""
    pages = {name: json.loads((FOLDER / name).read_text("utf-8")) for name in FILES}
    assert {name: {case["kind"] for case in page["cases"]} for name, page in pages.items()} == {
        "ages.json": {"age"},
        "deadlines.json": {"deadline"},
        "decisions.json": {"decision"},
        "identities.json": {"identity"},
        "working-days.json": {"working-day"},
    }


# -- No expectation is idle ------------------------------------------------------------------------


SOME: dict[str, str] = {
    "due": "2020-02-21",
    "born": "1980-07-15",
    "sex": "male",
    "region": "77",
    "e164": "+79161234567",
    "rule": "ACC-10",
    "until": "2025-05-06T00:00:00+03:00",
}


def another(part: str, value: Any) -> list[Any]:
    """What *value* is not: the nearest values, and none."""
    if isinstance(value, bool):
        return [not value]
    if value is None:
        return [SOME[part]]
    if part == "until":
        at, second = dt.datetime.fromisoformat(value), dt.timedelta(seconds=1)
        return [(at - second).isoformat(), (at + second).isoformat(), None]
    if part in {"due", "born"}:
        day, one = dt.date.fromisoformat(value), dt.timedelta(days=1)
        return [str(day - one), str(day + one), None]
    if part == "sex":
        return ["female" if value == "male" else "male", None]
    return [f"{value}0", None]


def wrong_cases(name: str) -> Iterator[dict[str, Any]]:
    """Each case of a file with each of its expectations made wrong, each under an id of its own."""
    for case in json.loads((FOLDER / name).read_text("utf-8"))["cases"]:
        for part, value in case["expect"].items():
            if part == "error":
                answer = {"due": None} if case["kind"] == "deadline" else {"working": True}
                yield case | {"id": f"{case['id']} {part}", "expect": answer}
                continue
            for number, other in enumerate(another(part, value)):
                expect = case["expect"] | {part: other}
                yield case | {"id": f"{case['id']} {part} {number}", "expect": expect}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_expectation_is_found_out(name: str) -> None:
    """Any truth flipped, any day or moment moved, any rule, sex or number changed: it fails."""
    cases = list(wrong_cases(name))
    data = {"emrcore-vectors": 1, "rulebook": "ru-moscow-2020", "cases": cases}
    failures = vectors.run(vectors.read(json.dumps(data), file=name))
    assert [failure.case for failure in failures] == [case["id"] for case in cases]
    assert len(cases) > 50


# -- No constant of the rulebook is without a case -------------------------------------------------

Path = tuple[str, ...]
PROBES = {
    "labels": ["psychiatry"],
    "kinds": ["x-ray"],
    "sections": ["referrals", "services-and-costs", "check-ups", "questionnaires", "health-diary"],
}
SEEN_BY_NOBODY = {"services-and-costs", "questionnaires", "health-diary"}


def others(path: Path, value: Any) -> list[Any]:
    """What *value* of a rulebook might be by mistake."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value - 1, value + 1]
        case dt.date():
            return [value - dt.timedelta(1), value + dt.timedelta(1)]
        case Access():
            return [Access.AUTOMATIC] if value is Access.GRANTED else [Access.GRANTED]
        case str():
            return [one for one in type(value) if one is not value]  # type: ignore[attr-defined]
        case _:
            names = cast("tuple[str, ...]", value)
            fewer = [tuple(one for one in names if one != less) for less in names]
            return fewer + [(*names, one) for one in PROBES[path[-1]] if one not in names]


def is_cited(value: object) -> TypeGuard[Cited[Any]]:
    return isinstance(value, Cited)


def mutants(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """*value* with one of the values in it changed, or, where it may be left out, left out."""
    if is_cited(value):
        yield from ((path, Cited(one, value.source)) for one in others(path, value.value))
    elif isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        for key, inner in table.items():
            yield from ((at, {**table, key: one}) for at, one in mutants(inner, (*path, key)))
    elif hasattr(value, "__attrs_attrs__"):
        for field in value.__attrs_attrs__:
            inner = getattr(value, field.name)
            for at, one in mutants(inner, (*path, field.name)):
                yield at, attrs.evolve(value, **{field.name: one})
            if is_cited(inner) and field.default is None:
                yield (*path, field.name, "none"), attrs.evolve(value, **{field.name: None})


def is_idle(path: Path) -> bool:
    """Whether no decision of version 1 of the format can depend on what stands at *path*."""
    return (
        "may" in path  # what one may do with a document that is seen
        or Role.REPRESENTATIVE in path
        or path[-2:] == ("opened_on", "none")  # refused when loaded, as is the next
        or path[-1] == "announced"
        or (path[-1] == "kinds" and path[1] in SEEN_BY_NOBODY)
    )


def mutated_editions() -> Iterator[tuple[Path, Edition]]:
    """The edition of January 2020 with one mistake in who may see what."""
    edition = vectors.read(decisions(), file="decisions.json").rulebook.editions[0]
    yield ("zone",), attrs.evolve(edition, zone=zoneinfo.ZoneInfo("UTC"))
    for part in ("ages", "relations", "sections"):
        for path, one in mutants(getattr(edition, part), (part,)):
            if not is_idle(path):
                yield path, attrs.evolve(edition, **{part: one})


def decisions() -> str:
    return (FOLDER / "decisions.json").read_text("utf-8")


def test_a_wrong_rulebook_is_found_out() -> None:
    """Both sides of every constant: any value changed by the least makes some decision fail."""
    page = vectors.read(decisions(), file="decisions.json")
    tried, missed = 0, list[Path]()
    for path, edition in mutated_editions():
        book = attrs.evolve(page.rulebook, editions=(edition,))
        if next(vectors.run(Vectors(rulebook=book, cases=page.cases)), None) is None:
            missed.append(path)
        tried += 1
    assert missed == []
    assert tried > 150


def test_every_basis_is_tried() -> None:
    """A section judged by another of a document's dates is such a mistake."""
    assert len(Basis) == 3
    paths = [path for path, _ in mutated_editions() if path[-1] == "basis"]
    assert len(paths) == 5 * 2
