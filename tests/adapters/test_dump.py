"""What somebody finds who has carried off the store's file, and has no keys."""

import base64
import pathlib
import re
import sqlite3
from collections.abc import Callable, Generator

import attrs
import pytest
import sqlalchemy as sa

from emrcore.adapters.sql import SqlStorage, metadata, migrate, sqlite_engine
from emrcore.envelopes import Envelope
from emrcore.office import places
from emrcore.people import Snils
from emrcore.wire import decode
from spellings import ScatteredBytes, found
from world import Town, new_town

PHONE = ("+79161234567", "89161234567", "9161234567", "8 (916) 123-45-67", "916) 123-45-67")
PAPERS = ("7767940868999926", "4504123456", "45 04 123456", "11223344595", "112-233-445 95")


WAYS: list[Callable[[str], bytes]] = [
    lambda text: text.encode(),
    lambda text: f"{{{text}}}".encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: base64.b64encode(f'{{"mobile":"{text}"}}'.encode()),
    lambda text: base64.b64encode(f'{{"mobil":"{text}"}}'.encode()),
    lambda text: base64.urlsafe_b64encode(f'{{"mobi":"{text}"}}'.encode()),
    lambda text: f'"{text}"'.encode().hex().encode(),
    lambda text: int(text).to_bytes(8, "big"),
    bytes.fromhex,
]
"""How a careless store might keep a number."""


@pytest.mark.parametrize("written", WAYS)
def test_search_finds_what_is_there(written: Callable[[str], bytes]) -> None:
    """STO-3: the search below would see a number that was kept in clear."""
    assert found("9161234567", b"before" + written("9161234567") + b"after")
    assert not found("9162234567", b"before" + written("9161234567") + b"after")


@pytest.fixture
def engine(tmp_path: pathlib.Path) -> Generator[sa.Engine]:
    """A database in a file."""
    made = sqlite_engine(tmp_path / "carried-off.db")
    migrate(made)
    yield made
    made.dispose()


def files(path: pathlib.Path) -> bytes:
    """The bytes of the database and of what lies beside it."""
    return b"".join(one.read_bytes() for one in sorted(path.glob("carried-off.db*")))


def tidy(path: pathlib.Path, *statements: str) -> None:
    """Let the database do *statements*, each outside of any transaction."""
    connection = sqlite3.connect(path / "carried-off.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def tables(engine: sa.Engine) -> bytes:
    """Every column of every row of every table, as text."""
    with engine.connect() as connection:
        rows = [connection.execute(table.select()) for table in metadata.sorted_tables]
        return repr([tuple(row) for result in rows for row in result]).encode()


def lived_in(engine: sa.Engine) -> tuple[Town, list[str]]:
    """A town that keeps all in the database, and the codes that came to the phone."""
    town = new_town()
    town.office = attrs.evolve(town.office, storage=SqlStorage(engine), randomness=ScatteredBytes())
    town.grant_both(papers=attrs.evolve(town.papers, snils=Snils("11223344595")))
    first = town.last_code()
    token = town.enter(first)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    return town, [first, town.last_code(), token.partition(".")[2]]


def test_search_a_stolen_file(engine: sa.Engine, tmp_path: pathlib.Path) -> None:
    """STO-3, SES-6, SES-9 (T73): no phone, paper, code or token, before and after the checkpoint.

    R59, R61.
    """
    _, codes = lived_in(engine)
    dumps = [files(tmp_path), tables(engine)]
    tidy(tmp_path, "PRAGMA wal_checkpoint(TRUNCATE)")
    dumps.append(files(tmp_path))
    for dump in dumps:
        assert b"access-granted.1" in dump
        for secret in (*PHONE, *PAPERS, *codes):
            assert found(secret, dump) == [], secret


def test_search_a_stolen_file_for_an_erased_key(engine: sa.Engine, tmp_path: pathlib.Path) -> None:
    """STO-5: not in the rows at once, and not in the file once it is vacuumed."""
    town, _ = lived_in(engine)
    place = places.envelope(town.mother.id)
    wrapped = decode(town.office.storage.load(place)[place].text, Envelope).wrapped
    text = base64.b64encode(wrapped)
    assert text in tables(engine)
    town.office.erase(town.mother.id, by=town.operator)
    assert text not in tables(engine)
    tidy(tmp_path, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    assert text not in files(tmp_path)
    assert re.search(b"person-erased", files(tmp_path))
