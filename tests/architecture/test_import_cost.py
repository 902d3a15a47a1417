"""What `import emrcore` costs: nothing that the host did not ask for."""

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest

import emrcore

HEAVY = ("sqlalchemy", "holidays", "cryptography", "pyotp", "cattrs", "dateutil", "pytest")

IMPORT = """
import sys

touched = []


def note(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", ".pyd")):
        touched.append(f"open {arguments[0]}")
    elif event.startswith(("socket.", "subprocess.", "os.system", "sqlite3.")):
        touched.append(event)


sys.addaudithook(note)
import emrcore

loaded, touched = sorted(sys.modules), list(touched)

import json

print(json.dumps({"loaded": loaded, "touched": touched}))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    """What a fresh interpreter has loaded and touched after `import emrcore`."""
    # -B: a first import would otherwise write its bytecode.
    answer = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("package", HEAVY)
def test_importing_loads_no_heavy_package(imported: dict[str, Any], package: str) -> None:
    """A host pays for a dependency when it uses what needs it."""
    assert package not in imported["loaded"]


def test_importing_loads_no_adapter(imported: dict[str, Any]) -> None:
    """Which adapters there are is the host's choice."""
    loaded = [name for name in imported["loaded"] if name.startswith("emrcore.adapters")]
    assert loaded == []


def test_a_rulebook_is_read_without_facts_papers_and_calendars() -> None:
    """Who only reads a rulebook pays for no class of a fact, no paper and no deadline."""
    answer = subprocess.run(
        [sys.executable, "-B", "-c", RULEBOOK], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    loaded = set(json.loads(answer.stdout))
    spared = {"dateutil", "emrcore.people.family", "emrcore.people.identity"}
    assert not loaded & (spared | {"emrcore.calendar.deadlines", "emrcore.access"})
    assert "emrcore.rulebook.reading" in loaded


RULEBOOK = """
import json, sys
from emrcore.rulebook import shipped

shipped("ru-moscow-2020")
print(json.dumps(sorted(sys.modules)))
"""


def test_importing_touches_nothing(imported: dict[str, Any]) -> None:
    """No file but the modules themselves, no socket, no process, no database."""
    assert imported["touched"] == []


def test_every_public_name_is_there() -> None:
    """The vocabulary is complete: each name of `__all__` resolves, and none is listed twice."""
    names: list[str] = emrcore.__all__

    missing = [name for name in names if not hasattr(emrcore, name)]

    assert names, "nothing is exported"
    assert missing == []
    assert len(set(names)) == len(names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as it does anywhere else."""
    with pytest.raises(AttributeError):
        getattr(importlib.import_module("emrcore"), "no_such_name")  # noqa: B009
