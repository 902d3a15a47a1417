"""The published edge cases say the truth about themselves."""

import pathlib
import re

import generate
from emrcore import rules

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "edge-cases.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| case")
]


def test_every_row_is_whole() -> None:
    """Each case says what is done, by which rules, and in which state it is."""
    assert len(ROWS) > 25
    for case, elsewhere, ours, cited, state in ROWS:
        assert case
        assert elsewhere
        assert ours
        assert state in {"Done", "Planned"}
        assert (state == "Done") is bool(re.findall(r"\[([A-Z]+-\d+)\]", cited)), case


def test_every_done_case_has_rules_with_tests() -> None:
    """A case that is done names rules that exist, and every one of them has a test."""
    tested = generate.proofs_by_rule()
    register = rules.register()
    for case, _, _, cited, _ in ROWS:
        for name, link in re.findall(r"\[([A-Z]+-\d+)\]\(rules\.md#([a-z]+-\d+)\)", cited):
            assert name.lower() == link, case
            assert name in register, f"{case}: {name} is no rule"
            assert name in tested, f"{case}: {name} has no test"
