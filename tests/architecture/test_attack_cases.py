"""The published attack cases are tested, and no test speaks of one that is not published."""

import ast
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "attack-cases.md").read_text("utf-8")
CASES = re.findall(r"(?m)^\| (T\d+) \|", PAGE)


def named_by_tests() -> set[str]:
    """The cases that a test's docstring names."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = re.match(r"[A-Z]+-\d[^(:]*\((T[^)]*)\):", ast.get_docstring(node) or "")
                found |= set(re.findall(r"T\d+", named[1])) if named else set()
    return found


def test_every_case_has_a_test() -> None:
    """A case without a test is a wish."""
    assert len(CASES) == len(set(CASES)) > 50
    assert set(CASES) - named_by_tests() == set()


def test_every_case_of_a_test_is_published() -> None:
    """A number that nobody can look up says nothing."""
    assert named_by_tests() - set(CASES) == set()
