"""Applying for access: filing, checks, the decision."""

import datetime as dt
import functools

from emrcore import applications, rules, sessions
from emrcore.access import Facts, Grant
from emrcore.applications import (
    Application,
    ApplicationId,
    Asked,
    Event,
    Filed,
    Operator,
    Rejection,
)
from emrcore.calendar import Deadline, deadline
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.notices import NoticeKind, code_message, notice
from emrcore.office.papers import PhoneOf, keep_mobile, keep_papers, papers_of
from emrcore.office.second_factor import fresh, load_factor
from emrcore.office.work import Work
from emrcore.people import Account, AccountId, IdentityPapers, PatientId
from emrcore.ports import Shard
from emrcore.rulebook import Activation, Check, Edition, Means
from emrcore.sessions import SecondFactor
from emrcore.wire import decode

SYSTEM = Actor(kind=ActorKind.SYSTEM, id="office")
"""Who does what follows from a rule alone."""


class Applications(Desk):
    """The verbs about applications."""

    __slots__ = ()

    def file(
        self, account: Account, *, asked: tuple[Asked, ...], papers: IdentityPapers
    ) -> Application:
        """File an application of *account* for the cards *asked*, proven by *papers*.

        The papers, checked together before (APP-11), and the number are kept sealed (STO-3). The
        answer carries the deadline and its receipt (APP-4).

        Raises:
            RuleBroken: see ``applications.file``.
            BeyondCalendar: the deadline lies where the calendar is not known yet.
        """

        def verb(work: Work) -> Application:
            id = ApplicationId(self.new_id())  # noqa: A001 - the field's name
            edition = self.edition(work.now)
            events = applications.file(
                id=id,
                account=account,
                asked=asked,
                cards=_cards(work, asked),
                at=work.now,
                edition=edition,
                deadline=_deadline(self, work, edition),
            )
            keep_papers(self, work, account, id, papers)
            place = places.application(account.id, id)
            work.text(place)
            return _apply(work, account.id, None, events, _citizen(account))

        return self.do(Shard.of_account(account.id), verb)

    def record_check(
        self,
        account: AccountId,
        application: ApplicationId,
        *,
        check: Check,
        passed: bool,
        by: Operator,
    ) -> Application:
        """Record the result of one check of a filed application.

        Raises:
            RuleBroken: APP-7 the operator is the applicant, APP-10 no such application is open.
        """

        def verb(work: Work) -> Application:
            filed = _filed(work, account, application)
            event = applications.record_check(filed, check=check, passed=passed, by=by, at=work.now)
            return _apply(work, account, filed, (event,), _operator(by))

        return self.do(Shard.of_account(account), verb)

    def grant(
        self, account: AccountId, application: ApplicationId, patient: PatientId, *, by: Operator
    ) -> Application:
        """Let the applicant into the card of *patient*; the first grant sends the first password.

        Raises:
            RuleBroken: see ``applications.grant``; APP-10 there is no such open application.
        """

        def verb(work: Work) -> Application:
            filed = _filed(work, account, application)
            facts = work.load(places.facts(patient), Facts)
            if facts is None:
                raise RuleBroken(rules.APP_5)
            edition = self.edition(work.now)
            event = applications.grant(
                filed, patient, facts=facts, by=by, at=work.now, edition=edition
            )
            place = places.grant(account, patient)
            work.text(place)
            role = filed.asked[patient]
            given = Grant(viewer=filed.applicant, since=work.now, until=event.until, role=role)
            work.put(place, given)
            after = _apply(work, account, filed, (event,), _operator(by))
            _enrol(self, work, filed)
            return after

        return self.do(Shard.of_account(account), verb)

    def reject(
        self,
        account: AccountId,
        application: ApplicationId,
        patient: PatientId,
        *,
        why: Rejection,
        by: Operator,
    ) -> Application:
        """Refuse the applicant the card of *patient*, with a reason of the closed list.

        Raises:
            RuleBroken: APP-7 the operator is the applicant, APP-10 it is decided or not there.
        """

        def verb(work: Work) -> Application:
            filed = _filed(work, account, application)
            event = applications.reject(filed, patient, why=why, by=by, at=work.now)
            return _apply(work, account, filed, (event,), _operator(by))

        return self.do(Shard.of_account(account), verb)

    def find_applications(self, account: AccountId) -> tuple[Application, ...]:
        """All applications of *account*, the earliest first."""
        found = self.storage.find(Shard.of_account(account), "application")
        states = [decode(stored.text, *applications.STATES) for stored in found.values()]
        return tuple(sorted(states, key=_filed_at))


def _filed_at(state: Application) -> dt.datetime:
    return state.filed_at if isinstance(state, Filed) else state.filed.filed_at


def _cards(work: Work, asked: tuple[Asked, ...]) -> dict[PatientId, Facts]:
    found = {one.patient: work.load(places.facts(one.patient), Facts) for one in asked}
    return {patient: facts for patient, facts in found.items() if facts}


def _deadline(desk: Desk, work: Work, edition: Edition) -> Deadline:
    rule = edition.application
    if rule is None:
        raise RuleBroken(rules.APP_1, "never")
    return deadline(
        work.now,
        term=rule.term.value,
        calendar=desk.calendars[rule.calendar.value],
        counting=rule.counting.value,
        zone=edition.zone.key,
        standard=desk.calendars.get("standard"),
    )


def _filed(work: Work, account: AccountId, application: ApplicationId) -> Filed:
    state = work.load(places.application(account, application), *applications.STATES)
    if not isinstance(state, Filed):
        raise RuleBroken(rules.APP_10)
    return state


def _apply(
    work: Work,
    account: AccountId,
    before: Application | None,
    events: tuple[Event, ...],
    actor: Actor,
) -> Application:
    """Evolve, keep and journal; what is filed is due by its deadline, what is decided is not."""
    state = functools.reduce(applications.evolve, events, before)
    if state is None:
        raise TypeError("an application begins with an event")
    filed = state if isinstance(state, Filed) else state.filed
    due = filed.deadline.due_at if isinstance(state, Filed) else None
    work.put(places.application(account, filed.id), state, due=due)
    for event in events:
        work.note(event, actor)
    return state


def _enrol(desk: Desk, work: Work, filed: Filed) -> None:
    """Bind the phone of the application, which the first password is to prove.

    An account that has a phone keeps it, whatever number a later application names: it is changed
    by what proves the person, never by a form.
    """
    before, rule = load_factor(work, filed.account), desk.entry(work.now)
    by_sms = Means.SMS in rule.means.value
    if by_sms and rule.first_password.activation.value is Activation.PUSH:
        version = _issue(desk, work, filed.account, before)
    else:
        version = _wait(work, filed.account, before, tell=by_sms)
    if version is not None and (before is None or len(before.phones) < version):
        mobile = papers_of(desk, work, filed.account, filed.id).mobile
        phone = PhoneOf(account=filed.account, person=filed.applicant, version=version)
        keep_mobile(desk, work, phone, mobile)


def _issue(desk: Desk, work: Work, account: AccountId, before: SecondFactor | None) -> int | None:
    """Send a first password if one is needed; the version of the phone it goes to."""
    issued = sessions.issue_first_password(
        before, account=account, fresh=fresh(desk), at=work.now, rule=desk.entry(work.now)
    )
    if issued is None:
        return None
    work.put(places.factor(account), sessions.evolve_factor(before, issued))
    work.note(issued, SYSTEM)
    work.send(code_message(account, issued.challenge))
    return issued.challenge.phone


def _wait(work: Work, account: AccountId, before: SecondFactor | None, *, tell: bool) -> int | None:
    """Wait for the first login if there was none; the version of the phone to be proven."""
    opened = sessions.open_enrolment(before, account=account, at=work.now)
    if opened is None:
        return None
    after = sessions.evolve_factor(before, opened)
    version = len(after.phones)
    work.put(places.factor(account), after)
    work.note(opened, SYSTEM)
    if tell:
        notice(work, after, NoticeKind.ENROLMENT, to=version)
    return version


def _citizen(account: Account) -> Actor:
    return Actor(kind=ActorKind.CITIZEN, id=account.person)


def _operator(by: Operator) -> Actor:
    return Actor(kind=ActorKind.OPERATOR, id=by.id)
