"""How the mother shares a card, and who opens it."""

import datetime as dt
from collections.abc import Callable

from emrcore.applications import Asked, Filed
from emrcore.errors import RuleBroken
from emrcore.office import Citizen, MadeShare, OpenedShare, WrongPasscode
from emrcore.people import Account, AccountId, AccountLevel, PatientId, parse_identity
from emrcore.ports import Shard
from emrcore.records import DocumentId
from emrcore.rulebook import Check, Role
from emrcore.sharing import ShareRefused, Terms
from emrcore.wire import decode_any
from world import Cards, Town

DOCTOR = "Dr. Ivanova, Kazan"
SECTIONS = ("exam-protocols", "lab-results")


def signed_in(town: Town, role: Role = Role.SELF) -> Citizen:
    """The mother, granted both cards and signed in, with a document in each section of two."""
    town.grant_both()
    cards = Cards(town.office.edition(town.clock.at))
    for patient in (town.own, town.wards):
        town.office.add_documents(
            patient,
            tuple(
                cards.document(section, id=DocumentId(section), patient=patient)
                for section in (*SECTIONS, "radiology")
            ),
            source="lab",
        )
    return Citizen(account=town.account, token=town.enter(), role=role)


def grown_up(town: Town) -> Citizen:
    """The child, 15 by now, let into the own card and signed in."""
    office = town.office
    account = Account(id=AccountId("a2"), person=town.child.id, level=AccountLevel.FULL)
    papers = parse_identity(
        passport="45 24 123456",
        oms="123456789",
        mobile="8 (903) 000-00-01",
        born=town.child.born,
        sex=None,
        year=2025,
    )
    asked = (Asked(patient=town.wards, role=Role.SELF),)
    filed = office.file(account, asked=asked, papers=papers)
    assert isinstance(filed, Filed)
    for check in Check:
        office.record_check(account.id, filed.id, check=check, passed=True, by=town.operator)
    office.grant(account.id, filed.id, town.wards, by=town.operator)
    login = office.begin_login(account, host_session="h2")
    signed = office.verify(account, town.last_code(), host_session="h2", acknowledged=login.notice)
    return Citizen(account=account, token=signed.token)


def terms(town: Town, *sections: str, **duration: float) -> Terms:
    """Two days, and two sections, where nothing else is said."""
    length = dt.timedelta(**duration) if duration else dt.timedelta(days=2)
    return Terms(sections=sections or SECTIONS, until=town.clock.at + length)


def share(
    town: Town, reader: Citizen, asked: Terms | None = None, patient: PatientId | None = None
) -> MadeShare:
    """Approve a share by SMS, and make it."""
    town.clock.turn(minutes=1)
    asked, patient = asked or terms(town), patient or of(town, reader)
    town.office.begin_approval(reader, town.office.share_action(reader, patient, asked))
    return town.office.make_share(reader, patient, asked, town.last_code())


def of(town: Town, reader: Citizen) -> PatientId:
    """The card that *reader* looks at in that role."""
    return town.own if reader.role is Role.SELF else town.wards


def opened(town: Town, made: MadeShare, passcode: object = None) -> OpenedShare:
    """What the doctor sees."""
    found = town.office.open_share(
        made.address, recipient=DOCTOR, passcode=made.passcode if passcode is None else passcode
    )
    assert isinstance(found, OpenedShare)
    return found


def left(town: Town, made: MadeShare, passcode: object) -> int:
    """How many tries are left after *passcode*, which is wrong."""
    found = town.office.open_share(made.address, recipient=DOCTOR, passcode=passcode)
    assert isinstance(found, WrongPasscode)
    return found.left


def wrong(made: MadeShare) -> str:
    """Another passcode of as many digits."""
    digits = len(made.passcode)
    return f"{(int(made.passcode) + 1) % 10**digits:0{digits}}"


def rule_of(call: Callable[[], object]) -> str:
    """The id of the rule that refuses *call*."""
    try:
        call()
    except RuleBroken as refused:
        return refused.rule.id
    raise AssertionError("nothing refused it")


def refusals(town: Town, patient: PatientId) -> list[str]:
    """By which rules openings were refused, as the journal has it."""
    links = town.office.storage.links(Shard.of_patient(patient))
    events = [decode_any(link.entry.detail) for link in links]
    return [event.rule for event in events if isinstance(event, ShareRefused)]
