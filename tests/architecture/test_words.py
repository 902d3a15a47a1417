"""Words: the repository speaks of itself only, and calls a thing by what it is."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Split, so that this file does not speak of them.
OUTSIDE = ("../" + "shared", "/work/" + "shared", "." + "library", "/work/" + "main")

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

NOT_OURS = {".git", ".venv", ".tools", "__pycache__", "_build", "dist", "var", "node_modules"}
PACKED = {".gz", ".png", ".jpg", ".mo", ".pyc", ".db", ".sqlite"}


def files(folder: Path) -> Iterator[Path]:
    """Every file of the repository that somebody wrote."""
    for path in folder.iterdir():
        cache = path.name.endswith("_cache") or path.name == ".hypothesis"
        if path.name in NOT_OURS or cache or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        elif path.suffix not in PACKED:
            yield path


def test_no_file_speaks_of_things_outside() -> None:
    """Whoever has the repository has all it speaks of."""
    speaking = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files(ROOT)
        for word in OUTSIDE
        if word.encode() in path.read_bytes()
    ]

    assert speaking == []


def test_no_module_is_named_by_its_kind() -> None:
    """A package is a word of the domain, a module a noun inside it."""
    named = [
        str(path.relative_to(ROOT))
        for path in files(ROOT / "src")
        if path.suffix == ".py" and EMPTY_WORDS & set(path.relative_to(ROOT).with_suffix("").parts)
    ]

    assert named == []
