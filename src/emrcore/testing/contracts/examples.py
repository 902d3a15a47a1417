"""What the contracts are tried on."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from emrcore.errors import Conflict
from emrcore.journal import Actor, ActorKind, Entry
from emrcore.people import AccountId, PatientId
from emrcore.ports import ABSENT, Batch, Key, OutboxItem, Shard, Storage, Store

T = TypeVar("T")

NOW = dt.datetime(2020, 3, 1, 9, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)

PATIENT, NEIGHBOUR = PatientId("patient-1"), PatientId("patient-2")
CARD = Shard.of_patient(PATIENT)
LOGIN = Shard.of_account(AccountId("account-1"))
KEY = Key(CARD, "application", "1")

UNEVEN = ("", " ", "-", "A", "B", "Z", "_", "a", "b", "aa", "É", "é", "Ж", "я", "😀", "a'; --", "%")
"""Texts that languages, cases and quoting would order or read otherwise than by code point."""


def entry(detail: str = "{}", *, at: dt.datetime = NOW) -> Entry:
    """An entry of the journal."""
    return Entry(
        at=at, actor=Actor(kind=ActorKind.SYSTEM, id="contract"), action="test.1", detail=detail
    )


def item(identifier: str, *, shard: Shard = CARD) -> OutboxItem:
    """A message that waits."""
    return OutboxItem(
        shard=shard, id=identifier, kind="note", reference="r", not_after=NOW + 30 * DAY
    )


def write(storage: Store, *keys: Key, text: str = "", version: int = ABSENT) -> None:
    """Put *text* under *keys* of one shard, which are at *version*."""
    storage.commit(
        Batch(
            shard=keys[0].shard,
            expect=dict.fromkeys(keys, version),
            put=dict.fromkeys(keys, text),
            entries=(entry(),),
        )
    )


def refused(storage: Store, batch: Batch) -> bool:
    """Whether *batch* meets a conflict."""
    try:
        storage.commit(batch)
    except Conflict:
        return True
    return False


def anew(act: Callable[[], T]) -> T:
    """What *act* gives; whoever meets a conflict begins anew, a hundred times."""
    for _ in range(100):
        with contextlib.suppress(Conflict):
            return act()
    return act()


def held(storage: Store, *keys: Key) -> list[tuple[str, int] | None]:
    """The text and version that each of *keys* holds."""
    found = storage.load(*keys)
    return [(found[key].text, found[key].version) if key in found else None for key in keys]


def details(storage: Storage, shard: Shard = CARD) -> list[str]:
    """The details of all entries of *shard*."""
    return [link.entry.detail for link in storage.links(shard)]


def waiting(storage: Storage) -> list[str]:
    """The ids of all messages that wait; they are leased until a day from now."""
    return [one.item.id for one in storage.lease(at=NOW, until=NOW + DAY, limit=1000)]


def together(act: Callable[[int], T], *, threads: int) -> list[T]:
    """What *act* gives each of *threads* that call it, with their number, at once."""
    start = threading.Barrier(threads)

    def run(number: int) -> T:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
