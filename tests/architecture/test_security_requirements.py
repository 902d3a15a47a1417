"""Every security requirement is answered: by a test, or by a line that says why there is none.

What these tests see is what the page of the requirements shows; both read it through
docs/generate.py.
"""

import ast
import itertools
import re
from pathlib import Path

import pytest

import generate
from emrcore import rules
from emrcore.errors import Malformed
from emrcore.people import parse_mobile
from emrcore.rulebook import Means
from emrcore.sessions import Ending, PhoneEnd, PhoneState, Purpose

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "emrcore"
EVERY = list(itertools.chain.from_iterable(generate.requirements().values()))


# -- The register ---------------------------------------------------------------------------------


def test_requirements_are_numbered_without_a_gap() -> None:
    """An id never moves, and none is left out in silence."""
    assert [one.id for one in EVERY] == [f"R{n}" for n in range(1, 83)]
    assert {one.level for one in EVERY} == {"must", "should"}


def test_every_requirement_is_answered() -> None:
    """By a test, by the host, or by a reason why it is not there yet."""
    silent = [one.id for one in EVERY if not one.proofs() and not one.rest]
    vague = [one.id for one in EVERY if one.rest and not is_a_reason(one.rest)]

    assert (silent, vague) == ([], [])


def is_a_reason(rest: str) -> bool:
    return rest.partition(": ")[0] in {"the host's", "not yet"} and len(rest.split()) > 4


def test_a_requirement_without_an_answer_is_seen() -> None:
    """The test above can fail: a requirement of no rule that no test names has no proof."""
    left_out = generate.Requirement(id="R0", level="must", says="x", sources=(), rules=())

    assert left_out.proofs() == []
    assert not is_a_reason("not yet")


def test_every_rule_that_is_mapped_exists() -> None:
    """A requirement leads to a rule, never to nowhere."""
    known = rules.register()
    strangers = [f"{one.id}: {rule}" for one in EVERY for rule in one.rules if rule not in known]

    assert strangers == []


def test_every_clause_is_of_a_standard_that_is_named() -> None:
    """A clause can be looked up: the page says what it is a clause of; every standard is used."""
    named = generate.standards()
    cited = [(one.id, clause) for one in EVERY for clause in one.sources]
    loose = [
        (id_, clause)
        for id_, clause in cited
        if not clause.startswith(("choice: ", *(f"{name} " for name in named)))
        and not clause.startswith(tuple(f"{name}," for name in named))
        and clause not in named
    ]
    unused = [name for name in named if not any(clause.startswith(name) for _, clause in cited)]

    assert (loose, unused) == ([], [])
    assert all(one.sources for one in EVERY)


def test_no_test_names_a_requirement_that_is_not_there() -> None:
    """A number that is misspelt would prove nothing."""
    assert set(generate.proofs_by_requirement()) <= {one.id for one in EVERY}


def test_the_page_of_the_profiles_says_what_the_profiles_say() -> None:
    """Its table is that of ``python docs/generate.py``; every choice it cites has its reason."""
    page = generate.PROFILES_PAGE.read_text("utf-8")
    shown = generate.TABLE.search(page)

    assert shown is not None
    assert shown[0] == generate.profiles_table()
    reasons = {f"(choice-{key})=" for key in re.findall(r"choice: ([a-z-]+)", shown[0])}
    assert reasons == set(re.findall(r"(?m)^\(choice-[a-z-]+\)=", page))


# -- What only the source itself can show ----------------------------------------------------------


def modules() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imported(tree: ast.Module) -> set[str]:
    """The roots of all that *tree* imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.partition(".")[0])
            case _:
                pass
    return found


def test_nothing_imports_a_guessable_generator() -> None:
    """R1: no module imports ``random`` or a NumPy; the system's generator is imported by one.

    The simulated city must come out alike from a seed, and holds nobody's secret.
    """
    guessable = [
        name
        for name, tree in modules()
        if imported(tree) & {"random", "numpy", "uuid"} and not name.startswith("testing/")
    ]
    secure = [name for name, tree in modules() if "secrets" in imported(tree)]

    assert guessable == []
    assert secure == ["adapters/system.py"]


COMPARED_SECRETS = {"code", "expected", "given", "hashes", "password", "secret", "token"}
COMPARING = {
    "office/codes.py",
    "sessions/proving.py",
    "sessions/recovery.py",
    "sessions/session.py",
}


def leaking_comparisons(tree: ast.Module) -> list[int]:
    """The lines where ``==`` or ``!=`` has a secret on one of its sides."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and any(named(side) in COMPARED_SECRETS for side in (node.left, *node.comparators))
    ]


def named(side: ast.expr) -> str | None:
    match side:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return named(value)
        case _:
            return None


def test_secrets_are_compared_in_constant_time() -> None:
    """R11: where codes and secrets are compared there is no ``==``, but ``hmac.compare_digest``."""
    trees = dict(modules())
    places = ("office/", "sessions/", "envelopes/")
    leaking = [
        f"{name}:{line}"
        for name, tree in trees.items()
        if name.startswith(places)
        for line in leaking_comparisons(tree)
    ]
    constant = {name for name, tree in trees.items() if "compare_digest" in ast.dump(tree)}

    assert leaking == []
    assert constant >= COMPARING
    assert leaking_comparisons(ast.parse("state.secret == digest(secret)")) == [1]
    assert leaking_comparisons(ast.parse("self.hashes[0] != slow")) == [1]


def test_no_mail_as_a_factor() -> None:
    """R36: the means are an authenticator, SMS and recovery codes; a landline is no mobile."""
    assert set(Means) == {Means.TOTP, Means.SMS, Means.RECOVERY}
    try:
        landline: object = parse_mobile("+7 495 123-45-67")
    except Malformed as error:
        landline = error
    assert isinstance(landline, Malformed)


# -- The page of the second factor -----------------------------------------------------------------

SECOND_FACTOR = (ROOT / "docs" / "explanation" / "second-factor.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("phones", [*PhoneState, *PhoneEnd]),
        ("purposes", list(Purpose)),
        ("endings", list(Ending)),
    ],
)
def test_the_lives_on_the_page_are_those_of_the_code(part: str, names: list[str]) -> None:
    """Each state, ending and purpose stands in its table once or more, and no other does."""
    table = re.search(rf"(?s)<!-- {part} -->(.*)<!-- end of {part} -->", SECOND_FACTOR)

    assert table is not None
    assert set(re.findall(r"`([a-z-]+)`", table[1])) == {str(name) for name in names}
