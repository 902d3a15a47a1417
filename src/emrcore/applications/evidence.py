"""The life of a piece of evidence, such as the photo: kept for a purpose, then deleted.

The domain knows its hash, a verdict and when it goes, never the picture itself.
"""

import datetime as dt
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.applications.outcomes import ApplicationId, OperatorId
from emrcore.errors import RuleBroken
from emrcore.rulebook import Check, Edition

EvidenceId = NewType("EvidenceId", str)


@attrs.frozen(kw_only=True)
class Seen:
    """What a look at the picture says: its size in pixels, and whether it has colour."""

    media_type: str
    width: int
    height: int
    colour: bool


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Kept:
    """Evidence of one application for one check, until ``delete_at`` at the latest.

    ``digest`` is SHA-256, in hex, of what is kept.
    """

    id: EvidenceId
    application: ApplicationId
    purpose: Check
    digest: str
    seen: Seen
    received_at: dt.datetime
    delete_at: dt.datetime


@attrs.frozen(kw_only=True)
class Deleted:
    """It was deleted at ``at``; that it was there is still known."""

    kept: Kept
    at: dt.datetime


Evidence = Kept | Deleted
EVIDENCE_STATES: tuple[type[Evidence], ...] = (Kept, Deleted)


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class EvidenceKept:
    """Evidence came in for a check, which is open again."""

    id: ApplicationId
    evidence: EvidenceId
    purpose: Check
    digest: str
    seen: Seen
    at: dt.datetime
    delete_at: dt.datetime


@attrs.frozen(kw_only=True)
class EvidenceShown:
    """An operator looked at the evidence."""

    id: ApplicationId
    evidence: EvidenceId
    by: OperatorId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class EvidenceDeleted:
    """The evidence is gone."""

    id: ApplicationId
    evidence: EvidenceId
    at: dt.datetime


# -- Verbs -----------------------------------------------------------------------------------------


def keep(
    application: ApplicationId,
    *,
    id: EvidenceId,  # noqa: A002 - the field's name
    purpose: Check,
    digest: str,
    seen: Seen,
    at: dt.datetime,
    edition: Edition,
) -> EvidenceKept:
    """Keep evidence for the days of the rulebook (APP-22), counted after today.

    Raises:
        RuleBroken: APP-1, the rulebook has no applications.
    """
    rule = edition.application
    if rule is None:
        raise RuleBroken(rules.APP_1, "never")
    return EvidenceKept(
        id=application,
        evidence=id,
        purpose=purpose,
        digest=digest,
        seen=seen,
        at=at,
        delete_at=edition.start_of(
            edition.local_day(at) + dt.timedelta(days=rule.evidence_days.value + 1)
        ),
    )


def delete(kept: Kept, *, at: dt.datetime) -> EvidenceDeleted:
    """Say that *kept* is deleted (APP-22)."""
    return EvidenceDeleted(id=kept.application, evidence=kept.id, at=at)


def evolve_evidence(state: Evidence | None, event: EvidenceKept | EvidenceDeleted) -> Evidence:
    """The state after *event*."""
    match event:
        case EvidenceKept():
            return Kept(
                id=event.evidence,
                application=event.id,
                purpose=event.purpose,
                digest=event.digest,
                seen=event.seen,
                received_at=event.at,
                delete_at=event.delete_at,
            )
        case EvidenceDeleted():
            if not isinstance(state, Kept):
                raise TypeError("only what is kept is deleted")
            return Deleted(kept=state, at=event.at)
        case _:
            assert_never(event)
