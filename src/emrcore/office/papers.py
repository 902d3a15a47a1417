"""The papers, the phones and the authenticators of a person: where they are kept sealed."""

import json
from typing import Any

import attrs

from emrcore import rules
from emrcore.applications import ApplicationId
from emrcore.errors import RuleBroken
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.sealed import keep_sealed, open_sealed
from emrcore.office.sealing import Place
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
from emrcore.ports import Shard
from emrcore.wire import canonical


@attrs.frozen(kw_only=True)
class PhoneOf:
    """One phone of an account, which is that of a person."""

    account: AccountId
    person: PersonId
    version: int


def keep_papers(
    desk: Desk, work: Work, account: Account, application: ApplicationId, papers: IdentityPapers
) -> None:
    """Keep *papers*, the number of the applicant's phone among them."""
    content = {
        "passport": papers.passport.canonical,
        "policy": papers.policy.canonical,
        "snils": papers.snils.canonical if papers.snils else None,
        "mobile": papers.mobile.canonical,
    }
    at, bound = places.papers(account.id, application), Place(field="papers", record=application)
    keep_sealed(desk, work, account.person, canonical(content), at=at, bound=bound)


def papers_of(
    desk: Desk, work: Work, account: AccountId, application: ApplicationId
) -> IdentityPapers:
    """The papers of an application.

    Raises:
        RuleBroken: APP-10 there is no such application, STO-5 its papers are erased.
        Corrupt: they are not what was kept.
    """
    at = places.papers(account, application)
    if work.text(at) is None:
        raise RuleBroken(rules.APP_10)
    plain = open_sealed(desk, work, at=at, bound=Place(field="papers", record=application))
    if plain is None:
        raise RuleBroken(rules.STO_5)
    return _parsed(plain)


def keep_mobile(desk: Desk, work: Work, phone: PhoneOf, mobile: Mobile) -> None:
    """Keep *mobile* as the number of *phone*."""
    at, bound = places.mobile(phone.account, phone.version), _mobile(phone.account, phone.version)
    keep_sealed(desk, work, phone.person, mobile.canonical, at=at, bound=bound)


def mobile_of(desk: Desk, account: AccountId, version: int) -> str | None:
    """The number of one phone of *account*, or None where it is erased.

    Raises:
        Corrupt: it is not what was kept.
    """
    work = Work(storage=desk.storage, shard=Shard.of_account(account), now=desk.now())
    at = places.mobile(account, version)
    return open_sealed(desk, work, at=at, bound=_mobile(account, version))


def keep_secret(desk: Desk, work: Work, account: Account, version: int, secret: str) -> None:
    """Keep the secret of one authenticator of *account*."""
    at, bound = places.authenticator(account.id, version), _authenticator(account.id, version)
    keep_sealed(desk, work, account.person, secret, at=at, bound=bound)


def secret_of(desk: Desk, work: Work, account: AccountId, version: int) -> str | None:
    """The secret of one authenticator of *account*, or None where it is erased.

    Raises:
        Corrupt: it is not what was kept.
    """
    at = places.authenticator(account, version)
    return open_sealed(desk, work, at=at, bound=_authenticator(account, version))


def _mobile(account: AccountId, version: int) -> Place:
    return Place(field="mobile", record=f"{account}/{version}")


def _authenticator(account: AccountId, version: int) -> Place:
    return Place(field="authenticator", record=f"{account}/{version}")


def _parsed(plain: str) -> IdentityPapers:
    content: dict[str, Any] = json.loads(plain)
    passport, snils = content["passport"], content["snils"]
    return IdentityPapers(
        passport=Passport(series=passport[:4], number=passport[4:]),
        policy=parse_oms(content["policy"]),
        mobile=Mobile(content["mobile"]),
        snils=Snils(snils) if snils else None,
    )
