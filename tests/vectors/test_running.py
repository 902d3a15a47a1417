"""The command that runs vectors: what it prints, how it exits, and what it refuses to run."""

import copy
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from emrcore.cli.main import main
from emrcore.testing import vectors
from emrcore.testing.vectors import Vectors

EXAMPLE = pathlib.Path(__file__).parent / "example.json"
Captured = pytest.CaptureFixture[str]


def example() -> Any:
    return json.loads(EXAMPLE.read_text("utf-8"))


def vectors_of(data: object) -> Vectors:
    return vectors.read(json.dumps(data), file="mine.json")


def put(data: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy of *data* with *value* at *path*."""
    changed = copy.deepcopy(data)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def without(data: Any, path: tuple[str | int, ...]) -> Any:
    """A copy of *data* with nothing at *path*."""
    changed = copy.deepcopy(data)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def run(capsys: Captured, *files: pathlib.Path) -> tuple[int, list[str], str]:
    code = main(["vectors", "run", *map(str, files)])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


def run_text(capsys: Captured, folder: pathlib.Path, text: str) -> tuple[int, list[str], str]:
    path = folder / "mine.json"
    path.write_text(text, "utf-8")
    return run(capsys, path)


# -- Running ---------------------------------------------------------------------------------------


def test_the_shipped_vectors_pass() -> None:
    """Without a file the shipped vectors are run, and all of them pass."""
    command = [sys.executable, "-m", "emrcore", "vectors", "run"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    number = sum(len(page.cases) for page in vectors.shipped())
    assert answer.stdout == f"{number} passed, 0 failed\n"


def test_there_are_vectors_of_every_kind() -> None:
    """A host finds cases for each question it has to answer."""
    kinds = {type(case.question) for page in vectors.shipped() for case in page.cases}
    assert len(kinds) == 5


def test_the_example_passes(capsys: Captured) -> None:
    """The example of the format is valid, and right."""
    assert run(capsys, EXAMPLE) == (0, ["8 passed, 0 failed"], "")


@pytest.mark.parametrize(
    ("number", "expect", "line"),
    [
        (
            0,
            {"due": "2020-01-22"},
            'd1: expected {"due": "2020-01-22"}, got {"due": "2020-01-21"} [CAL-5]',
        ),
        (
            0,
            {"due": None},
            'd1: expected {"due": null}, got {"due": "2020-01-21"} [CAL-5]',
        ),
        (
            0,
            {"error": "beyond-calendar"},
            'd1: expected {"error": "beyond-calendar"}, got {"due": "2020-01-21"} [CAL-5]',
        ),
        (
            1,
            {"due": "2020-01-24"},
            'd2: expected {"due": "2020-01-24"}, got {"due": "2020-01-27"} [CAL-8]',
        ),
        (
            2,
            {"due": None},
            'd3: expected {"due": null}, got {"error": "beyond-calendar"} [CAL-2]',
        ),
        (
            3,
            {"working": False},
            'w1: expected {"working": false}, got {"working": true} [CAL-1]',
        ),
        (
            4,
            {"reached": True},
            'a1: expected {"reached": true}, got {"reached": false} [PPL-1]',
        ),
        (
            5,
            {"valid": True, "born": "1905-01-15", "sex": "female"},
            (
                'i1: expected {"born": "1905-01-15", "sex": "female"}, '
                'got {"born": "1905-01-14", "sex": "male"} [ID-2]'
            ),
        ),
        (
            6,
            {"valid": True},
            'i2: expected {"valid": true}, got {"valid": false} [ID-6]',
        ),
        (
            7,
            {"visible": False, "rule": "ACC-10"},
            'v1: expected {"visible": false}, got {"visible": true} [ACC-10]',
        ),
        (
            7,
            {"visible": True, "until": "2025-05-05T00:00:00+03:00"},
            (
                'v1: expected {"until": "2025-05-05T00:00:00+03:00"}, '
                'got {"until": "2025-05-06T00:00:00+03:00"} [ACC-10]'
            ),
        ),
    ],
)
def test_a_wrong_expectation(
    capsys: Captured, tmp_path: pathlib.Path, number: int, expect: Any, line: str
) -> None:
    """A case that fails is one line, with what was expected, what was got, and by which rule."""
    wrong = put(example(), ("cases", number, "expect"), expect)
    code, lines, errors = run_text(capsys, tmp_path, json.dumps(wrong))
    assert (code, errors) == (1, "")
    assert lines == [line, "7 passed, 1 failed"]


def test_a_card_that_is_open_has_no_rule(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """Without a document the question is whether the card is refused, and why."""
    card = without(example(), ("cases", 7, "given", "document"))
    opened = put(card, ("cases", 7, "expect"), {"visible": True, "rule": None})
    assert run_text(capsys, tmp_path, json.dumps(opened)) == (0, ["8 passed, 0 failed"], "")
    wrong = put(card, ("cases", 7, "expect"), {"visible": False})
    code, lines, _ = run_text(capsys, tmp_path, json.dumps(wrong))
    assert code == 1
    assert lines[0] == 'v1: expected {"visible": false}, got {"visible": true}'
    refused = put(wrong, ("cases", 7, "given", "granted_at"), None)
    refused = put(refused, ("cases", 7, "expect", "rule"), "ACC-8")
    assert run_text(capsys, tmp_path, json.dumps(refused))[0] == 0


def test_several_files(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """The cases of all files are counted together."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(put(example(), ("cases", 3, "expect", "working"), False)))
    code, lines, _ = run(capsys, EXAMPLE, wrong)
    assert code == 1
    assert lines[1:] == ["15 passed, 1 failed"]


def test_moments_are_compared_as_moments() -> None:
    """The same moment may be written with another offset."""
    expect = {"until": "2025-05-05T21:00:00Z"}
    assert not list(vectors.run(vectors_of(put(example(), ("cases", 7, "expect"), expect))))


def test_the_year_of_a_passport() -> None:
    """A case may say the year in which a passport is read; else whoever runs it does."""
    given = {"paper": "passport", "value": "45 22 123456"}
    said = put(example(), ("cases", 6, "given"), given | {"year": 2020})
    assert not list(vectors.run(vectors_of(said), year=2021))
    unsaid = vectors_of(put(example(), ("cases", 6, "given"), given))
    assert not list(vectors.run(unsaid, year=2020))
    assert [failure.case for failure in vectors.run(unsaid, year=2021)] == ["i2"]
    assert [failure.case for failure in vectors.run(unsaid)] == ["i2"]
