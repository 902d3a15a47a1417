"""Either of the two databases."""

import pytest
import sqlalchemy as sa


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> sa.Engine:
    """The tables in each of the two databases, empty."""
    found: sa.Engine = request.getfixturevalue(request.param)
    return found
