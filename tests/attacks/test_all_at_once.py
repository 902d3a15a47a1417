"""Many at once: in threads and processes, over memory, SQLite and PostgreSQL.

Each attack is also made on a storage that writes blindly, where it must succeed: otherwise it would
prove nothing of the sound one.
"""

import concurrent.futures
import itertools
import pathlib
from collections.abc import Callable, Generator, Sequence

import attrs
import pytest
import sqlalchemy as sa

from attackers import (
    BlindMemory,
    BlindSql,
    Site,
    awaiting_code,
    count,
    in_processes,
    in_threads,
    processes,
    told,
    told_or_begun,
    town_over,
    wrong,
)
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.ports import Shard, Storage
from world import Town

GUESSES = 200
RIGHT = 64
REQUESTS = 30
LIMIT = 5

Attack = Callable[[Town, Sequence[str]], list[str]]
"""Gives all codes at once, an empty one asking for a new code; what each was told."""


@attrs.frozen
class Field:
    """Where an attack is made: over *storage*, and how all at once is done there."""

    storage: Storage
    attack: Attack


def threads(town: Town, given: Sequence[str]) -> list[str]:
    """From 32 threads of this process."""
    return in_threads(lambda code: told_or_begun(town, code), given)


@pytest.fixture(scope="module")
def pool() -> Generator[concurrent.futures.Executor]:
    """Processes that wait for something to do."""
    with processes() as executor:
        yield executor


PLACES = ["memory", "sqlite", "sqlite, processes", "postgres"]


@pytest.fixture
def field(request: pytest.FixtureRequest) -> Field:
    """One place, sound or blind."""
    place, blind = request.param
    if place == "memory":
        return Field(BlindMemory() if blind else MemoryStorage(), threads)
    engine: sa.Engine = request.getfixturevalue(place.partition(",")[0])
    storage = BlindSql(engine) if blind else SqlStorage(engine)
    if place != "sqlite, processes":
        return Field(storage, threads)
    path: pathlib.Path = request.getfixturevalue("tmp_path") / "emrcore.db"
    executor: concurrent.futures.Executor = request.getfixturevalue("pool")

    def attack(town: Town, given: Sequence[str]) -> list[str]:
        return in_processes(executor, Site(path=path, at=town.clock.at, blind=blind), given)

    return Field(storage, attack)


def over(*, blind: bool) -> pytest.MarkDecorator:
    """In every place."""
    places = list(itertools.product(PLACES, [blind]))
    return pytest.mark.parametrize("field", places, indirect=True, ids=PLACES)


def prepared(field: Field) -> tuple[Town, str]:
    """A town over the field's storage, and the code that is awaited there."""
    sound: Storage = MemoryStorage()
    if isinstance(field.storage, SqlStorage):
        sound = SqlStorage(vars(field.storage)["_transactions"].engine)
    town = town_over(sound)
    code = awaiting_code(town)
    if isinstance(field.storage, MemoryStorage):
        vars(field.storage).update(vars(sound))
    town.office = attrs.evolve(town.office, storage=field.storage)
    return town, code


@over(blind=False)
def test_guess_in_parallel(field: Field) -> None:
    """SES-5 (T1, T2): of 200 wrong codes at once five are evaluated; then the right one is late."""
    town, code = prepared(field)
    answers = field.attack(town, [wrong(code)] * GUESSES)
    assert set(answers) <= {"SES-3", "busy"}
    assert count(town, "code-refused.1") == LIMIT
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert (len(factor.failed_at), factor.failures, factor.challenge) == (LIMIT, LIMIT, None)
    assert told(town, code) == "SES-3"


@over(blind=True)
def test_guess_in_parallel_where_writes_are_blind(field: Field) -> None:
    """SES-5 (T1): where a storage writes blindly more than five are evaluated."""
    town, code = prepared(field)
    field.attack(town, [wrong(code)] * GUESSES)
    assert count(town, "code-refused.1") > LIMIT


@over(blind=False)
def test_use_one_code_in_parallel(field: Field) -> None:
    """SES-2 (T3, T16): of 64 right codes at once one opens a session."""
    town, code = prepared(field)
    before = len(sessions_of(town))
    answers = field.attack(town, [code] * RIGHT)
    assert answers.count("in") == 1
    assert set(answers) <= {"in", "SES-3", "busy"}
    assert len(sessions_of(town)) == before + 1
    assert told(town, code) == "SES-3"


@over(blind=True)
def test_use_one_code_in_parallel_where_writes_are_blind(field: Field) -> None:
    """SES-2 (T3): where a storage writes blindly one code opens many."""
    town, code = prepared(field)
    assert field.attack(town, [code] * RIGHT).count("in") > 1


@over(blind=False)
def test_ask_for_codes_in_parallel(field: Field) -> None:
    """SES-10 (T42, T36): of 30 requests at once one sends a code."""
    town, _ = prepared(field)
    before = count(town, "code-issued.1")
    town.clock.turn(hours=2)
    assert set(field.attack(town, [""] * REQUESTS)) == {"begun"}
    assert count(town, "code-issued.1") == before + 1
    assert sum(town.office.dispatch(town.sender()).values()) == 1


@over(blind=True)
def test_ask_for_codes_in_parallel_where_writes_are_blind(field: Field) -> None:
    """SES-10 (T42): where a storage writes blindly many codes are sent."""
    town, _ = prepared(field)
    before = count(town, "code-issued.1")
    town.clock.turn(hours=2)
    field.attack(town, [""] * REQUESTS)
    assert count(town, "code-issued.1") > before + 1


def sessions_of(town: Town) -> list[str]:
    """The sessions that were ever opened."""
    return [
        key.id for key in town.office.storage.find(Shard.of_account(town.account.id), "session")
    ]
