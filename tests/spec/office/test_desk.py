"""Which rulebooks an office can be run by."""

import importlib.resources

import attrs
import pytest

from emrcore.errors import Malformed
from emrcore.rulebook import parse
from world import Town

TEXT = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)
BAND = "[edition.relations.guardian.until-15]"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TEXT[: TEXT.index("[edition.entry]")], "leaves to the host"),
        (
            TEXT.replace(BAND, f'{BAND}\nmost_viewers = {{ value = 5, source = "choice: bands" }}'),
            "limits how many may see a card",
        ),
        (TEXT.replace('value = "moscow"', 'value = "atlantis"'), "calendars.atlantis: is missing"),
    ],
)
def test_rulebooks_that_ask_for_more(town: Town, text: str, fault: str) -> None:
    """RB-3: an office refuses at once a rulebook that it could not keep."""
    with pytest.raises(Malformed) as refused:
        attrs.evolve(town.office, rulebook=parse(text, file="test.toml"))
    assert fault in str(refused.value)
