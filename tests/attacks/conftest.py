"""What attackers find."""

import pytest

from world import Town, new_town


@pytest.fixture
def town() -> Town:
    """A town on 14 January 2020, at ten in the morning."""
    return new_town()
