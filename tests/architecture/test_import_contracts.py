"""The contracts of `[tool.importlinter]` hold, and each of them can break."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

CONTRACTS = (
    "floors",
    "no-hidden-inputs",
    "holidays",
    "dateutil",
    "cattrs",
    "vendors",
    "adapters",
)

# The contract, the module that gets the wrong import, and what it imports.
PLANTS = [
    ("floors", "access", "emrcore.office"),
    ("floors", "rulebook", "emrcore.adapters.memory"),
    ("floors", "applications", "emrcore.sessions"),
    ("floors", "calendar", "emrcore.people"),
    ("floors", "diary", "emrcore.feedback"),
    ("floors", "feedback", "emrcore.applications"),
    ("floors", "ports", "emrcore.testing"),
    ("no-hidden-inputs", "people", "random"),
    ("no-hidden-inputs", "sessions", "secrets"),
    ("no-hidden-inputs", "calendar", "time"),
    ("no-hidden-inputs", "journal", "os"),
    ("no-hidden-inputs", "wire", "logging"),
    ("no-hidden-inputs", "feedback", "random"),
    ("no-hidden-inputs", "diary", "time"),
    ("no-hidden-inputs", "access", "sqlalchemy"),
    ("holidays", "calendar", "holidays"),
    ("holidays", "people", "holidays"),
    ("dateutil", "access", "dateutil.relativedelta"),
    ("cattrs", "records", "cattrs"),
    ("vendors", "office", "sqlalchemy"),
    ("vendors", "cli", "psycopg"),
    ("vendors", "adapters.kannel", "aiosmpplib"),
    ("vendors", "adapters.sql", "narwhals"),
    ("vendors", "records", "narwhals"),
    ("adapters", "adapters.planted", "emrcore.adapters.memory"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to be spoilt."""
    ignored = shutil.ignore_patterns("__pycache__", "data", "*.mo")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(copy: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [option for contract in contracts for option in ("--contract", contract)]
    return subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache", *chosen],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def plant(copy: Path, module: str, imported: str) -> None:
    path = (copy / "src" / "emrcore").joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\nimport {imported}\n")


def test_the_contracts_are_kept(copy: Path) -> None:
    """The package as it stands keeps every contract, and no contract is left out here."""
    answer = lint(copy)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in answer.stdout


def test_the_core_is_all_that_stands_below_the_ports() -> None:
    """A package added below the ports takes no hidden input either."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    by_id = {contract["id"]: contract for contract in contracts["contracts"]}
    assert set(by_id) == set(CONTRACTS)

    layers: list[str] = by_id["floors"]["layers"]
    below = " ".join(layers[layers.index("ports") + 1 :])
    names = [name.strip("()") for name in below.split() if name != "|"]
    package = ROOT / "src" / "emrcore"
    there = [name for name in names if list(package.glob(f"{name}*"))]

    listed = by_id["no-hidden-inputs"]["source_modules"]
    assert listed == [f"emrcore.{name}" for name in there]


def test_every_contract_is_seen_to_break() -> None:
    """A contract that nothing can break says nothing."""
    assert {contract for contract, _, _ in PLANTS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "imported"), PLANTS)
def test_a_wrong_import_breaks_its_contract(
    copy: Path, contract: str, module: str, imported: str
) -> None:
    """One import in the wrong place, and the contract names it."""
    plant(copy, module, imported)

    answer = lint(copy, contract)

    vendor = imported if imported.startswith("emrcore") else imported.partition(".")[0]
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"emrcore.{module} -> {vendor}" in answer.stdout


def test_a_package_without_a_floor_breaks_the_floors(copy: Path) -> None:
    """Whoever adds a package says on which floor it stands."""
    plant(copy, "lodgers", "emrcore.rules")

    answer = lint(copy, "floors")

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "emrcore.lodgers" in answer.stdout + answer.stderr
