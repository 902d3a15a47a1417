"""What the applicant does: filing, answering, correcting, taking back."""

from collections import defaultdict

from emrcore import applications, rules
from emrcore.applications import (
    STATES,
    Application,
    ApplicationId,
    Asked,
    Assistance,
    Channel,
    Decided,
    Filed,
    Returned,
    Suspended,
)
from emrcore.calendar import Deadline, deadline
from emrcore.errors import RuleBroken
from emrcore.journal import Actor
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.keeping import cards, citizen, keep, load, load_open, operator
from emrcore.office.papers import keep_papers
from emrcore.office.work import Work
from emrcore.people import Account, AccountId, IdentityPapers, PatientId
from emrcore.ports import Shard
from emrcore.rulebook import Edition
from emrcore.wire import decode


class Applications(Desk):
    """The verbs of the applicant."""

    __slots__ = ()

    def file(
        self,
        account: Account,
        *,
        asked: tuple[Asked, ...],
        papers: IdentityPapers,
        channel: Channel = Channel.PORTAL,
        assistance: Assistance | None = None,
    ) -> Application:
        """File an application of *account* for the cards *asked*, proven by *papers*.

        The papers, checked together before (APP-11), and the number are kept sealed (STO-3). The
        answer carries the deadline and its receipt (APP-4). An earlier application that is open is
        replaced in these cards (APP-16). Staff who type the form give *assistance* (APP-18).

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
                cards=cards(work, [one.patient for one in asked]),
                at=work.now,
                edition=edition,
                deadline=_deadline(self, work, edition),
                calendars=self.calendars,
                channel=channel,
                assistance=assistance,
                mobile=papers.mobile,
            )
            actor = operator(assistance.operator) if assistance else citizen(account)
            keep_papers(self, work, account, id, papers)
            work.text(places.application(account.id, id))
            state = keep(self, work, None, events, actor)
            _supersede(self, work, applications.form(state), actor)
            return state

        return self.do(Shard.of_account(account.id), verb)

    def answer(self, account: Account, application: ApplicationId) -> Application:
        """Say that the applicant has answered what was asked; the clocks go on.

        What was answered is for the host to pass on, or is new evidence (``keep_photo``).

        Raises:
            RuleBroken: APP-10 nothing is open, APP-13 the account is not the applicant's, APP-14
                nothing was asked, APP-15 it is too late.
            BeyondCalendar: the deadline lies where the calendar is not known yet.
        """

        def verb(work: Work) -> Application:
            state = load(work, account.id, application, Suspended)
            event = applications.answer(
                state, by=account.person, at=work.now, calendars=self.calendars
            )
            return keep(self, work, state, (event,), citizen(account))

        return self.do(Shard.of_account(account.id), verb)

    def correct(
        self, account: Account, application: ApplicationId, *, papers: IdentityPapers
    ) -> Application:
        """Hand in *papers* in place of those that were sent back; all checks are open again.

        Raises:
            RuleBroken: APP-10 nothing is open, APP-13 the account is not the applicant's, APP-14
                nothing was sent back, APP-15 it is too late.
            BeyondCalendar: the deadline lies where the calendar is not known yet.
        """

        def verb(work: Work) -> Application:
            state = load(work, account.id, application, Returned)
            event = applications.correct(
                state, by=account.person, at=work.now, calendars=self.calendars
            )
            keep_papers(self, work, account, application, papers)
            return keep(self, work, state, (event,), citizen(account))

        return self.do(Shard.of_account(account.id), verb)

    def withdraw(self, account: Account, application: ApplicationId) -> Application:
        """Take back every card that is not decided yet.

        Raises:
            RuleBroken: APP-10 nothing is open, APP-13 the account is not the applicant's.
        """

        def verb(work: Work) -> Application:
            state = load_open(work, account.id, application)
            event = applications.withdraw(state, by=account.person, at=work.now)
            return keep(self, work, state, (event,), citizen(account))

        return self.do(Shard.of_account(account.id), verb)

    def find_applications(self, account: AccountId) -> tuple[Application, ...]:
        """All applications of *account*, the earliest first."""
        found = self.storage.find(Shard.of_account(account), "application")
        states = [decode(stored.text, *STATES) for stored in found.values()]
        return tuple(sorted(states, key=lambda state: applications.form(state).filed_at))


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


def _supersede(desk: Desk, work: Work, later: Filed, actor: Actor) -> None:
    """Close in earlier applications what *later* asks for (APP-16).

    Two filings at once meet in the key of the card, so that one of them sees the other.
    """
    earlier: defaultdict[ApplicationId, list[PatientId]] = defaultdict(list)
    for patient in later.asked:
        place = places.latest(later.account, patient)
        before = work.text(place)
        work.put_text(place, later.id)
        if before:
            earlier[ApplicationId(before)].append(patient)
    for application, patients in earlier.items():
        state = work.load(places.application(later.account, application), *STATES)
        if state is None or isinstance(state, Decided):
            continue
        closed = (applications.supersede(state, one, by=later.id, at=work.now) for one in patients)
        if events := tuple(event for event in closed if event):
            keep(desk, work, state, events, actor)
