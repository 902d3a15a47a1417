"""Telling accounts what happens to the cards they may see, and what is about to change.

A card does not know who may see it: that is judged from the facts and the grants, and a grant lives
with its account. So a card keeps which accounts were ever let in, an item of its outbox becomes a
notice to each of those that may see it at that moment, and each account has an outlook that falls
due when the next change of its view comes near.
"""

import datetime as dt

import attrs

from emrcore import sessions
from emrcore.access import Facts, Grant, Viewer, decide, next_change
from emrcore.errors import StoreError
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.entering import check_session
from emrcore.office.keeping import SYSTEM
from emrcore.office.notices import notice
from emrcore.office.readers import Citizen
from emrcore.office.second_factor import load_factor
from emrcore.office.work import Work
from emrcore.people import AccountId, PatientId
from emrcore.ports import OutboxItem, Shard
from emrcore.rulebook import Role
from emrcore.sessions import (
    Addressees,
    ChangeForetold,
    NoticeKind,
    NoticePreferences,
    Outlook,
    Told,
)

_TICK = dt.timedelta.resolution
_SOON = dt.timedelta(days=1)
_YEAR = dt.timedelta(days=365)


class Telling(Desk):
    """The verbs about what people are told."""

    __slots__ = ()

    def choose_notices(self, citizen: Citizen, preferences: NoticePreferences) -> None:
        """Choose which notices the citizen's account gets, and where; the phone is told of it.

        Raises:
            RuleBroken: NTC-5 a kind cannot be switched off; as ``Office.open_card``.
        """
        account = citizen.account.id

        def verb(work: Work) -> None:
            check_session(self, work, citizen.account, citizen.token)
            event = sessions.choose_notices(account, preferences, at=work.now)
            place = places.preferences(account)
            if preferences == (work.load(place, NoticePreferences) or NoticePreferences()):
                return
            work.put(place, sessions.evolve_preferences(event))
            work.note(event, Actor(kind=ActorKind.CITIZEN, id=citizen.account.person))
            factor = load_factor(work, account)
            if factor:
                notice(work, factor, NoticeKind.PREFERENCES, id=self.new_id())

        self.do(Shard.of_account(account), verb)

    def find_notices(self, citizen: Citizen) -> NoticePreferences:
        """What the citizen's account has chosen.

        Raises:
            RuleBroken: as ``Office.open_card``.
        """

        def verb(work: Work) -> NoticePreferences:
            check_session(self, work, citizen.account, citizen.token)
            place = places.preferences(citizen.account.id)
            return work.load(place, NoticePreferences) or NoticePreferences()

        return self.apart(Shard.of_account(citizen.account.id), verb)

    def attend_changes(self, *, limit: int = 100) -> tuple[ChangeForetold, ...]:
        """Tell accounts of what is about to change in what they may see, once for each change.

        For a worker of the host's to call again and again, a few times a day. No right hangs on it:
        every look is judged by its own moment. A grant is looked at again when its next known
        change comes near, and once a year in any case.
        """
        happened: list[ChangeForetold] = []
        for key in self.storage.due("outlook", self.now() + _TICK, limit):
            account, patient = AccountId(key.shard.id), PatientId(key.id)
            enlist(self, account, patient)
            happened += _foretell(self, account, patient)
        return tuple(happened)


def watch(work: Work, account: AccountId, patient: PatientId) -> None:
    """Let the account's outlook fall due at once: it was let into the card, or may see less."""
    place = places.outlook(account, patient)
    work.put(place, work.load(place, Outlook) or Outlook(patient=patient), due=work.now)


def enlist(desk: Desk, account: AccountId, patient: PatientId) -> None:
    """Keep with the card that *account* was let in; saying so again changes nothing."""

    def verb(work: Work) -> None:
        place = places.addressees(patient)
        known = work.load(place, Addressees) or Addressees()
        if account not in known.accounts:
            work.put(place, Addressees(accounts=(*known.accounts, account)))

    desk.apart(Shard.of_patient(patient), verb)


def spread(desk: Desk, item: OutboxItem) -> None:
    """Make of the card's *item* a notice to each account that may see the card now (NTC-2)."""
    patient = PatientId(item.shard.id)
    kind = NoticeKind(item.reference.partition(".")[0])
    work = Work(storage=desk.storage, shard=item.shard, now=desk.now())
    known = work.load(places.addressees(patient), Addressees) or Addressees()
    for account in known.accounts:
        _tell(desk, account, patient, kind, item.id)


def _tell(
    desk: Desk,
    account: AccountId,
    patient: PatientId,
    kind: NoticeKind,
    what: str,
) -> None:
    def verb(work: Work) -> None:
        place = places.told(account, what)
        factor = load_factor(work, account)
        if work.load(place, Told) or factor is None:
            return
        looking = _looking(work, account, patient)
        if looking is None:
            return
        facts, viewer = looking
        edition = desk.edition(work.now)
        if decide(facts, viewer, at=work.now, edition=edition).refusal:
            return
        if notice(work, factor, kind, id=desk.new_id()):
            work.put(place, Told(at=work.now))

    desk.apart(Shard.of_account(account), verb)


def _looking(work: Work, account: AccountId, patient: PatientId) -> tuple[Facts, Viewer] | None:
    """What is known of the card, and as whom the account looks at it."""
    grant = work.load(places.grant(account, patient), Grant)
    facts = work.load(places.facts(patient), Facts)
    if grant is None or facts is None:
        return None
    own = grant.viewer == facts.person.id
    role = grant.role or (Role.SELF if own else Role.GUARDIAN)
    return attrs.evolve(facts, grants=(grant,)), Viewer(person=grant.viewer, role=role)


def _foretell(desk: Desk, account: AccountId, patient: PatientId) -> tuple[ChangeForetold, ...]:
    """Tell of the next change if it is near, and say when to look again."""

    def verb(work: Work) -> tuple[ChangeForetold, ...]:
        place, now = places.outlook(account, patient), work.now
        outlook = work.load(place, Outlook) or Outlook(patient=patient)
        change, rule = _change(desk, work, account, patient), desk.edition(now).notices
        if change is None or rule is None:
            work.put(place, outlook, due=now + _YEAR)
            return ()
        near = change - dt.timedelta(days=rule.ahead_days.value)
        if near > now:
            work.put(place, outlook, due=min(near, now + _YEAR))
            return ()
        if change in outlook.foretold:
            work.put(place, outlook, due=change)
            return ()
        factor = load_factor(work, account)
        day = desk.edition(now).local_day(change).toordinal()
        told = factor and notice(
            work, factor, NoticeKind.ACCESS_CHANGE, about=day, id=desk.new_id()
        )
        if not told:
            work.put(place, outlook, due=min(now + _SOON, change))
            return ()
        event = ChangeForetold(account=account, patient=patient, change_at=change, at=now)
        work.put(place, outlook.add(change, now=now), due=change)
        work.note(event, SYSTEM, patient)
        return (event,)

    return desk.apart(Shard.of_account(account), verb)


def _change(desk: Desk, work: Work, account: AccountId, patient: PatientId) -> dt.datetime | None:
    """When what the account may see changes next, as far as is known; None: never."""
    looking = _looking(work, account, patient)
    if looking is None:
        return None
    facts, viewer = looking
    return next_change(facts, viewer, after=work.now, rulebook=desk.rulebook)


def enlist_soon(desk: Desk, account: AccountId, patient: PatientId) -> None:
    """As ``enlist``; what fails is made up for by ``attend_changes``."""
    try:
        enlist(desk, account, patient)
    except StoreError:
        return
