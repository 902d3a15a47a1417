"""How values are written."""

import datetime as dt
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.access import Facts
from emrcore.errors import Corrupt
from emrcore.rulebook import shipped
from emrcore.wire import TAGS, decode, decode_any, encode
from world import Cards

GOLDEN = pathlib.Path(__file__).parents[2] / "data" / "wire"
FACTS = Cards(shipped("ru-moscow-2020").editions[0]).facts()


def test_round_trip() -> None:
    """STO-4: what is written is read back equal."""
    assert decode(encode(FACTS), Facts) == FACTS


def test_canonical() -> None:
    """STO-4: equal moments are written equal, whatever their zone."""
    moved = Cards(shipped("ru-moscow-2020").editions[0]).facts(
        grants=tuple(
            type(grant)(viewer=grant.viewer, since=grant.since.astimezone(dt.UTC))
            for grant in FACTS.grants
        )
    )
    assert encode(moved) == encode(FACTS)


def test_naive_moment_is_not_written() -> None:
    """STO-4: a naive moment is refused when written."""
    naive = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    facts = Cards(shipped("ru-moscow-2020").editions[0]).facts(
        grants=(type(FACTS.grants[0])(viewer=FACTS.grants[0].viewer, since=naive),)
    )
    with pytest.raises(ValueError, match="naive"):
        encode(facts)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "facts.9"},
        {"type": None},
        {"patient": 7},
        {"patient": None},
        {"extra": 1},
        {"person": "x"},
        {"grants": [{"viewer": "v", "since": "2020-01-01T00:00:00", "until": None}]},
        {"grants": [{"viewer": "v", "since": 1.5, "until": None}]},
    ],
)
def test_not_as_written_is_corrupt(change: dict[str, object]) -> None:
    """STO-4: a stored value that is not exactly as written is corrupt, never coerced."""
    text = json.dumps(json.loads(encode(FACTS)) | change)
    with pytest.raises(Corrupt):
        decode(text, Facts)


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_junk_is_corrupt(text: str) -> None:
    """STO-4: whatever stands in the store, reading it fails in one way only."""
    with pytest.raises(Corrupt):
        decode_any(text)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden(path: pathlib.Path) -> None:
    """STO-4: what an earlier library wrote is read, and written the same again."""
    text = path.read_text("utf-8").strip()
    assert encode(decode_any(text)) == text


def test_every_tag_has_a_golden_file() -> None:
    """STO-4: no tag is ever lost: each has a file that must stay readable."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(TAGS)
