"""Who takes part: families with cards, accounts and phones, and where they stand at the start."""

import datetime as dt
import functools

import attrs

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import ApplicationId, Asked, Filed, Operator, OperatorId
from emrcore.calendar import WorkingCalendar, russian_calendar
from emrcore.office import Office, Pause, Sender
from emrcore.people import (
    Account,
    AccountId,
    AccountLevel,
    IdentityPapers,
    Kinship,
    KinshipStatus,
    Mobile,
    PatientId,
    Person,
    PersonId,
    Sex,
    parse_identity,
)
from emrcore.ports import Clock, Storage
from emrcore.records import Document, DocumentId
from emrcore.rulebook import Check, Role, Rulebook, entry_profile, shipped
from emrcore.sessions import NOTICE
from emrcore.testing.invariants import Evidence, Recorder
from emrcore.testing.simulation.phones import FaultySms, Phones
from emrcore.testing.simulation.plan import Plan
from emrcore.testing.simulation.processes import CountedBytes, Floor, SkewedClock
from emrcore.texts import Language

START = dt.datetime(2020, 1, 14, 7, tzinfo=dt.UTC)
"""Ten in the morning of the day the record opens."""

CLERK = Operator(id=OperatorId("op-1"), person=PersonId("clerk"))
SECOND_CLERK = Operator(id=OperatorId("op-2"), person=PersonId("second-clerk"))


@attrs.define
class Resident:
    """A person with an account and a phone, and what the person remembers.

    ``awaits`` is what a code was asked for, ``seen`` how many codes the person has read,
    ``granted`` whether an operator has let the person in.
    """

    account: Account
    person: Person
    number: str
    spare: str
    papers: IdentityPapers
    own: PatientId
    ward: PatientId | None
    host: str = "h1"
    tokens: list[str] = attrs.field(factory=list[str])
    token: str = ""
    applications: list[ApplicationId] = attrs.field(factory=list[ApplicationId])
    awaits: str = ""
    granted: bool = False
    seen: int = 0
    authenticator: str = ""
    recovery: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Asked, ...]:
        """The cards the person may ask for."""
        own = Asked(patient=self.own, role=Role.SELF)
        return (own, Asked(patient=self.ward, role=Role.GUARDIAN)) if self.ward else (own,)

    @property
    def mobiles(self) -> tuple[Mobile, Mobile]:
        """The number in use, and the other one."""
        return Mobile(self.number), Mobile(self.spare)


def mother(family: int) -> Resident:
    """The mother of a family, with the card of her child to ask for."""
    number, spare = f"+7916000{family:04}", f"+7916111{family:04}"
    person = Person(id=PersonId(f"mother-{family}"), born=dt.date(1950, 12, 31), sex=Sex.FEMALE)
    papers = parse_identity(
        passport=f"45 04 {700000 + family}",
        oms="7767940868999926",
        mobile=number,
        born=person.born,
        sex=person.sex,
        year=2020,
    )
    account = Account(id=AccountId(f"a{family}"), person=person.id, level=AccountLevel.FULL)
    own, ward = PatientId(f"own-{family}"), PatientId(f"child-{family}")
    return Resident(account, person, number, spare, papers, own, ward)


def child(family: int) -> Resident:
    """Her child, who in the first family is about to turn 15."""
    number, spare = f"+7926000{family:04}", f"+7926111{family:04}"
    born = dt.date(2005, 1, 16) if family == 0 else dt.date(2010, 5, 5)
    person = Person(id=PersonId(f"child-{family}"), born=born)
    papers = parse_identity(
        passport=f"45 19 {800000 + family}",
        oms="123456789",
        mobile=number,
        born=born,
        sex=None,
        year=2020,
    )
    level = AccountLevel.STANDARD if family != 1 else AccountLevel.SIMPLIFIED
    account = Account(id=AccountId(f"c{family}"), person=person.id, level=level)
    return Resident(account, person, number, spare, papers, PatientId(f"child-{family}"), None)


class Kept(MemoryStorage):
    """A memory that can be copied, so that many schedules begin where one has brought it."""

    def copy(self, kind: "type[Kept]") -> "Kept":
        """A storage of that *kind* which holds the same."""
        twin = kind()
        twin._states.update(self._states)  # noqa: SLF001 - a twin's
        twin._due.update(self._due)  # noqa: SLF001
        twin._links.update(  # noqa: SLF001
            {shard: list(links) for shard, links in self._links.items()}
        )
        twin._outbox.update(  # noqa: SLF001
            {place: attrs.evolve(one) for place, one in self._outbox.items()}
        )
        twin._documents.update(  # noqa: SLF001
            {card: dict(held) for card, held in self._documents.items()}
        )
        return twin


@attrs.define
class MemoKeys:
    """Keys that derive everything once: a schedule asks for the same ones again and again."""

    inner: LocalKeys
    derived: dict[tuple[str, bytes, str], bytes]
    opened: dict[tuple[bytes, bytes], bytes]

    @property
    def current(self) -> str:
        """See ``Keys.current``."""
        return self.inner.current

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """See ``Keys.derive``."""
        found = self.derived.get((use, context, key))
        if found is None:
            found = self.derived[use, context, key] = self.inner.derive(use, context, key=key)
        return found

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """See ``Keys.wrap``."""
        return self.inner.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``Keys.unwrap``."""
        found = self.opened.get((wrapped, context))
        if found is None:
            found = self.opened[wrapped, context] = self.inner.unwrap(wrapped, context)
        return found


_MASTERS = {"k1": bytes(range(32)), "k2": bytes(range(32, 64))}
_DERIVED: dict[tuple[str, bytes, str], bytes] = {}
_OPENED: dict[tuple[bytes, bytes], bytes] = {}


def keys(randomness: CountedBytes, current: str = "k1") -> MemoKeys:
    """The masters, of which *current* serves for new things."""
    inner = LocalKeys(masters=_MASTERS, current=current, randomness=randomness)
    return MemoKeys(inner, _DERIVED, _OPENED)


@functools.cache
def _calendars() -> dict[str, WorkingCalendar]:
    return {name: russian_calendar(name) for name in ("standard", "moscow")}


@attrs.define
class Town:
    """Everything that one schedule is about, but for who is at work."""

    plan: Plan
    storage: Storage
    evidence: Evidence
    randomness: CountedBytes
    phones: Phones
    residents: list[Resident]
    at: dt.datetime = START
    documents: int = 0

    def now(self) -> dt.datetime:
        """The true time."""
        return self.at

    def office(self, storage: Storage, clock: Clock, pause: Pause, kind: type[Office]) -> Office:
        """An office of that *kind* over *storage*."""
        return kind(
            rulebook=_rulebook(),
            calendars=_calendars(),
            storage=storage,
            keys=keys(self.randomness),
            clock=clock,
            randomness=self.randomness,
            pause=pause,
            profile=entry_profile(self.plan.profile) if self.plan.profile else None,
        )


@functools.cache
def _rulebook() -> Rulebook:
    return shipped("ru-moscow-2020")


def new_town(plan: Plan, kind: type[Kept] = Kept) -> Town:
    """The town of *plan*, at its head start, over a storage of that *kind*."""
    start = _head_start(plan.families, plan.head_start, plan.profile)
    memory = start.storage
    if not isinstance(memory, Kept):
        raise TypeError("a head start is made in memory")
    town = attrs.evolve(
        start,
        plan=plan,
        storage=memory.copy(kind),
        randomness=CountedBytes(start.randomness.count),
        phones=Phones({number: list(texts) for number, texts in start.phones.inboxes.items()}),
        residents=[
            attrs.evolve(one, tokens=list(one.tokens), applications=list(one.applications))
            for one in start.residents
        ],
    )
    past = start.evidence
    town.evidence = attrs.evolve(
        past,
        office=judge(town),
        shards=list(past.shards),
        commits=list(past.commits),
        documents=dict(past.documents),
        leases=list(past.leases),
        settlements=list(past.settlements),
        handed=list(past.handed),
        calls=list(past.calls),
        secrets=set(past.secrets),
    )
    return town


def judge(town: Town) -> Office:
    """The office as it should be, over the town's storage: what is judged by."""
    return town.office(town.storage, SkewedClock(town.now, dt.timedelta()), _at_once, Office)


def _at_once(seconds: float) -> None:
    del seconds


@functools.cache
def _head_start(families: int, head_start: str, profile: str | None) -> Town:
    """A town in which everybody has come as far as *head_start*."""
    plan = Plan(families=families, head_start=head_start, profile=profile)
    residents = [of(family) for family in range(families) for of in (mother, child)]
    storage, randomness = Kept(), CountedBytes()
    town = Town(plan, storage, _NO_EVIDENCE, randomness, Phones(), residents)
    town.evidence = Evidence(office=judge(town))
    for one in residents:
        passport = one.papers.passport.canonical
        town.evidence.secrets |= {one.number[1:], one.spare[1:], passport, "7767940868999926"}
    recorder = Recorder(storage, town.evidence, town.now)
    office = town.office(recorder, SkewedClock(town.now, dt.timedelta()), _at_once, Office)
    sms = FaultySms(town.phones, Floor(), town.evidence, town.now, _never)
    for one in residents:
        _move_in(office, one)
    for one in residents:
        if one.ward:
            _come_along(town, office, one, sender(sms))
    return town


def _never() -> None:
    raise TypeError("nothing fails before the first step")


def sender(sms: FaultySms) -> Sender:
    """How messages are worded, in English."""
    return Sender(
        sms=sms,
        host="portal.example",
        language=Language.EN,
        not_me="https://portal.example/not-me/{account}/{token}",
    )


def _move_in(office: Office, one: Resident) -> None:
    office.create_card(one.person, patient=one.own, clinic="clinic-1")
    if one.ward is None:
        guardian = PersonId(f"mother-{one.own.rpartition('-')[2]}")
        office.record_kinship(one.own, tie(guardian, one.person.id, KinshipStatus.CONFIRMED))
        office.add_documents(one.own, (document(one.own, 0),), source="lab")


def tie(guardian: PersonId, ward: PersonId, status: KinshipStatus) -> Kinship:
    """What the register says of a mother and her child."""
    return Kinship(guardian=guardian, ward=ward, since=dt.date(2019, 11, 1), status=status)


def document(patient: PatientId, number: int, body: bytes = b"body") -> Document:
    """An examination of the year before."""
    return Document(
        id=DocumentId(f"d{number}"),
        source="lab",
        patient=patient,
        section="exam-protocols",
        kind="exam-protocol",
        published_at=START - dt.timedelta(days=number + 1),
        occurred_on=dt.date(2019, 6, 1) + dt.timedelta(days=number),
        signed_on=dt.date(2019, 6, 1) + dt.timedelta(days=number),
        body=body,
    )


def _come_along(town: Town, office: Office, one: Resident, by: Sender) -> None:
    account, head_start = one.account, town.plan.head_start
    if head_start == "cards":
        return
    filed = office.file(account, asked=one.cards, papers=one.papers)
    if not isinstance(filed, Filed):
        raise TypeError("every card of the head start exists")
    one.applications.append(filed.id)
    if head_start == "filed":
        return
    for check in Check:
        office.record_check(account.id, filed.id, check=check, passed=True, by=CLERK)
    for asked in one.cards:
        office.grant(account.id, filed.id, asked.patient, by=CLERK)
    one.granted = True
    office.dispatch(by)
    if head_start == "entered":
        office.begin_login(account, host_session=one.host)
        office.dispatch(by)
        code = town.phones.codes(one.number)[-1]
        entered = office.verify(account, code, host_session=one.host, acknowledged=NOTICE)
        one.token, one.seen = entered.token, len(town.phones.codes(one.number))
        one.tokens.append(entered.token)


_NO_EVIDENCE = Evidence(
    office=Office(
        rulebook=_rulebook(),
        calendars=_calendars(),
        storage=Kept(),
        keys=keys(CountedBytes()),
        clock=SkewedClock(lambda: START, dt.timedelta()),
        randomness=CountedBytes(),
    )
)
