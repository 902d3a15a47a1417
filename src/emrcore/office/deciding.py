"""What operators do: checks, questions, the decision."""

from collections.abc import Callable

from emrcore import applications, rules
from emrcore.access import Facts, Grant
from emrcore.applications import (
    Application,
    ApplicationId,
    Event,
    Filed,
    Operator,
    Paper,
    Question,
    Rejection,
)
from emrcore.errors import RuleBroken
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.enrolment import enrol
from emrcore.office.keeping import keep, load, operator
from emrcore.office.telling import enlist_soon, watch
from emrcore.office.work import Work
from emrcore.people import AccountId, PatientId
from emrcore.ports import Shard
from emrcore.rulebook import Check


class Decisions(Desk):
    """The verbs of operators; none of them serves the operator's own application (APP-7)."""

    __slots__ = ()

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
            RuleBroken: see ``applications.record_check``; APP-10 there is no such open
                application, APP-14 it is the applicant's turn.
        """

        def verb(work: Work, filed: Filed) -> Event:
            return applications.record_check(filed, check=check, passed=passed, by=by, at=work.now)

        return _decide(self, account, application, by, verb)

    def ask(
        self,
        account: AccountId,
        application: ApplicationId,
        *,
        questions: tuple[Question, ...],
        by: Operator,
    ) -> Application:
        """Ask the applicant; the clocks stand until the answer, or the application expires.

        Raises:
            RuleBroken: see ``applications.ask``; APP-10 there is no such open application, APP-14
                it is the applicant's turn.
        """

        def verb(work: Work, filed: Filed) -> Event:
            return applications.ask(
                filed,
                questions=questions,
                by=by,
                at=work.now,
                edition=self.edition(work.now),
                calendars=self.calendars,
            )

        return _decide(self, account, application, by, verb)

    def send_back(
        self,
        account: AccountId,
        application: ApplicationId,
        *,
        papers: tuple[Paper, ...],
        by: Operator,
    ) -> Application:
        """Give the form back, so that *papers* are corrected; the clocks stand until then.

        Raises:
            RuleBroken: see ``applications.send_back``; APP-10 there is no such open application,
                APP-14 it is the applicant's turn.
        """

        def verb(work: Work, filed: Filed) -> Event:
            return applications.send_back(
                filed,
                papers=papers,
                by=by,
                at=work.now,
                edition=self.edition(work.now),
                calendars=self.calendars,
            )

        return _decide(self, account, application, by, verb)

    def grant(
        self, account: AccountId, application: ApplicationId, patient: PatientId, *, by: Operator
    ) -> Application:
        """Let the applicant into the card of *patient*; the first grant sends the first password.

        Raises:
            RuleBroken: see ``applications.grant``; APP-10 there is no such open application, APP-14
                it is the applicant's turn.
        """

        def verb(work: Work) -> Application:
            filed = load(work, account, application, Filed)
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
            watch(work, account, patient)
            after = keep(self, work, filed, (event,), operator(by))
            enrol(self, work, filed)
            return after

        after = self.do(Shard.of_account(account), verb)
        enlist_soon(self, account, patient)
        return after

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
            RuleBroken: see ``applications.reject``; APP-10 it is decided or not there, APP-14 it is
                the applicant's turn.
        """

        def verb(work: Work, filed: Filed) -> Event:
            return applications.reject(filed, patient, why=why, by=by, at=work.now)

        return _decide(self, account, application, by, verb)


def _decide(
    desk: Desk,
    account: AccountId,
    application: ApplicationId,
    by: Operator,
    decide: Callable[[Work, Filed], Event],
) -> Application:
    """Do what *decide* says with a filed application, in one commit."""

    def verb(work: Work) -> Application:
        filed = load(work, account, application, Filed)
        return keep(desk, work, filed, (decide(work, filed),), operator(by))

    return desk.do(Shard.of_account(account), verb)
