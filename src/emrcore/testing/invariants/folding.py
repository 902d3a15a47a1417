"""What the journal comes to: every state, built anew from its events alone."""

import attrs

from emrcore import applications, sessions, sharing
from emrcore.access import Grant
from emrcore.applications import AccessGranted, ApplicationFiled, Filed
from emrcore.office import places
from emrcore.people import AccountId, Kinship, PatientId
from emrcore.ports import Key, Shard
from emrcore.records import CardCreated, DeathRecorded, KinshipRecorded
from emrcore.sessions import (
    Ending,
    Entered,
    Left,
    SecondFactor,
    SessionEnded,
    SessionOpened,
    SessionRenewed,
    SessionToldAgain,
    SessionUsed,
)
from emrcore.sharing import Broken, GlassBroken
from emrcore.testing.invariants.evidence import Evidence

_SESSION = (SessionOpened, SessionUsed, SessionRenewed, SessionToldAgain, SessionEnded)
_FACTOR = (
    sessions.EnrolmentOpened,
    sessions.FirstPasswordIssued,
    sessions.CodeIssued,
    sessions.CodeAccepted,
    sessions.CodeRefused,
    sessions.AuthenticatorOffered,
    sessions.AuthenticatorBound,
    sessions.AuthenticatorRemoved,
    sessions.RecoveryCodesMade,
    sessions.PhoneSuspended,
    sessions.Reproofed,
    sessions.CredentialReset,
    sessions.AccessEnded,
    Left,
)
_LEAVING = {Ending.LOGOUT, Ending.ENDED_BY_PERSON, Ending.HOST_ENDED, Ending.LOCKED}


def fold(evidence: Evidence, shard: Shard) -> dict[Key, object]:
    """Every state of *shard*, as its journal tells it."""
    if shard.kind == "patient":
        return _card(evidence, shard)
    return _account(evidence, shard) if shard.kind == "account" else {}


def sessions_differ(kept: object, told: object) -> bool:
    """Whether two second factors differ in more than in sessions that idled out meanwhile."""
    if not isinstance(kept, SecondFactor) or not isinstance(told, SecondFactor):
        return True
    more = [one for one in kept.sessions if one not in told.sessions]
    return bool(more) or attrs.evolve(told, sessions=kept.sessions) != kept


def _card(evidence: Evidence, shard: Shard) -> dict[Key, object]:
    patient, found = PatientId(shard.id), dict[Key, object]()
    exists, dead = False, False
    ties: dict[tuple[object, object], Kinship] = {}
    for event in evidence.events(shard):
        match event:
            case CardCreated():
                exists = True
            case KinshipRecorded():
                ties[event.kinship.guardian, event.kinship.since] = event.kinship
            case DeathRecorded():
                dead = True
            case GlassBroken():
                place = places.break_glass(patient, event.viewer.person)
                before = found.get(place)
                found[place] = sharing.evolve(before if isinstance(before, Broken) else None, event)
            case _:
                pass
    if exists:
        found[places.facts(patient)] = (frozenset(ties.values()), dead)
    return found


@attrs.define
class _Fold:
    account: AccountId
    found: dict[Key, object] = attrs.field(factory=dict[Key, object])
    factor: SecondFactor | None = None

    def take(self, event: object) -> None:
        if isinstance(event, applications.Event):
            self._application(event)
        elif isinstance(event, _SESSION):
            self._session(event)
        elif isinstance(event, _FACTOR):
            self.factor = sessions.evolve_factor(self.factor, event)

    def _application(self, event: applications.Event) -> None:
        place = places.application(self.account, event.id)
        before = self.found.get(place)
        state = before if isinstance(before, applications.STATES) else None
        if isinstance(event, AccessGranted) and isinstance(state, Filed):
            self.found[places.grant(self.account, event.patient)] = Grant(
                viewer=event.applicant,
                since=event.at,
                until=event.until,
                role=state.asked[event.patient],
            )
        if (state is None) == isinstance(event, ApplicationFiled) and not isinstance(
            state, applications.Decided
        ):
            self.found[place] = applications.evolve(state, event)

    def _session(self, event: sessions.SessionEvent) -> None:
        place = places.session(self.account, event.id)
        before = self.found.get(place)
        state = before if isinstance(before, sessions.SESSION_STATES) else None
        if isinstance(event, SessionOpened) or isinstance(state, sessions.Open):
            self.found[place] = sessions.evolve_session(state, event)
        if self.factor is None:
            return
        if isinstance(event, SessionOpened):
            entered = Entered(account=self.account, session=event.id, at=event.at)
            self.factor = sessions.evolve_factor(self.factor, entered)
        elif isinstance(event, SessionEnded):
            ended = tuple(one for one in self.factor.sessions if one == event.id)
            if event.why in _LEAVING:
                left = Left(account=self.account, sessions=ended, at=event.at)
                self.factor = sessions.evolve_factor(self.factor, left)


def _account(evidence: Evidence, shard: Shard) -> dict[Key, object]:
    folding = _Fold(account=AccountId(shard.id))
    for event in evidence.events(shard):
        folding.take(event)
    if folding.factor:
        folding.found[places.factor(folding.account)] = folding.factor
    return folding.found
