"""The small world the manual's sentences are about."""

import datetime as dt
import io
import itertools
import re
import zoneinfo
from typing import Any

import attrs

from emrcore.access import Facts, Grant, View, Viewer, decide
from emrcore.adapters.console import ConsoleSms
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import ApplicationId, Asked, Filed, Operator, OperatorId
from emrcore.calendar import russian_calendar
from emrcore.office import Office, Sender
from emrcore.people import (
    Account,
    AccountId,
    AccountLevel,
    IdentityPapers,
    Kinship,
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    Sex,
    parse_identity,
)
from emrcore.ports import Shard
from emrcore.records import Document, DocumentId
from emrcore.rulebook import Check, Edition, EntryRule, Role, shipped
from emrcore.sharing import Broken, Cause
from emrcore.texts import Language

MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")


def moscow(*parts: int) -> dt.datetime:
    """A moment in Moscow."""
    year, month, day, hour, minute, *_ = (*parts, 0, 0)
    return dt.datetime(year, month, day, hour, minute, tzinfo=MOSCOW)


NOW = moscow(2020, 2, 3, 12)
"""When views are asked for, where nothing else is said."""


@attrs.frozen
class Cards:
    """Builds facts, documents and views of one card."""

    edition: Edition

    def facts(self, **changes: Any) -> Facts:
        """A child born on 2010-05-05, whose mother has a confirmed tie and a grant."""
        known = Facts(
            patient=PatientId("card"),
            person=Person(id=PersonId("child"), born=dt.date(2010, 5, 5)),
            kinships=(self.tie(),),
            grants=(
                Grant(viewer=PersonId("mother"), since=moscow(2020, 1, 21, 9)),
                Grant(viewer=PersonId("child"), since=moscow(2020, 1, 21, 9)),
            ),
        )
        return attrs.evolve(known, **changes)

    def tie(self, status: KinshipStatus = KinshipStatus.CONFIRMED, **changes: Any) -> Kinship:
        """The tie of mother and child since 2019-11-01."""
        known = Kinship(
            guardian=PersonId("mother"),
            ward=PersonId("child"),
            since=dt.date(2019, 11, 1),
            status=status,
        )
        return attrs.evolve(known, **changes)

    def view(
        self,
        facts: Facts | None = None,
        *,
        person: str = "mother",
        role: Role = Role.GUARDIAN,
        at: dt.datetime = NOW,
    ) -> View:
        """What *person* as *role* may see."""
        viewer = Viewer(person=PersonId(person), role=role)
        return decide(facts or self.facts(), viewer, at=at, edition=self.edition)

    def document(self, section: str = "lab-results", **changes: Any) -> Document:
        """A laboratory result of 2019."""
        known = Document(
            id=DocumentId("d1"),
            source="lab",
            patient=PatientId("card"),
            section=section,
            published_at=moscow(2019, 1, 2, 10),
            occurred_on=dt.date(2019, 1, 1),
            signed_on=dt.date(2019, 1, 2),
        )
        return attrs.evolve(known, **changes)


def entry_rule() -> EntryRule:
    """How one gets in in January 2020 in Moscow."""
    rule = shipped("ru-moscow-2020").editions[0].entry
    assert rule is not None
    return rule


@attrs.define
class HandClock:
    """A clock that a test turns by hand."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        """See ``Clock.now``."""
        return self.at

    def turn(self, **forward: float) -> None:
        """Turn forward by a ``timedelta`` of these."""
        self.at += dt.timedelta(**forward)


@attrs.define
class CountedBytes:
    """Randomness that repeats itself in every run, and never within one."""

    _numbers: "itertools.count[int]" = attrs.field(factory=itertools.count)

    def bytes(self, number: int) -> bytes:
        """See ``Randomness.bytes``."""
        return next(self._numbers).to_bytes(number, "big") if number > 1 else b"\x01"


@attrs.define
class Town:
    """An office with a mother, her account, her child, an operator and her phone."""

    office: Office
    clock: HandClock
    phone: io.StringIO

    mother = Person(id=PersonId("mother"), born=dt.date(1950, 12, 31), sex=Sex.FEMALE)
    child = Person(id=PersonId("child"), born=dt.date(2010, 5, 5))
    account = Account(id=AccountId("a1"), person=PersonId("mother"), level=AccountLevel.FULL)
    operator = Operator(id=OperatorId("op"), person=PersonId("clerk"))
    own = PatientId("card-of-mother")
    wards = PatientId("card-of-child")

    @property
    def papers(self) -> IdentityPapers:
        """What the mother proves to be with."""
        return parse_identity(
            passport="45 04 123456",
            oms="7767940868999926",
            mobile="8 (916) 123-45-67",
            born=self.mother.born,
            sex=self.mother.sex,
            year=2020,
        )

    def move_in(self) -> None:
        """Create both cards and confirm the tie."""
        self.office.create_card(self.mother, patient=self.own, clinic="clinic-1")
        self.office.create_card(self.child, patient=self.wards, clinic="clinic-1")
        self.office.record_kinship(self.wards, Cards(self.office.edition(self.clock.at)).tie())

    def grant_both(self, papers: IdentityPapers | None = None) -> None:
        """Move in, apply for both cards with the *papers*, and let the operator grant both."""
        self.move_in()
        asked = (
            Asked(patient=self.own, role=Role.SELF),
            Asked(patient=self.wards, role=Role.GUARDIAN),
        )
        filed = self.office.file(self.account, asked=asked, papers=papers or self.papers)
        assert isinstance(filed, Filed)
        for check in Check:
            self.office.record_check(
                self.account.id, filed.id, check=check, passed=True, by=self.operator
            )
        for patient in (self.own, self.wards):
            self.office.grant(self.account.id, filed.id, patient, by=self.operator)

    def break_glass(self, viewer: Viewer, patient: PatientId, **changes: Any) -> Broken:
        """Break the glass for the crew *viewer*, which states what is asked for."""
        stated: dict[str, Any] = {
            "cause": Cause.UNCONSCIOUS,
            "reason": "unconscious",
            "shift": "shift-1",
        }
        return self.office.break_glass(viewer, patient, **(stated | changes))

    def sender(self) -> Sender:
        """Sends to the phone, in English."""
        return Sender(sms=ConsoleSms(self.phone), host="portal.example", language=Language.EN)

    def enter(self, code: str | None = None, host: str = "h1") -> str:
        """Begin a login, give the *code* (or the last one sent), and be told the token."""
        login = self.office.begin_login(self.account, host_session=host)
        given = code or self.last_code()
        return self.office.verify(
            self.account, given, host_session=host, acknowledged=login.notice
        ).token

    def last_code(self) -> str:
        """Deliver what waits, and read the last code off the phone."""
        self.office.dispatch(self.sender())
        codes = re.finditer(r"#(\d+)$", self.phone.getvalue(), re.MULTILINE)
        return [code[1] for code in codes][-1]


def new_town() -> Town:
    """A town on 14 January 2020, at ten in the morning."""
    clock, randomness = HandClock(moscow(2020, 1, 14, 10)), CountedBytes()
    keys = LocalKeys(masters={"k1": bytes(range(32))}, current="k1", randomness=randomness)
    office = Office(
        rulebook=shipped("ru-moscow-2020"),
        calendars={name: russian_calendar(name) for name in ("standard", "moscow")},
        storage=MemoryStorage(),
        keys=keys,
        clock=clock,
        randomness=randomness,
    )
    return Town(office, clock, io.StringIO())


def actions(town: Town, shard: Shard) -> list[str]:
    """What the journal of *shard* says was done."""
    return [link.entry.action for link in town.office.storage.links(shard)]


def apply(town: Town, *, own: bool = True, wards: bool = True) -> ApplicationId:
    """File for the own card, the child's, or both."""
    asked = (
        *((Asked(patient=town.own, role=Role.SELF),) if own else ()),
        *((Asked(patient=town.wards, role=Role.GUARDIAN),) if wards else ()),
    )
    filed = town.office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    return filed.id


def check_all(town: Town, application: ApplicationId) -> None:
    """Pass every check."""
    for check in Check:
        town.office.record_check(
            town.account.id, application, check=check, passed=True, by=town.operator
        )
