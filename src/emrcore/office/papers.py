"""The identity papers of an account, sealed."""

from emrcore.applications import ApplicationId
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.sealing import Envelope, new_envelope, open_envelope
from emrcore.office.work import Work
from emrcore.people import AccountId, IdentityPapers
from emrcore.wire import canonical


def keep_papers(
    desk: Desk, work: Work, account: AccountId, application: ApplicationId, papers: IdentityPapers
) -> None:
    """Seal *papers* as those of *application*, and the number as the account's (STO-3)."""
    envelope = account_envelope(desk, work, account)
    place = places.papers(account, application)
    content = {
        "passport": papers.passport.canonical,
        "policy": papers.policy.canonical,
        "snils": papers.snils.canonical if papers.snils else None,
    }
    sealed = envelope.seal(
        canonical(content), field="papers", record=application, nonce=desk.randomness.bytes(12)
    )
    work.text(place)
    work.put_text(place, sealed)
    phone = places.mobile(account)
    sealed = envelope.seal(
        papers.mobile.canonical, field="mobile", record="", nonce=desk.randomness.bytes(12)
    )
    work.text(phone)
    work.put_text(phone, sealed)


def account_envelope(desk: Desk, work: Work, account: AccountId) -> Envelope:
    """The open envelope of *account*; a new one is written with the rest of *work*."""
    place = places.envelope(account)
    wrapped = work.text(place)
    if wrapped is not None:
        return open_envelope(desk.keys, account, wrapped)
    envelope, wrapped = new_envelope(desk.keys, desk.randomness, account)
    work.put_text(place, wrapped)
    return envelope
