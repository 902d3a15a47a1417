"""What citizens are told."""

import pytest

from emrcore import rules
from emrcore.access import Reason, explain
from emrcore.access.explanation import SENTENCES
from emrcore.texts import Language
from world import Cards, moscow


def test_every_deciding_rule_has_a_sentence() -> None:
    """ACC-14: each access rule that can decide has a sentence for citizens."""
    ids = {name for name in rules.register() if name.startswith("ACC-")}
    assert ids - set(SENTENCES) == {"ACC-14", "ACC-22"}


@pytest.mark.parametrize("rule_id", sorted(SENTENCES))
def test_russian_and_english(rule_id: str) -> None:
    """ACC-14: the reason is told in Russian and in English, and the two differ."""
    reason = Reason(rule=rules.register()[rule_id], source="", constant=15)
    english, russian = explain(reason, Language.EN), explain(reason, Language.RU)
    assert english.isascii()
    assert not russian.isascii()


def test_days_are_written_as_the_language_does(cards: Cards) -> None:
    """ACC-1: the opening day is written 14.01.2020 in Russian and 2020-01-14 in English."""
    reason = cards.view(at=moscow(2020, 1, 1)).refusal
    assert reason is not None
    assert "14.01.2020" in explain(reason, Language.RU)
    assert "2020-01-14" in explain(reason, Language.EN)
