"""Whether another message may leave, kept across accounts, in commits of their own.

A message is counted before it is sent: who is interrupted in between has counted one too many, and
never one too few.
"""

import datetime as dt
from collections.abc import Callable

from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.indexes import blind_index
from emrcore.office.work import Work
from emrcore.people import AccountId, Mobile
from emrcore.ports import Key
from emrcore.sessions import Budget, Traffic


def reserve(desk: Desk, number: str, client: str | None) -> bool:
    """Count a message to *number*, caused by *client*; False, if none may leave (SES-25)."""
    rule = desk.entry(desk.now()).sending
    index = blind_index(desk.keys, Mobile(number), key=desk.keys.current)
    phone = places.traffic("phone", index.digest.hex())
    reserved = _count(desk, phone, lambda traffic, at: traffic.allows_phone(at, rule))
    if reserved and client:
        place = places.traffic("client", client)
        reserved = _count(desk, place, lambda traffic, at: traffic.allows_client(at, rule))
    return reserved and _count_in_all(desk)


def reserve_notice(desk: Desk, account: AccountId, kind: str) -> bool:
    """Count a notice of one *kind* to *account*; False, if it was told often enough (SES-30).

    Each kind by itself, and apart from the codes: nobody can drown the notice that tells of them.
    """
    rule = desk.entry(desk.now()).sending
    place = places.traffic("notice", f"{account}/{kind}")
    return _count(desk, place, lambda traffic, at: traffic.allows_phone(at, rule))


def count_proven(desk: Desk) -> None:
    """Count a code that was used."""

    def verb(work: Work) -> None:
        place = places.budget()
        budget = work.load(place, Budget) or Budget()
        work.put(place, budget.counted(work.now, proven=1))

    desk.apart(places.budget().shard, verb)


def _count(desk: Desk, place: Key, allows: Callable[[Traffic, dt.datetime], bool]) -> bool:
    def verb(work: Work) -> bool:
        traffic = work.load(place, Traffic) or Traffic()
        if not allows(traffic, work.now):
            return False
        work.put(place, traffic.counted(work.now))
        return True

    return desk.apart(place.shard, verb)


def _count_in_all(desk: Desk) -> bool:
    rule = desk.entry(desk.now()).sending

    def verb(work: Work) -> bool:
        place = places.budget()
        budget = work.load(place, Budget) or Budget()
        if not budget.allows(work.now, rule):
            return False
        work.put(place, budget.counted(work.now, sent=1))
        return True

    return desk.apart(places.budget().shard, verb)
