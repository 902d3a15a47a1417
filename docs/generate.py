"""Writes ``reference/rules.md`` from the register, the code that names a rule and its tests.

    python docs/generate.py

The manual runs it before it is built. The test of the register reads the code and the tests
through this module too, so that the page and the test cannot disagree.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from emrcore import rules
from emrcore.rules import Rule

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
TESTS = ROOT / "tests"
SUITES = SOURCE / "emrcore" / "testing"
PAGE = ROOT / "docs" / "reference" / "rules.md"

SUBJECTS = {
    "PPL": "People",
    "ID": "Identity papers",
    "CAL": "Working days and deadlines",
    "RB": "Rulebooks",
    "ACC": "Access",
    "REC": "Records",
    "APP": "Applications",
    "SES": "Second factor and sessions",
    "JRN": "The journal",
    "STO": "The store",
    "EMG": "Emergencies",
    "FHIR": "Exchange with FHIR",
}

_ID = re.compile(r"\b[A-Z]+-\d+\b")
_CITED = re.compile(
    r"((?:[A-Z]+-\d+)(?:,\s+[A-Z]+-\d+)*)(?:\s+\(T\d+(?:,\s+T\d+)*\))?:\s+(.+)", re.DOTALL
)
"""The rules a test is about, the attack cases that it is, and what it says."""

PREAMBLE = """\
# Rules

Everything emrcore enforces: an id that never changes, one sentence, where it comes from, the
modules that enforce it, and what its tests say. *Announcement* and *choice* are explained in
[the announcement, sentence by sentence](announcement.md).
"""


@attrs.frozen(kw_only=True)
class Proof:
    """What one test says about a rule, and where the test stands."""

    says: str
    where: str


def modules_by_rule() -> Mapping[str, list[str]]:
    """The modules that enforce each rule, by the rule's id.

    Code that refuses by a rule names its constant, ``rules.ACC_1``; code that is the rule says
    ``ACC-1`` in a docstring.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((SOURCE / "emrcore").rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if module != "emrcore.rules" and not path.is_relative_to(SUITES):
            for rule in sorted(set(_named(ast.parse(path.read_text("utf-8"))))):
                found[rule].append(module.removesuffix(".__init__"))
    return found


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="rules"), attr=name) if name.isupper():
                yield name.replace("_", "-")
            case ast.Expr(value=ast.Constant(value=str(docstring))):
                yield from _ID.findall(docstring)
            case _:
                pass


def proofs_by_rule() -> Mapping[str, list[Proof]]:
    """What the tests say about each rule, by the ids their docstrings begin with.

    The suites that are shipped for a host's own adapters are tests, too.
    """
    found: defaultdict[str, list[Proof]] = defaultdict(list)
    for path in sorted([*TESTS.rglob("test_*.py"), *SUITES.rglob("*.py")]):
        for name, text in _tests(ast.parse(path.read_text("utf-8"))):
            if cited := _CITED.match(text):
                says = " ".join(cited[2].split("\n\n")[0].split())
                where = f"{path.relative_to(ROOT).as_posix()}::{name}"
                for rule in re.split(r",\s+", cited[1]):
                    found[rule].append(Proof(says=says, where=where))
    return found


def _tests(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The name and the docstring of every test."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            yield node.name, ast.get_docstring(node) or ""


def page() -> str:
    """The whole page."""
    modules, proofs = modules_by_rule(), proofs_by_rule()
    parts = [PREAMBLE]
    subject = ""
    for rule in rules.register().values():
        prefix = rule.id.partition("-")[0]
        if prefix != subject:
            subject = prefix
            parts.append(f"## {SUBJECTS.get(prefix, prefix)}\n")
        parts.append(_entry(rule, modules.get(rule.id, []), proofs.get(rule.id, [])))
    return "\n".join(parts)


def _entry(rule: Rule, modules: list[str], proofs: list[Proof]) -> str:
    enforced = ", ".join(f"`{module}`" for module in modules) or "*nowhere yet*"
    said = [f"  - {line}" for line in dict.fromkeys(proof.says for proof in proofs)]
    return "\n".join(
        [
            f"({rule.id.lower()})=",
            f"### {rule.id}",
            "",
            rule.says,
            "",
            f"- Source: {rule.source}",
            f"- Enforced in: {enforced}",
            "- Tested:" if said else "- Tested: *not yet*",
            *said,
            "",
        ]
    )


def write() -> None:
    """Write the page, unless it says all this already."""
    text = page()
    if not PAGE.exists() or PAGE.read_text("utf-8") != text:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
