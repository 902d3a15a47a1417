"""The invariants over storages that nobody simulates."""

import pathlib
from collections.abc import Callable

import attrs
import pytest

from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage, migrate, sqlite_engine
from emrcore.ports import Key, Shard, Storage
from emrcore.sessions import NOTICE
from emrcore.testing import invariants
from emrcore.testing.invariants import (
    ELSEWHERE,
    INVARIANTS,
    Evidence,
    Recorder,
    SmsRecorder,
    check_all,
)
from world import Town, new_town


def sqlite(path: pathlib.Path) -> Storage:
    engine = sqlite_engine(path / "emrcore.db")
    migrate(engine)
    return SqlStorage(engine)


class Open(MemoryStorage):
    """A memory that somebody else has access to."""

    def take_out(self, key: Key) -> None:
        del self._states[key]


def memory(path: pathlib.Path) -> Open:
    del path
    return Open()


def walked(storage: Storage) -> tuple[Town, Evidence]:
    """A town whose mother has walked the whole road over *storage*, and what was recorded of it."""
    town = new_town()
    evidence = Evidence(office=attrs.evolve(town.office, storage=storage))
    recorder = Recorder(storage, evidence, lambda: town.clock.at)
    town.office = attrs.evolve(town.office, storage=recorder)
    town.grant_both()
    sender = attrs.evolve(
        town.sender(), sms=SmsRecorder(town.sender().sms, evidence, lambda: town.clock.at)
    )
    town.office.dispatch(sender)
    token = town.enter()
    town.office.log_out(town.account, token)
    town.clock.turn(minutes=7)
    login = town.office.begin_login(town.account, host_session="h2")
    assert login.notice is None
    town.office.dispatch(sender)
    town.office.verify(town.account, town.last_code(), host_session="h2", acknowledged=NOTICE)
    return town, evidence


@pytest.mark.parametrize("made", [memory, sqlite])
def test_a_real_storage_keeps_them(
    made: Callable[[pathlib.Path], Storage], tmp_path: pathlib.Path
) -> None:
    """STO-1: whatever the storage is, the ports tell enough."""
    _, evidence = walked(made(tmp_path))
    assert len(evidence.commits) > 20
    assert [str(one) for one in check_all(evidence)] == []


def test_without_a_recorder_the_ports_are_enough_for_some(tmp_path: pathlib.Path) -> None:
    """JRN-3: what somebody changed in the tables is seen in what the journal comes to."""
    storage = memory(tmp_path)
    town, evidence = walked(storage)
    bare = Evidence(office=evidence.office, shards=evidence.shards)
    assert check_all(bare) == []
    account = Shard.of_account(town.account.id)
    (key,) = storage.find(account, "factor")
    storage.take_out(key)
    assert {one.invariant for one in check_all(bare)} == {"I6"}


def test_every_invariant_says_what_it_is() -> None:
    """Each is a function of its number, whose first words are that number."""
    for check in INVARIANTS:
        number = check.__name__.removeprefix("check_").upper()
        assert (check.__doc__ or "").startswith(f"{number}: ")
        assert getattr(invariants, check.__name__) is check
    here = {check.__name__.removeprefix("check_").upper() for check in INVARIANTS}
    elsewhere = {name for name in ELSEWHERE if " " not in name}
    assert here.isdisjoint(elsewhere)
    every = {f"I{n}" for n in range(1, 36)} | {"I9B"}
    assert every == here | {name.upper() for name in elsewhere} | {"I24", "I35"}
