"""A SQLite file keeps what every storage promises."""

import os
import pathlib
import subprocess
import sys

import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import SqlStorage, sqlite_engine
from emrcore.journal import breaks
from emrcore.ports import Storage
from emrcore.testing.contracts import StorageContract
from emrcore.testing.contracts.examples import CARD, KEY, details, held, waiting

WRITER = """
import os, sys
from emrcore.adapters.sql import SqlStorage, migrate, sqlite_engine
from emrcore.testing.contracts.examples import CARD, KEY, entry, item
from emrcore.ports import Batch

engine = sqlite_engine(sys.argv[1])
migrate(engine)
storage = SqlStorage(engine)
for version in range(3):
    storage.commit(
        Batch(
            shard=CARD,
            expect={KEY: version},
            put={KEY: "kept"},
            entries=(entry("kept"),),
            outbox=(item(str(version)),),
        )
    )
os._exit(9)
"""


def test_what_is_acknowledged_survives_the_process(tmp_path: pathlib.Path) -> None:
    """STO-4: one that ends at once, without closing anything."""
    path = tmp_path / "emrcore.db"
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, path],
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == 9
    storage = SqlStorage(sqlite_engine(path))
    assert held(storage, KEY) == [("kept", 3)]
    assert details(storage) == ["kept"] * 3
    assert list(breaks(storage.links(CARD))) == []
    assert waiting(storage) == ["0", "1", "2"]


class TestSqlite(StorageContract):
    @pytest.fixture
    def storage(self, sqlite: sa.Engine) -> Storage:
        return SqlStorage(sqlite)
