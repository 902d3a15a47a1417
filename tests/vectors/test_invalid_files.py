"""A file that is not valid is refused with every fault and its place, and nothing of it is run."""

import copy
import json
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pytest

from emrcore.cli.main import main
from emrcore.errors import Malformed
from emrcore.testing import vectors
from emrcore.testing.vectors.forms import is_list

EXAMPLE: Any = json.loads((pathlib.Path(__file__).parent / "example.json").read_text("utf-8"))
CASES = {name: number for number, name in enumerate(case["id"] for case in EXAMPLE["cases"])}
OPTIONAL = {
    "suspended",
    "resumed_on",
    "died",
    "kinship",
    "restrictions",
    "granted_at",
    "until",
    "document",
    "kind",
    "occurred_on",
    "signed_on",
    "labels",
}

Captured = pytest.CaptureFixture[str]
Path = tuple[str | int, ...]


def changed(path: Path, *value: object) -> Any:
    """The example with *value* at *path*, or without one, with nothing there."""
    data = copy.deepcopy(EXAMPLE)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    if value:
        inner[path[-1]] = value[0]
    else:
        del inner[path[-1]]
    return data


def case(name: str, *path: str | int) -> Path:
    """The place of *path* in the case *name*."""
    return ("cases", CASES[name], *path)


def faults(data: object, *, text: str = "") -> list[str]:
    """What is wrong with a file of *data*."""
    with pytest.raises(Malformed) as wrong:
        vectors.read(text or json.dumps(data), file="mine.json")
    return [str(fault) for fault in wrong.value.faults]


def spots(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in *data*, with what stands there."""
    yield path, data
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(data, dict):
        inner = cast("dict[str | int, Any]", data).items()
    elif is_list(data):
        inner = enumerate(data)
    for key, value in inner:
        yield from spots(value, (*path, key))


def place(path: Path) -> str:
    """How a fault at *path* is placed: the file, the id of the case, the key."""
    if path[:1] == ("cases",) and len(path) > 1:
        number, inner = path[1], path[2:]
        unnamed = inner in {(), ("id",)}
        name = f"cases[{number}]" if unnamed else EXAMPLE["cases"][number]["id"]
        return " ".join(filter(None, ("mine.json", name, key_of(inner))))
    return f"mine.json {key_of(path)}".strip()


def key_of(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


SPOTS = list(spots(EXAMPLE))
OBJECTS = [path for path, value in SPOTS if isinstance(value, dict)]
KEYS = [path for path, _ in SPOTS if path[:-1] in OBJECTS and path]


@pytest.mark.parametrize("path", [path for path, _ in SPOTS], ids=place)
def test_a_value_of_a_wrong_type(path: Path) -> None:
    """A number with a fraction is right nowhere: in the place of any value it is one fault."""
    (fault,) = faults(changed(path, 0.5) if path else 0.5)
    assert fault.startswith(f"{place(path)}: must be ")


@pytest.mark.parametrize("path", KEYS, ids=place)
def test_a_missing_key(path: Path) -> None:
    """What may have no value may be left out; any other key that is left out is told."""
    data = changed(path)
    if (path[-1] in OPTIONAL and len(path) > 3) or path[:-1] == case("i1", "expect"):
        assert vectors.read(json.dumps(data), file="mine.json").cases
    elif path[-2:-1] == ("expect",):
        assert faults(data) == [f"{place(path[:-1])}: expects nothing"]
    elif path == ("emrcore-vectors",):
        assert faults(data) == [f"{place(path)}: must be 1"]
    else:
        assert faults(data) == [f"{place(path)}: is missing"]


@pytest.mark.parametrize("path", OBJECTS, ids=place)
def test_an_unknown_key(path: Path) -> None:
    """A key that means nothing is refused in every object: it was meant to mean something."""
    wrong = f"{place((*path, 'colour'))}: is not known here"
    assert faults(changed((*path, "colour"), "red")) == [wrong]


WRONG: list[tuple[Path, object, str]] = [
    (("emrcore-vectors",), 2, "emrcore-vectors: must be 1"),
    (("emrcore-vectors",), True, "emrcore-vectors: must be 1"),
    (("rulebook",), "ru-atlantis", "rulebook: must be one of "),
    (("rulebook",), "../ru-moscow-2020", "rulebook: must be one of "),
    (("cases",), {}, "cases: must be a list"),
    (case("d1", "id"), " ", "cases[0] id: must be a text that is not blank"),
    (case("d1", "id"), "d\n1", "cases[0] id: must be a text that is not blank"),
    (case("d1", "id"), "\ud800", "cases[0] id: must be a text that is not blank"),
    (case("d2", "id"), "d1", "d1 id: names 2 cases"),
    (case("d1", "kind"), "horoscope", "d1 kind: must be one of deadline, working-day, age, "),
    (case("d1", "kind"), ["deadline"], "d1 kind: must be one of deadline"),
    (case("d1", "given", "filed"), "2020-01-14T10:00:00", "d1 given.filed: must be a moment"),
    (case("d1", "given", "filed"), "2020-01-14", "d1 given.filed: must be a moment"),
    (case("d1", "given", "filed"), "2020-02-30T10:00:00Z", "d1 given.filed: must be a moment"),
    (case("d1", "given", "filed"), "20200114T100000Z", "d1 given.filed: must be a moment"),
    (case("d1", "given", "filed"), "9999-12-31T23:00:00Z", "d1 given.filed: must be a moment"),
    (case("d1", "given", "working_days"), 0, "d1 given.working_days: must be a whole number"),
    (case("d1", "given", "working_days"), True, "d1 given.working_days: must be a whole number"),
    (case("d1", "given", "working_days"), "5", "d1 given.working_days: must be a whole number"),
    (case("d1", "given", "calendar"), "lunar", "d1 given.calendar: must be one of standard, fed"),
    (case("d1", "given", "counting"), "C", "d1 given.counting: must be one of A, B"),
    (case("d1", "expect", "due"), "2020-1-21", "d1 expect.due: must be a day"),
    (case("d1", "expect", "due"), "2020-W04-2", "d1 expect.due: must be a day"),
    (case("d1", "expect", "due"), "2020-01-21T00:00:00Z", "d1 expect.due: must be a day"),
    (case("d1", "expect", "error"), "beyond-calendar", "d1 expect.due: is not known here"),
    (case("d1", "expect"), {}, "d1 expect: expects nothing"),
    (case("d2", "given", "suspended"), {}, "d2 given.suspended: must be a list"),
    (
        case("d2", "given", "suspended", 0, "resumed_on"),
        "2020-01-15",
        "d2 given.suspended[0]: resumed before it was suspended",
    ),
    (
        case("d2", "given", "suspended", 0, "on"),
        "2020-01-13",
        "d2 given.suspended: begins before the day of filing [CAL-8]",
    ),
    (case("d3", "expect", "error"), "beyond-belief", "d3 expect.error: must be one of beyond-"),
    (case("a1", "expect", "error"), "beyond-calendar", "a1 expect.error: is not known here"),
    (case("a1", "given", "years"), -1, "a1 given.years: must be a whole number from 0 to 150"),
    (case("a1", "given", "years"), 151, "a1 given.years: must be a whole number from 0 to 150"),
    (case("a1", "given", "convention"), "day_before", "a1 given.convention: must be one of day_a"),
    (case("a1", "given", "born"), "0999-12-31", "a1 given.born: must be a day"),
    (case("i1", "given", "paper"), "library-card", "i1 given.paper: must be one of oms, snils"),
    (case("i1", "given", "year"), 2020, "i1 given.year: is said of another paper than a passport"),
    (case("i1", "expect", "sex"), "M", "i1 expect.sex: must be one of male, female"),
    (case("v1", "given", "viewer", "as"), "neighbour", "v1 given.viewer.as: must be one of self, "),
    (case("v1", "given", "subject", "died"), "2010-05-04", "v1 given.subject.died: is before the"),
    (
        case("v1", "given", "kinship", 0, "status"),
        "alleged",
        "v1 given.kinship[0].status: must be one of claimed, confirmed, disputed, ended",
    ),
    (
        case("v1", "given", "kinship", 0, "until"),
        "2019-11-01",
        "v1 given.kinship[0].until: is not after since [PPL-5]",
    ),
    (
        case("v1", "given", "kinship", 0, "ward"),
        "mother",
        "v1 given.kinship[0].ward: is the guardian [PPL-7]",
    ),
    (case("v1", "given", "restrictions"), None, "v1 given.restrictions: must be a list"),
    (case("v1", "given", "restrictions"), [{}], "v1 given.restrictions[0].ward: is missing"),
    (case("v1", "given", "granted_at"), "2020-01-21", "v1 given.granted_at: must be a moment"),
    (case("v1", "given", "document"), None, "v1 given.document: must be an object"),
    (case("v1", "given", "document", "labels"), [1], "v1 given.document.labels[0]: must be a text"),
    (case("v1", "expect", "visible"), "yes", "v1 expect.visible: must be true or false"),
    (case("v1", "expect", "rule"), 10, "v1 expect.rule: must be a text"),
    (case("v1", "expect", "until"), "2025-05-06", "v1 expect.until: must be a moment"),
]


@pytest.mark.parametrize(
    ("path", "value", "fault"), WRONG, ids=[f"{place(path)} {value!r}" for path, value, _ in WRONG]
)
def test_a_wrong_value(
    capsys: Captured, tmp_path: pathlib.Path, path: Path, value: object, fault: str
) -> None:
    """What is wrong is told with the file, the case and the key; the exit code is 2."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(changed(path, value)))
    assert main(["vectors", "run", str(file)]) == 2
    captured = capsys.readouterr()
    assert f"{file} {fault}" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is not JSON, line 1"),
        ('{\n"cases": [}', "is not JSON, line 2"),
        ("[" * 100_000, "is not JSON that can be read"),
        ("9" * 5_000, "is not JSON that can be read"),
        ("[]", "must be an object"),
        ("null", "must be an object"),
        ("{}", "emrcore-vectors: must be 1"),
    ],
    ids=range(7),
)
def test_another_thing_than_vectors(text: str, fault: str) -> None:
    """What is no JSON, or of another format, is one fault."""
    (found,) = faults(None, text=text or " ")
    assert found.removeprefix("mine.json").lstrip(": ") == fault


def test_a_key_that_stands_twice() -> None:
    """JSON readers differ in which of the two they take."""
    text = json.dumps(EXAMPLE).replace('"working": true', '"working": false, "working": true')
    assert faults(None, text=text) == ["mine.json w1 expect.working: stands here twice"]


def test_a_key_that_cannot_be_printed() -> None:
    """Whatever is read, the faults can be printed, one a line."""
    (fault,) = faults(changed((*case("w1", "given"), "\ud800\n"), 1))
    assert fault == "mine.json w1 given.'\\ud800\\n': is not known here"


def test_every_fault_is_told(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """The faults of all files come in one list, and not even the good cases are run."""
    some, others = tmp_path / "some.json", tmp_path / "others.json"
    data = changed(case("d1", "given", "calendar"), "lunar")
    data["cases"][0]["expect"] = {"colour": "red", "due": 1}
    data["cases"][3]["kind"] = "horoscope"
    data["title"] = "mine"
    some.write_text(json.dumps(data))
    others.write_bytes(b"\xff")
    missing = tmp_path / "missing.json"
    good = pathlib.Path(__file__).parent / "example.json"
    files = [str(file) for file in (good, some, others, missing, tmp_path)]
    assert main(["vectors", "run", *files]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    told = captured.err.splitlines()
    assert told[0] == "vectors: 8 fault(s)"
    assert [line.strip().replace(f"{tmp_path}", "") for line in told[1:]] == [
        "/some.json title: is not known here",
        "/some.json d1 given.calendar: must be one of standard, federal, moscow",
        "/some.json d1 expect.due: must be a day, such as 2020-01-31 [PPL-4]",
        "/some.json d1 expect.colour: is not known here",
        "/some.json w1 kind: must be one of deadline, working-day, age, identity, decision",
        "/others.json: cannot be read as UTF-8 text",
        "/missing.json: cannot be read as UTF-8 text",
        ": cannot be read as UTF-8 text",
    ]
