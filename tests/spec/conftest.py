"""What the sentences of the manual begin with."""

import pytest

from emrcore.rulebook import Edition, shipped
from world import Cards, Town, new_town


@pytest.fixture
def edition() -> Edition:
    """January 2020 in Moscow."""
    return shipped("ru-moscow-2020").editions[0]


@pytest.fixture
def cards(edition: Edition) -> Cards:
    """One card in January 2020."""
    return Cards(edition)


@pytest.fixture
def town() -> Town:
    """A town on 14 January 2020, at ten in the morning."""
    return new_town()
