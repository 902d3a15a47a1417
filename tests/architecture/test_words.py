"""Words: a thing is called by what it is."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

EMPTY_WORDS = {
    "base",
    "common",
    "core",
    "enums",
    "handlers",
    "helpers",
    "managers",
    "models",
    "services",
    "types",
    "utils",
}


def test_no_module_is_named_by_its_kind() -> None:
    """A package is a word of the domain, a module a noun inside it."""
    named = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if EMPTY_WORDS & set(path.relative_to(ROOT).with_suffix("").parts)
    ]

    assert named == []
