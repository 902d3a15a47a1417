"""The register of rules is whole: every rule has a source, code that names it and a test.

What the tests see is what the page of the rules shows; both read it through docs/generate.py.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import generate
from emrcore import rules

ROOT = Path(__file__).parents[2]
REGISTER = rules.register()
CONSTANTS = {name: value for name, value in vars(rules).items() if isinstance(value, rules.Rule)}
RULEBOOKS = sorted((ROOT / "src" / "emrcore" / "rulebooks").glob("*.toml"))
ANNOUNCEMENT = ROOT / "docs" / "reference" / "announcement.md"


def listed(ids: Iterator[str] | list[str]) -> str:
    """All of them at once, one a line."""
    return "".join(f"\n  {one}" for one in ids)


def test_an_id_names_one_rule_and_is_its_constant() -> None:
    """Two rules under one id would be one in the journal."""
    wrong = [
        f"{name} = {rule.id}"
        for name, rule in CONSTANTS.items()
        if rule.id != name.replace("_", "-")
    ]

    assert not wrong, listed(wrong)
    assert len(REGISTER) == len(CONSTANTS)


def test_every_rule_says_something_and_where_it_comes_from() -> None:
    """A rule without a source is an opinion."""
    silent = [rule.id for rule in REGISTER.values() if not rule.says.strip()]
    unsourced = [rule.id for rule in REGISTER.values() if not rule.source.strip()]

    assert not silent, listed(silent)
    assert not unsourced, listed(unsourced)


def test_every_rule_is_named_by_code() -> None:
    """A rule that no code names is enforced by luck."""
    modules = generate.modules_by_rule()
    unnamed = [f"{rule.id}: {rule.says}" for rule in REGISTER.values() if rule.id not in modules]

    assert not unnamed, f"neither rules.X nor a docstring names{listed(unnamed)}"


def test_every_rule_has_a_test() -> None:
    """A test says which rule it is about at the start of its docstring."""
    proofs = generate.proofs_by_rule()
    untested = [f"{rule.id}: {rule.says}" for rule in REGISTER.values() if rule.id not in proofs]

    assert not untested, f"no test's docstring begins with{listed(untested)}"


def test_no_test_speaks_of_a_rule_that_is_not_there() -> None:
    """An id is never taken back in silence, and never misspelt."""
    strangers = [
        f"{rule}: {proof.where}"
        for rule, proofs in generate.proofs_by_rule().items()
        if rule not in REGISTER
        for proof in proofs
    ]

    assert not strangers, listed(strangers)


# -- Sources that point to the page of the announcement -------------------------------------------


def sources() -> Iterator[tuple[str, str]]:
    """Every source of the register and of the rulebooks, and who cites it."""
    for rule in REGISTER.values():
        yield rule.id, rule.source
    for path in RULEBOOKS:
        yield from cited(tomllib.loads(path.read_text("utf-8")), path.name)


def cited(value: object, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from cited(inner, key)
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            if name == "source" and isinstance(inner, str):
                yield key, inner
            yield from cited(inner, f"{key} {name}")


def keys(source: str, kind: str) -> Iterator[str]:
    """The numbers and key words that *source* cites after *kind*; a reason in full is no key."""
    for place in source.split(";"):
        name, _, key = place.strip().replace(":", " ", 1).partition(" ")
        if name == kind and not key.startswith("(") and len(key.split()) <= 2:
            yield key.strip()


def on_the_page(kind: str) -> set[str]:
    """What the page answers for: its targets ``(announcement-2)=``, ``(choice-restrictions)=``."""
    page = ANNOUNCEMENT.read_text("utf-8")
    return {name.replace("-", " ") for name in re.findall(rf"(?m)^\({kind}-([a-z0-9-]+)\)=", page)}


def test_every_sentence_and_choice_that_is_cited_is_on_the_page() -> None:
    """A citation leads to the sentence, and a choice to its reason."""
    missing = [
        f"{who}: {kind} {key}"
        for kind in ("announcement", "choice")
        for who, source in sources()
        for key in keys(source, kind)
        if key not in on_the_page(kind)
    ]

    assert not missing, listed(missing)
