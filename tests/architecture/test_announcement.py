"""Every sentence of the announcement is a rule that a test shows, or is argued."""

import pytest

import generate
from generate import Sentence


def test_the_page_has_every_sentence() -> None:
    """They are twenty-nine, and none is missing from the table."""
    found = generate.sentences()
    assert [one.number for one in found] == list(range(1, 30))
    table = generate.mission_page()
    assert all(f"[{one.number}. {one.says}]" in table for one in found)


@pytest.mark.parametrize("sentence", generate.sentences(), ids=lambda one: str(one.number))
def test_a_sentence_is_done_and_shown(sentence: Sentence) -> None:
    """It says that it is done, and tests say so, too."""
    assert sentence.state.startswith("Done")
    assert "Planned" not in sentence.state
    assert sentence.proofs(), f"no test names a rule of it, or (announcement {sentence.number})"
