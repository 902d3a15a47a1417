"""Writes the pages of ``reference/`` that are made of code, data and tests.

    python docs/generate.py

``rules.md`` comes from the register, the code that names a rule and its tests;
``security-requirements.md`` from the file of that name and the tests; ``mission.md`` from the page
of the announcement and the tests; the table in ``entry-profiles.md`` from the profiles.

The manual runs it before it is built. The tests of the registers read code and tests through this
module too, so that a page and its test cannot disagree.
"""

import ast
import functools
import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import attrs

from emrcore import rules
from emrcore.rulebook import entry_profile, profile_names, shipped
from emrcore.rulebook.cited import Cited
from emrcore.rulebook.entry import BOUNDS, LockStep
from emrcore.rules import Rule

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
TESTS = ROOT / "tests"
SUITES = SOURCE / "emrcore" / "testing"
REFERENCE = ROOT / "docs" / "reference"
PAGE = REFERENCE / "rules.md"

SUBJECTS = {
    "PPL": "People",
    "ID": "Identity papers",
    "CAL": "Working days and deadlines",
    "RB": "Rulebooks",
    "ACC": "Access",
    "REC": "Records",
    "APP": "Applications",
    "SES": "Second factor and sessions",
    "MSG": "Messages",
    "JRN": "The journal",
    "STO": "The store",
    "EMG": "Emergencies",
    "SHR": "Shares",
    "SHL": "SMART Health Links",
    "FHIR": "Exchange with FHIR",
}

_REQUIREMENT = re.compile(r"\bR\d+\b")
_NAMED = re.compile(r"^R\d+(?:, R\d+)*: |\s\(R\d+(?:, R\d+)*\)|\n\nR\d+(?:, R\d+)*\.$")
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
    """What one test says about a rule, where it stands, and which requirements it names."""

    says: str
    where: str
    names: tuple[str, ...] = ()


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
    for cited, proofs in _documented().items():
        for rule in re.split(r",\s+", cited) if cited else ():
            found[rule] += proofs
    return found


@functools.cache
def _documented() -> Mapping[str, list[Proof]]:
    """What every test says, by what its docstring cites: ``SES-4``, ``SES-4, STO-2``, or none."""
    found: defaultdict[str, list[Proof]] = defaultdict(list)
    for path in sorted([*TESTS.rglob("test_*.py"), *SUITES.rglob("*.py")]):
        for name, text in _tests(ast.parse(path.read_text("utf-8"))):
            cited = _CITED.match(text)
            where = f"{path.relative_to(ROOT).as_posix()}::{name}"
            found[cited[1] if cited else ""].append(_proof(cited[2] if cited else text, where))
    return found


def proofs_by_requirement() -> Mapping[str, list[Proof]]:
    """What the tests say about each security requirement that they name.

    A docstring names it in brackets, ``SES-21: ... (R13).``, in a last paragraph of its own, or in
    place of a rule, ``R1: ...``.
    """
    found: defaultdict[str, list[Proof]] = defaultdict(list)
    for proof in itertools.chain.from_iterable(_documented().values()):
        for name in proof.names:
            found[name].append(proof)
    return found


def _proof(text: str, where: str) -> Proof:
    names = _REQUIREMENT.findall(" ".join(_NAMED.findall(text)))
    says = " ".join(_NAMED.sub("", text).split("\n\n")[0].split())
    return Proof(says=says, where=where, names=tuple(names))


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


# -- Security requirements -------------------------------------------------------------------------

REQUIREMENTS = REFERENCE / "security-requirements.toml"

REQUIREMENTS_PREAMBLE = """\
# Security requirements

What getting in, storing and journaling must hold, told in our own words, with the clauses it comes
from, the rules that enforce it, and what the tests say. The level is emrcore's, which may be
stricter than the source's. *The host's* is what a library cannot do, *not yet* what this one does
not do; a test of the project fails on a requirement that nothing answers.
"""


@attrs.frozen(kw_only=True)
class Requirement:
    """One requirement of the file: see its head for what the fields mean."""

    id: str
    level: str
    says: str
    sources: tuple[str, ...]
    rules: tuple[str, ...]
    rest: str | None = None

    def proofs(self) -> list[Proof]:
        """The tests that name it or, where none does, those of its rules."""
        by_rule = proofs_by_rule()
        return proofs_by_requirement().get(self.id) or [
            proof for rule in self.rules for proof in by_rule.get(rule, [])
        ]


def standards() -> Mapping[str, str]:
    """The standards that requirements come from, by the name a clause begins with."""
    found: dict[str, str] = tomllib.loads(REQUIREMENTS.read_text("utf-8"))["standards"]
    return found


def requirements() -> Mapping[str, list[Requirement]]:
    """Every requirement, by the title of its group, in the order of the file."""
    return {
        group["title"]: [
            Requirement(
                id=name,
                level=entry["level"],
                says=entry["says"],
                sources=tuple(entry["from"]),
                rules=tuple(entry["rules"]),
                rest=entry.get("rest"),
            )
            for name, entry in group.items()
            if name != "title"
        ]
        for group in tomllib.loads(REQUIREMENTS.read_text("utf-8"))["group"]
    }


def requirements_page() -> str:
    """The whole page."""
    parts = [REQUIREMENTS_PREAMBLE, _count()]
    for title, entries in requirements().items():
        parts += [f"## {title}\n", *map(_requirement, entries)]
    rows = [f"| {name} | {title} |" for name, title in standards().items()]
    parts += ["## Standards\n", "| cited as | is |", "|---|---|", *rows, ""]
    return "\n".join(parts)


def _count() -> str:
    """How many requirements stand how."""
    every = list(itertools.chain.from_iterable(requirements().values()))
    tested = [one for one in every if one.proofs()]
    whole = sum(one.rest is None for one in tested)
    return (
        f"Of {len(every)} requirements {whole} are shown by tests in full, "
        f"{len(tested) - whole} in part, and {len(every) - len(tested)} by none.\n"
    )


def _requirement(one: Requirement) -> str:
    linked = ", ".join(f"[{rule}](rules.md#{rule.lower()})" for rule in one.rules)
    said = [f"  - {line}" for line in dict.fromkeys(proof.says for proof in one.proofs())]
    rest = f"- {one.rest[0].upper()}{one.rest[1:]}." if one.rest else None
    lines = [
        f"({one.id.lower()})=",
        f"### {one.id} ({one.level})",
        "",
        one.says,
        "",
        f"- From: {'; '.join(one.sources)}",
        f"- Rules: {linked}" if linked else None,
        rest,
        "- Tested:" if said else None,
        *said,
        "",
    ]
    return "\n".join(line for line in lines if line is not None)


# -- The announcement ------------------------------------------------------------------------------

ANNOUNCEMENT = REFERENCE / "announcement.md"
MISSION = REFERENCE / "mission.md"

MISSION_PREAMBLE = """\
# The announcement in one table

Every sentence of [the announcement](announcement.md), the rules that it became, the modules that
enforce them, how many tests show it, and what one of them says. A test of the project fails on a
sentence that nothing shows.

| sentence | rules | enforced in | tests | such as | state |
|---|---|---|---|---|---|
"""

_SENTENCE = re.compile(
    r"(?ms)^\(announcement-(\d+)\)=\n### \d+\. (.+?)\n(.*?)^- \*\*State\.\*\* (.+?)(?=\n\n|\Z)"
)
_SHOWS = re.compile(r"\(announcement (\d+)\)")


@attrs.frozen(kw_only=True)
class Sentence:
    """One sentence of the announcement as its page tells it."""

    number: int
    says: str
    rules: tuple[str, ...]
    state: str

    def proofs(self) -> list[Proof]:
        """The tests that name it, ``(announcement 10)``, and then those of its rules."""
        own = [
            proof
            for proof in itertools.chain.from_iterable(_documented().values())
            if str(self.number) in _SHOWS.findall(proof.says)
        ]
        every = [*own, *(one for rule in self.rules for one in proofs_by_rule().get(rule, []))]
        return sorted(every, key=lambda one: (one not in own, "/spec/" not in one.where))


def sentences() -> list[Sentence]:
    """All of them, in order."""
    return [
        Sentence(
            number=int(number),
            says=says,
            rules=tuple(dict.fromkeys(re.findall(r"\[([A-Z]+-\d+)\]", text + state))),
            state=" ".join(state.split()),
        )
        for number, says, text, state in _SENTENCE.findall(ANNOUNCEMENT.read_text("utf-8"))
    ]


def mission_page() -> str:
    """The whole page."""
    return MISSION_PREAMBLE + "".join(map(_mission_row, sentences()))


def _mission_row(one: Sentence) -> str:
    modules = modules_by_rule()
    where = dict.fromkeys(name for rule in one.rules for name in modules.get(rule, []))
    proofs = one.proofs()
    cells = [
        f"[{one.number}. {one.says}](announcement.md#announcement-{one.number})",
        ", ".join(f"[{rule}](rules.md#{rule.lower()})" for rule in one.rules),
        ", ".join(f"`{name.removeprefix('emrcore.')}`" for name in where),
        str(len(proofs)),
        proofs[0].says if proofs else "",
        _LINK.sub(r"\1", one.state),
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


# -- Entry profiles --------------------------------------------------------------------------------

PROFILES_PAGE = REFERENCE / "entry-profiles.md"
TABLE = re.compile(r"(?s)(?<=<!-- table -->\n).*(?=<!-- end of table -->)")


def profiles_table() -> str:
    """Every value of every profile, what it may be, and where it comes from.

    A cell is empty where a profile says what the one before it says.
    """
    columns = {name: dict(_cited(entry_profile(name))) for name in profile_names()}
    moscow = shipped("ru-moscow-2020").editions[0].entry
    head = ["value", "may be", *columns, "ru-moscow-2020", "sources"]
    rows = [head, ["---"] * len(head)]
    rows += [_row(place, columns, dict(_cited(moscow))) for place in next(iter(columns.values()))]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(
    place: str,
    columns: Mapping[str, Mapping[str, tuple[Cited[Any], str]]],
    moscow: Mapping[str, tuple[Cited[Any], str]],
) -> list[str]:
    cells, sources = list[str](), list[str]()
    before = None
    for column in columns.values():
        cited, _ = column[place]
        changed = before is None or cited != before
        cells.append(_shown(cited.value) if changed else "")
        if changed and cited.source not in sources:
            sources.append(cited.source)
        before = cited
    default, bounds = next(iter(columns.values()))[place]
    here = moscow[place][0].value
    other = "" if here == default.value else _shown(here)
    return [f"`{place}`", bounds, *cells, other, "; then ".join(sources)]


def _cited(rule: Any, place: str = "") -> Iterator[tuple[str, tuple[Cited[Any], str]]]:
    """Every value of *rule* by its place, with its bounds."""
    kind: type[Any] = rule.__class__
    for field in attrs.fields(kind):
        value, name = getattr(rule, field.name), f"{place}{field.name}"
        if isinstance(value, Cited):
            least_most = field.metadata.get(BOUNDS)
            bounds = f"{least_most[0]} to {least_most[1]}" if least_most else ""
            yield name, (value, bounds)
        else:
            yield from _cited(value, f"{name}.")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, cast("tuple[object, ...]", value)))
    if isinstance(value, LockStep):
        return f"{value.failures}: {value.minutes} min"
    return str(value)


# -- All of them -----------------------------------------------------------------------------------


def write() -> None:
    """Write the pages, unless they say all this already."""
    profiles = PROFILES_PAGE.read_text("utf-8")
    pages = {
        PAGE: page(),
        REQUIREMENTS.with_suffix(".md"): requirements_page(),
        MISSION: mission_page(),
        PROFILES_PAGE: TABLE.sub(lambda _: profiles_table(), profiles),
    }
    for path, text in pages.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
