"""The process that writes: families walk the whole road, through the real office.

Each request has a key of its own, made of the family and the step. A writer that is started again
walks the road of its family from the beginning: what was done is told again, and what was not is
done (STO-8). So nothing has to be remembered but which families have arrived.
"""

import datetime as dt
import functools
import pathlib
import re
import time
from collections.abc import Callable
from typing import Any

import attrs
import sqlalchemy as sa

from crashes import plants
from crashes.ledger import Ledger, Phone, Recording, Surprise, Walked
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, store_engine
from emrcore.adapters.system import SystemRandomness
from emrcore.applications import ApplicationId, Filed
from emrcore.calendar import WorkingCalendar, russian_calendar
from emrcore.errors import CommitUnknown, EmrcoreError, StoreError
from emrcore.office import Citizen, Office, Sender
from emrcore.people import KinshipStatus
from emrcore.ports import Storage
from emrcore.rulebook import Check, Rulebook, shipped
from emrcore.testing.invariants import Handed
from emrcore.testing.simulation.town import CLERK, START, Resident, child, document, mother, tie
from emrcore.texts import Language

_CODE = re.compile(r"#(\d+)$")
_PATIENCE = 60.0


@attrs.frozen(kw_only=True)
class Job:
    """What to write, and where: families from the *first* on, *families* of them or without end.

    ``epoch`` is when, by the machine's monotonic clock, the office's time was ``START``. A
    ``plant`` names a bug.
    """

    url: str
    ledger: pathlib.Path
    first: int = 2
    families: int | None = None
    epoch: float
    plant: str = ""


@attrs.frozen
class Clock:
    """The office's time goes as the machine's, from ``START`` on."""

    epoch: float

    def now(self) -> dt.datetime:
        """See ``Clock.now``."""
        return START + dt.timedelta(seconds=time.monotonic() - self.epoch)


@functools.cache
def rulebook() -> tuple[Rulebook, dict[str, WorkingCalendar]]:
    """What every office here is run by."""
    calendars = {name: russian_calendar(name) for name in ("standard", "moscow")}
    return shipped("ru-moscow-2020"), calendars


KEYS = LocalKeys(masters={"k1": bytes(range(32))}, current="k1", randomness=SystemRandomness())


def office(storage: Storage, clock: Clock) -> Office:
    """An office over *storage*."""
    book, calendars = rulebook()
    return Office(
        rulebook=book,
        calendars=calendars,
        storage=storage,
        keys=KEYS,
        clock=clock,
        randomness=SystemRandomness(),
    )


def sender(phone: Phone) -> Sender:
    """How messages are worded."""
    return Sender(sms=phone, host="portal.example", language=Language.EN)


def write(
    job: Job,
    *,
    go: Callable[[], object] = lambda: None,
    engine: sa.Engine | None = None,
    acknowledged: Callable[[], object] = lambda: None,
) -> None:
    """Write as *job* says, once *go* has returned; *acknowledged* hears of each write."""
    rulebook()
    clock, ledger = Clock(job.epoch), Ledger(job.ledger)
    texts: dict[str, list[str]] = {}
    done = {0}
    for _, record in ledger.read():
        if isinstance(record, Handed):
            texts.setdefault(record.message.to, []).append(record.message.text)
        elif isinstance(record, Walked):
            done.add(record.family)
    append = ledger.open()
    engine = engine or store_engine(job.url)
    if job.plant == plants.UNSYNCED:
        plants.leave_unsynced(engine)
    go()
    storage = plants.planted(job.plant, SqlStorage(engine, keys=KEYS))
    phone = Phone(append, clock.now, texts)
    desk = office(Recording(storage, append, clock.now, acknowledged), clock)
    family, last = job.first, None if job.families is None else job.first + job.families
    while last is None or family < last:
        if family not in done:
            try:
                Road(desk, phone, family, new_keys=job.plant == "new key").walk()
            except EmrcoreError as error:
                append(Surprise(f"{type(error).__name__}: {error}"))
            append(Walked(family))
        family += 1
    engine.dispose()


@attrs.define
class Road:
    """One family's way from two cards to reading both."""

    office: Office
    phone: Phone
    family: int
    new_keys: bool = False
    step: int = 0

    def walk(self) -> None:
        """Go all of it, and wait at each step until it is done."""
        parent, ward = mother(self.family), child(self.family)
        for one in (parent, ward):
            self.once(Office.create_card, one.person, patient=one.own, clinic="clinic-1")
        known = tie(parent.person.id, ward.person.id, KinshipStatus.CONFIRMED)
        self.once(Office.record_kinship, ward.own, known)
        delivered = tuple(document(ward.own, number, b"body" * 50) for number in range(3))
        self.again(lambda: self.office.add_documents(ward.own, delivered, source="lab"))
        filed = self.once(Office.file, parent.account, asked=parent.cards, papers=parent.papers)
        if not isinstance(filed, Filed):
            raise TypeError("every card is there")
        self._decide(parent, filed.id)
        self._read(parent)

    def _decide(self, parent: Resident, filed: ApplicationId) -> None:
        account = parent.account
        for check in Check:
            self.once(Office.record_check, account.id, filed, check=check, passed=True, by=CLERK)
        for asked in parent.cards:
            self.once(Office.grant, account.id, filed, asked.patient, by=CLERK)

    def _read(self, parent: Resident) -> None:
        account = parent.account
        login = self.once(Office.begin_login, account, host_session="h1")
        self.again(lambda: self.office.dispatch(sender(self.phone)))
        texts = self.phone.texts.get(parent.number, ())
        codes = [found[1] for text in texts if (found := _CODE.search(text))]
        if not codes:
            return  # still leased by a worker that was lost
        entered = self.once(
            Office.verify, account, codes[-1], host_session="h1", acknowledged=login.notice
        )
        reader = Citizen(account=account, token=entered.token)
        self.again(lambda: self.office.open_card(reader, parent.own))
        self.again(lambda: self.office.read_page(reader, parent.own))
        self.again(lambda: self.office.log_out(account, entered.token))

    def once(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the office answers to the request of this step, however often it has to be made."""
        self.step += 1
        key = f"family-{self.family:06}-step-{self.step:03}"

        def ask() -> Any:
            made = f"{key}-{time.monotonic_ns()}" if self.new_keys else key
            return self.office.once(made, verb, *args, **kwargs)

        return self.again(ask)

    def again(self, ask: Callable[[], Any]) -> Any:
        """What *ask* answers once the store works: what it does may be repeated."""
        patience = time.monotonic() + _PATIENCE
        while True:
            try:
                return ask()
            except StoreError as error:
                if time.monotonic() > patience:
                    raise
                self.office.pause(0.2 if isinstance(error, CommitUnknown) else 0.05)
