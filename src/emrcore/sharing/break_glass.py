"""Emergency reading: an ambulance crew states why, and may then read one card for a time.

A lock that holds in an emergency kills: what is stated is asked for and entered, and nothing that
looks unusual stands in the way. What must follow is the matter of ``aftermath``.
"""

import datetime as dt
import enum
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import RuleBroken
from emrcore.people import PatientId
from emrcore.rulebook import Edition, EmergencyRule, Role
from emrcore.sharing.unusual import Unusual

LONGEST_REASON = 500
"""The longest reason, in characters."""

LONGEST_NAME = 100
"""The longest organisation, shift and call, in characters."""

GlassId = NewType("GlassId", str)
"""The id of one emergency reading."""


class Cause(enum.StrEnum):
    """Why a crew must read without being asked to: the closed list."""

    UNCONSCIOUS = "unconscious"
    LIFE_AT_RISK = "life-at-risk"
    CANNOT_ANSWER = "cannot-answer"
    CHILD_ALONE = "child-alone"
    OTHER = "other"


class GlassEnd(enum.StrEnum):
    """What ended an emergency reading; each end has its entry (EMG-4)."""

    BY_CREW = "by-crew"
    BY_TIME = "by-time"
    ANEW = "anew"


@attrs.frozen(kw_only=True)
class Stated:
    """What a crew states: a cause of the list, a reason in words, its shift.

    ``call`` is the host's reference to the call it was sent to; ``dispatched`` is whether the
    host's dispatch knows that it was sent to this patient, None where it cannot tell.
    """

    cause: Cause
    reason: str
    shift: str
    call: str | None = None
    dispatched: bool | None = None


@attrs.frozen(kw_only=True)
class Broken:
    """The glass before *patient*'s card is broken for *viewer* over ``[since, until)``."""

    id: GlassId
    viewer: Viewer
    patient: PatientId
    cause: Cause
    reason: str
    shift: str
    since: dt.datetime
    until: dt.datetime
    call: str | None = None


@attrs.frozen(kw_only=True)
class Closed:
    """The emergency reading of that ``glass`` has ended."""

    glass: Broken
    at: dt.datetime
    why: GlassEnd


@attrs.frozen(kw_only=True)
class GlassBroken:
    """A crew stated its reason and may read until ``until`` (exclusive).

    Its report is due before ``report_due``; ``unusual`` is what an officer is told at once.
    """

    id: GlassId
    viewer: Viewer
    patient: PatientId
    cause: Cause
    reason: str
    shift: str
    at: dt.datetime
    until: dt.datetime
    report_due: dt.datetime
    call: str | None = None
    unusual: tuple[Unusual, ...] = ()


@attrs.frozen(kw_only=True)
class GlassClosed:
    """The emergency reading ended at ``ended_at``; noted at ``at``."""

    id: GlassId
    viewer: Viewer
    patient: PatientId
    ended_at: dt.datetime
    why: GlassEnd
    at: dt.datetime


GlassEvent = GlassBroken | GlassClosed
GLASS_STATES: tuple[type[Broken | Closed], ...] = (Broken, Closed)


def break_glass(
    viewer: Viewer,
    patient: PatientId,
    *,
    id: GlassId,  # noqa: A002 - the field's name
    stated: Stated,
    unusual: tuple[Unusual, ...] = (),
    at: dt.datetime,
    edition: Edition,
) -> GlassBroken:
    """Break the glass for a crew.

    Raises:
        RuleBroken: see ``check_stated``.
    """
    stated, rule = check_stated(stated, viewer=viewer, edition=edition)
    return GlassBroken(
        id=id,
        viewer=viewer,
        patient=patient,
        cause=stated.cause,
        reason=stated.reason,
        shift=stated.shift,
        call=stated.call,
        at=at,
        until=at + dt.timedelta(hours=rule.hours.value),
        report_due=at + dt.timedelta(hours=rule.report_hours.value),
        unusual=unusual,
    )


def check_stated(
    stated: Stated, *, viewer: Viewer, edition: Edition
) -> tuple[Stated, EmergencyRule]:
    """*stated* on one line, and the rule it serves.

    Raises:
        RuleBroken: EMG-1 *viewer* is no crew, there is no reason or one too long, or the edition
            knows no emergencies; EMG-3 organisation or shift are missing, or too long.
    """
    rule, reason = edition.emergency, " ".join(stated.reason.split())
    if rule is None or viewer.role is not Role.CREW or not 0 < len(reason) <= LONGEST_REASON:
        raise RuleBroken(rules.EMG_1)
    names = (viewer.organisation or "", stated.shift, "-" if stated.call is None else stated.call)
    if not all(_is_name(name) for name in names):
        raise RuleBroken(rules.EMG_3)
    return attrs.evolve(stated, reason=reason), rule


def _is_name(text: str) -> bool:
    return 0 < len(text.strip()) <= len(text) <= LONGEST_NAME and text.isprintable()


def check(state: Broken | Closed | None, *, viewer: Viewer, at: dt.datetime) -> Broken:
    """The broken glass that lets *viewer* read at *at*.

    Raises:
        RuleBroken: EMG-2, there is none, it is another's, or it has ended.
    """
    if (
        not isinstance(state, Broken)
        or state.viewer != viewer
        or not state.since <= at < state.until
    ):
        raise RuleBroken(rules.EMG_2)
    return state


def close_glass(
    state: Broken | Closed | None, *, viewer: Viewer, at: dt.datetime
) -> GlassClosed | None:
    """End the emergency reading, which *viewer* began; None: it has ended already.

    Raises:
        RuleBroken: EMG-2, *viewer* began none.
    """
    glass = state.glass if isinstance(state, Closed) else state
    if glass is None or glass.viewer != viewer:
        raise RuleBroken(rules.EMG_2)
    if isinstance(state, Closed):
        return None
    return expire(state, at=at) or _closed(glass, at, GlassEnd.BY_CREW, at)


def expire(state: Broken | Closed | None, *, at: dt.datetime) -> GlassClosed | None:
    """The end that time has made; None: it has not, or is on record already."""
    if not isinstance(state, Broken) or at < state.until:
        return None
    return _closed(state, state.until, GlassEnd.BY_TIME, at)


def supersede(state: Broken | Closed | None, *, at: dt.datetime) -> GlassClosed | None:
    """The end of what was still open when the same crew breaks the glass anew."""
    if not isinstance(state, Broken):
        return None
    return expire(state, at=at) or _closed(state, at, GlassEnd.ANEW, at)


def _closed(glass: Broken, ended_at: dt.datetime, why: GlassEnd, at: dt.datetime) -> GlassClosed:
    return GlassClosed(
        id=glass.id,
        viewer=glass.viewer,
        patient=glass.patient,
        ended_at=ended_at,
        why=why,
        at=at,
    )


def evolve(state: Broken | Closed | None, event: GlassEvent) -> Broken | Closed:
    """The state after *event*; a glass broken anew holds anew."""
    match event:
        case GlassBroken():
            return Broken(
                id=event.id,
                viewer=event.viewer,
                patient=event.patient,
                cause=event.cause,
                reason=event.reason,
                shift=event.shift,
                call=event.call,
                since=event.at,
                until=event.until,
            )
        case GlassClosed():
            if not isinstance(state, Broken):
                raise TypeError("only what is broken is closed")
            return Closed(glass=state, at=event.ended_at, why=event.why)
        case _:
            assert_never(event)
