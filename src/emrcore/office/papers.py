"""The papers and the phone of an applicant: sealed when they come in, opened where needed."""

import json
from typing import Any

from emrcore import rules
from emrcore.applications import ApplicationId
from emrcore.envelopes import ENVELOPE_STATES, Envelope, EnvelopeState, Sealed
from emrcore.errors import Conflict, Corrupt, RuleBroken
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.sealing import DataKey, Place, envelope_of, new_envelope, open_envelope
from emrcore.office.work import Work
from emrcore.people import (
    Account,
    AccountId,
    IdentityPapers,
    Mobile,
    Passport,
    PersonId,
    Snils,
    parse_oms,
)
from emrcore.ports import Key, Shard
from emrcore.wire import canonical


def keep(
    desk: Desk, work: Work, account: Account, application: ApplicationId, papers: IdentityPapers
) -> None:
    """Keep *papers*, and the phone of *account*, sealed in the person's envelope (STO-3)."""
    key = _key_for(desk, work, account.person)
    content = {
        "passport": papers.passport.canonical,
        "policy": papers.policy.canonical,
        "snils": papers.snils.canonical if papers.snils else None,
        "mobile": papers.mobile.canonical,
    }
    for place, where, plain in (
        (places.papers(account.id, application), _papers(application), canonical(content)),
        (places.mobile(account.id), _mobile(account.id), papers.mobile.canonical),
    ):
        work.text(place)
        work.put(place, key.seal(plain.encode(), where, randomness=desk.randomness))


def papers_of(
    desk: Desk, work: Work, account: AccountId, application: ApplicationId
) -> IdentityPapers:
    """The papers of an application.

    Raises:
        RuleBroken: APP-10 there is no such application, STO-5 its papers are erased.
        Corrupt: they are not what was kept.
    """
    sealed = work.load(places.papers(account, application), Sealed)
    if sealed is None:
        raise RuleBroken(rules.APP_10)
    plain = _unseal(desk, work, sealed, _papers(application))
    if plain is None:
        raise RuleBroken(rules.STO_5)
    return _parsed(plain)


def mobile_of(desk: Desk, account: AccountId) -> str | None:
    """The number messages to *account* go to, or None where it is erased.

    Raises:
        Corrupt: it is not what was kept.
    """
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    sealed = work.load(places.mobile(account), Sealed)
    plain = _unseal(desk, work, sealed, _mobile(account)) if sealed else None
    return plain.decode() if plain else None


def _unseal(desk: Desk, work: Work, sealed: Sealed, where: Place) -> bytes | None:
    """What is in *sealed*, or None if its envelope is erased."""
    state = work.load(places.envelope(sealed.person), *ENVELOPE_STATES)
    if state and envelope_of(sealed) in state.erased:
        return None
    if not isinstance(state, Envelope):
        raise Corrupt("an envelope")
    return open_envelope(desk.keys, state).unseal(sealed, where)


def _key_for(desk: Desk, work: Work, person: PersonId) -> DataKey:
    """The person's data key; a new one is made by a commit of its own, in the person's shard."""
    place = places.envelope(person)
    if not isinstance(work.load(place, *ENVELOPE_STATES), Envelope):
        desk.do(place.shard, lambda making: _make(desk, making, place, person))
    envelope = work.load(place, *ENVELOPE_STATES)
    if not isinstance(envelope, Envelope):
        raise Conflict("envelope")
    return open_envelope(desk.keys, envelope)


def _make(desk: Desk, work: Work, place: Key, person: PersonId) -> None:
    before: EnvelopeState | None = work.load(place, *ENVELOPE_STATES)
    if not isinstance(before, Envelope):
        erased = before.erased if before else ()
        envelope = new_envelope(desk.keys, desk.randomness, person, erased=erased)
        work.put(place, envelope, due=work.now)


def _papers(application: ApplicationId) -> Place:
    return Place(field="papers", record=application)


def _mobile(account: AccountId) -> Place:
    return Place(field="mobile", record=account)


def _parsed(plain: bytes) -> IdentityPapers:
    content: dict[str, Any] = json.loads(plain)
    passport, snils = content["passport"], content["snils"]
    return IdentityPapers(
        passport=Passport(series=passport[:4], number=passport[4:]),
        policy=parse_oms(content["policy"]),
        mobile=Mobile(content["mobile"]),
        snils=Snils(snils) if snils else None,
    )
