"""What somebody finds who has carried off the store's file, and has no keys."""

import base64
import hashlib
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
from world import Town, new_town

PHONE = ("+79161234567", "89161234567", "9161234567", "8 (916) 123-45-67", "916) 123-45-67")
PAPERS = ("7767940868999926", "4504123456", "45 04 123456", "11223344595", "112-233-445 95")


def spellings(secret: str) -> Generator[bytes]:
    """*secret* in every common encoding, at every alignment."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        yield secret.encode(encoding)
    for raw in (secret.encode(), secret.encode("utf-16-le")):
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield raw[::-1]
        yield from _base64(raw)
    yield base64.b32encode(secret.encode()).rstrip(b"=")[:-1]
    if secret.isdigit():
        yield from _numbers(int(secret))


def _base64(raw: bytes) -> Generator[bytes]:
    """What stands in the base64 of any text with *raw* in it, wherever it begins."""
    for before in range(3):
        text = base64.b64encode(b"\x00" * before + raw)
        known = text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield known
        yield known.translate(bytes.maketrans(b"+/", b"-_"))


def _numbers(number: int) -> Generator[bytes]:
    """As a number of 8 bytes, or as packed digits."""
    yield number.to_bytes(8, "big")
    yield number.to_bytes(8, "little")
    digits = str(number)
    yield bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")


def found(secret: str, dump: bytes) -> list[bytes]:
    return [one for one in spellings(secret) if one in dump]


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


@attrs.define
class ScatteredBytes:
    """Looks like chance and is the same in every run: no short code turns up in it by accident."""

    _count: int = 0

    def bytes(self, number: int) -> bytes:
        """See ``Randomness.bytes``."""
        self._count += 1
        return hashlib.shake_256(str(self._count).encode()).digest(number)


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
    """STO-3, SES-6, SES-9: no phone, paper, code or token, before and after the checkpoint.

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
