"""The keys that the manual keeps in a device keep what all keys promise, and ask seldom."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from emrcore.applications import Filed
from emrcore.office import Citizen
from emrcore.ports import Keys
from emrcore.testing.contracts import KeysContract
from world import Town, new_town

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "keep-keys-elsewhere.md"


def written() -> dict[str, Any]:
    """What the page defines."""
    names: dict[str, Any] = {"__name__": "page"}
    for block in re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text("utf-8")):
        if ">>>" not in block:
            exec(block, names)  # noqa: S102 - the manual is ours
    return names


WRITTEN = written()


class TestKeysInDevice(KeysContract):
    @pytest.fixture
    def keys(self) -> Keys:
        keys: Keys = in_device("2020")
        return keys

    @pytest.fixture
    def rotated(self) -> Keys:
        keys: Keys = in_device("2020", "2021")
        return keys


def in_device(*names: str) -> Any:
    masters = {"2020": WRITTEN["OLD"], "2021": WRITTEN["NEW"]}
    device = WRITTEN["Device"]({name: masters[name] for name in names})
    return WRITTEN["KeysInDevice"](device=device, current=names[-1])


@pytest.fixture
def town() -> Town:
    """A town whose keys are in a device."""
    town = new_town()
    town.office = attrs.evolve(town.office, keys=in_device("2020"))
    return town


def asked(town: Town, verb: Callable[[], object]) -> list[str]:
    """What the device was asked for by *verb*."""
    requests: list[str] = getattr(town.office.keys, "device").requests  # noqa: B009
    before = len(requests)
    verb()
    return requests[before:]


def test_how_often_the_device_is_asked(town: Town) -> None:
    """STO-6: as the table of the manual says, and not at all when a card is read."""
    office, account = town.office, town.account
    file, grant = ["wrap", "unwrap"], ["unwrap", "unwrap"]
    assert asked(town, town.grant_both) == file + grant
    assert asked(town, town.last_code) == ["unwrap", "mac", "mac", "mac"]
    code = town.phone.getvalue().rsplit("#", 1)[1].strip()
    assert asked(town, lambda: office.begin_login(account, host_session="h")) == []
    tokens: list[str] = []
    enter = asked(town, lambda: tokens.append(town.enter(code, host="h")))
    assert enter == ["mac"]
    reader = Citizen(account=account, token=tokens[0])
    assert asked(town, lambda: office.open_card(reader, town.own)) == []
    (decided,) = office.find_applications(account.id)
    assert not isinstance(decided, Filed)
    read = asked(town, lambda: office.read_papers(account.id, decided.filed.id, by=town.operator))
    assert read == ["unwrap"]
    town.clock.turn(minutes=1)
    assert asked(town, lambda: office.rewrap(before=town.clock.at)) == ["unwrap", "wrap"]
    assert asked(town, lambda: office.erase(town.mother.id, by=town.operator)) == []
