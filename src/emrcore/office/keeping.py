"""How every verb loads an application, and keeps and journals what became of it."""

import functools
from collections.abc import Iterable, Mapping
from typing import TypeVar

from emrcore import applications
from emrcore.access import Facts
from emrcore.applications import (
    EVIDENCE_STATES,
    STATES,
    Application,
    ApplicationId,
    Decided,
    Event,
    Kept,
    OpenApplication,
    Operator,
)
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.notices import notice
from emrcore.office.second_factor import load_factor
from emrcore.office.work import Work
from emrcore.people import Account, AccountId, PatientId
from emrcore.sessions import NoticeKind

S = TypeVar("S", bound=Application)

SYSTEM = Actor(kind=ActorKind.SYSTEM, id="office")
"""Who does what follows from a rule alone."""


def citizen(account: Account) -> Actor:
    """The holder of *account*, acting."""
    return Actor(kind=ActorKind.CITIZEN, id=account.person)


def operator(by: Operator) -> Actor:
    """*by*, acting."""
    return Actor(kind=ActorKind.OPERATOR, id=by.id)


def load(work: Work, account: AccountId, application: ApplicationId, *kinds: type[S]) -> S:
    """The application, which must be in one of the states *kinds*.

    Raises:
        RuleBroken: APP-10 it is decided or not there, APP-14 it is the other side's turn.
    """
    state = work.load(places.application(account, application), *STATES)
    return applications.standing_in(state, *kinds)


def load_open(work: Work, account: AccountId, application: ApplicationId) -> OpenApplication:
    """The application, which must have an open card.

    Raises:
        RuleBroken: APP-10, it is decided or not there.
    """
    return applications.still_open(work.load(places.application(account, application), *STATES))


def cards(work: Work, patients: Iterable[PatientId]) -> Mapping[PatientId, Facts]:
    """The facts of those of *patients* that have a card."""
    found = {patient: work.load(places.facts(patient), Facts) for patient in patients}
    return {patient: facts for patient, facts in found.items() if facts}


def keep(
    desk: Desk,
    work: Work,
    before: Application | None,
    events: tuple[Event, ...],
    actor: Actor,
) -> Application:
    """Evolve, keep and journal; a deadline missed before is noted first (APP-17).

    An application is due while it is the office's turn, and its alarm when something next happens
    by itself.
    """
    missed: tuple[Event, ...] = ()
    if before is not None and not isinstance(before, Decided):
        missed = applications.note_missed(before, at=work.now)
    state = functools.reduce(applications.evolve, (*missed, *events), before)
    if state is None:
        raise TypeError("an application begins with an event")
    if missed or events:
        filed = applications.form(state)
        place = places.application(filed.account, filed.id)
        work.put(place, state, due=applications.due_at(state))
    _set_alarm(desk, work, state)
    for event in missed:
        work.note(event, SYSTEM)
    for event in events:
        work.note(event, actor)
    if isinstance(state, Decided):
        release_evidence(desk, work, state.filed.id)
        if actor.kind is ActorKind.OPERATOR:
            _tell_decided(desk, work, state.filed.account)
    return state


def _tell_decided(desk: Desk, work: Work, account: AccountId) -> None:
    """Whose phone is bound is told of it (NTC-6); whom it lets in first gets the password."""
    factor = load_factor(work, account)
    if factor:
        notice(work, factor, NoticeKind.DECIDED, id=desk.new_id())


def _set_alarm(desk: Desk, work: Work, state: Application) -> None:
    filed = applications.form(state)
    place = places.alarm(filed.account, filed.id)
    acts_at = applications.acts_at(state, at=work.now, edition=desk.edition(work.now))
    if work.text(place) is not None or acts_at:
        work.put_text(place, filed.id, due=acts_at)


def release_evidence(desk: Desk, work: Work, application: ApplicationId) -> None:
    """Let go of what was kept for *application*: from now on it is due to be deleted (APP-22)."""
    for key in desk.storage.find(work.shard, "evidence"):
        kept = work.load(key, *EVIDENCE_STATES)
        if isinstance(kept, Kept) and kept.application == application:
            work.put(key, kept, due=work.now)
