"""Opening the first login to whom access was granted: which phone, and when the password goes."""

from emrcore import sessions
from emrcore.applications import Filed
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM
from emrcore.office.notices import code_message, notice
from emrcore.office.papers import PhoneOf, keep_mobile, papers_of
from emrcore.office.second_factor import fresh, load_factor
from emrcore.office.work import Work
from emrcore.people import AccountId
from emrcore.rulebook import Activation, Means
from emrcore.sessions import NoticeKind, SecondFactor


def enrol(desk: Desk, work: Work, filed: Filed) -> None:
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
