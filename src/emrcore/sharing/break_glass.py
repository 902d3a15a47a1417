"""Emergency reading: an ambulance crew states why, and may then read one card for a time."""

import datetime as dt
from typing import assert_never

import attrs

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import RuleBroken
from emrcore.people import PatientId
from emrcore.rulebook import Edition, Role

LONGEST_REASON = 500
"""The longest reason, in characters."""


@attrs.frozen(kw_only=True)
class Broken:
    """The glass before *patient*'s card is broken for *viewer* over ``[since, until)``."""

    viewer: Viewer
    patient: PatientId
    reason: str
    since: dt.datetime
    until: dt.datetime


@attrs.frozen(kw_only=True)
class GlassBroken:
    """A crew stated its reason and may read until ``until`` (exclusive)."""

    viewer: Viewer
    patient: PatientId
    reason: str
    at: dt.datetime
    until: dt.datetime


def break_glass(
    viewer: Viewer, patient: PatientId, *, reason: str, at: dt.datetime, edition: Edition
) -> GlassBroken:
    """Break the glass for a crew.

    Raises:
        RuleBroken: EMG-1, *viewer* is no crew, there is no reason or one too long, or the edition
            knows no emergencies.
    """
    stated, rule = " ".join(reason.split()), edition.emergency
    if rule is None or viewer.role is not Role.CREW or not 0 < len(stated) <= LONGEST_REASON:
        raise RuleBroken(rules.EMG_1)
    until = at + dt.timedelta(hours=rule.hours.value)
    return GlassBroken(viewer=viewer, patient=patient, reason=stated, at=at, until=until)


def check(state: Broken | None, *, viewer: Viewer, at: dt.datetime) -> Broken:
    """The broken glass that lets *viewer* read at *at*.

    Raises:
        RuleBroken: EMG-2, there is none, it is another's, or its time is over.
    """
    if state is None or state.viewer != viewer or not state.since <= at < state.until:
        raise RuleBroken(rules.EMG_2)
    return state


def evolve(state: Broken | None, event: GlassBroken) -> Broken:
    """The state after *event*; a glass broken anew holds anew."""
    del state
    match event:
        case GlassBroken():
            return Broken(
                viewer=event.viewer,
                patient=event.patient,
                reason=event.reason,
                since=event.at,
                until=event.until,
            )
        case _:
            assert_never(event)
