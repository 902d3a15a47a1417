"""Who may see what of whose medical record, since when, until when, and by which rule.

The names below are the vocabulary; each is loaded when it is first used, so that ``import
emrcore`` costs nothing and touches nothing. Storage and SMS providers are in
``emrcore.adapters``, one vendor per module; test suites for a host's own are in
``emrcore.testing``.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emrcore.access import (
        Facts,
        Grant,
        Reason,
        View,
        Viewer,
        decide,
        explain,
        grounds_of,
        next_change,
        timeline,
    )
    from emrcore.applications import Asked, Operator, Rejection
    from emrcore.calendar import Deadline, WorkingCalendar, deadline, russian_calendar
    from emrcore.errors import (
        BeyondCalendar,
        CommitUnknown,
        Conflict,
        Corrupt,
        EmrcoreError,
        Fault,
        Malformed,
        ReadOnly,
        RuleBroken,
        StorageFull,
        StoreError,
        Unavailable,
        Unfit,
    )
    from emrcore.office import AsyncOffice, Citizen, Office, Sender, Staff
    from emrcore.people import (
        Account,
        AccountId,
        AccountLevel,
        Kinship,
        KinshipStatus,
        PatientId,
        Person,
        PersonId,
        Restriction,
        Sex,
        parse_identity,
    )
    from emrcore.records import Document, DocumentId, Page, Verdict, diff, impact, judge, visible
    from emrcore.rulebook import Check, Edition, Role, Rulebook
    from emrcore.rules import Rule
    from emrcore.texts import Language

__version__ = "0.1.0"

_HOME = {
    "Facts": "emrcore.access",
    "Grant": "emrcore.access",
    "Reason": "emrcore.access",
    "View": "emrcore.access",
    "Viewer": "emrcore.access",
    "decide": "emrcore.access",
    "explain": "emrcore.access",
    "grounds_of": "emrcore.access",
    "next_change": "emrcore.access",
    "timeline": "emrcore.access",
    "Asked": "emrcore.applications",
    "Operator": "emrcore.applications",
    "Rejection": "emrcore.applications",
    "Deadline": "emrcore.calendar",
    "WorkingCalendar": "emrcore.calendar",
    "deadline": "emrcore.calendar",
    "russian_calendar": "emrcore.calendar",
    "BeyondCalendar": "emrcore.errors",
    "CommitUnknown": "emrcore.errors",
    "Conflict": "emrcore.errors",
    "Corrupt": "emrcore.errors",
    "EmrcoreError": "emrcore.errors",
    "Fault": "emrcore.errors",
    "Malformed": "emrcore.errors",
    "ReadOnly": "emrcore.errors",
    "RuleBroken": "emrcore.errors",
    "StorageFull": "emrcore.errors",
    "StoreError": "emrcore.errors",
    "Unavailable": "emrcore.errors",
    "Unfit": "emrcore.errors",
    "AsyncOffice": "emrcore.office",
    "Citizen": "emrcore.office",
    "Office": "emrcore.office",
    "Sender": "emrcore.office",
    "Staff": "emrcore.office",
    "Account": "emrcore.people",
    "AccountId": "emrcore.people",
    "AccountLevel": "emrcore.people",
    "Kinship": "emrcore.people",
    "KinshipStatus": "emrcore.people",
    "PatientId": "emrcore.people",
    "Person": "emrcore.people",
    "PersonId": "emrcore.people",
    "Restriction": "emrcore.people",
    "Sex": "emrcore.people",
    "parse_identity": "emrcore.people",
    "Document": "emrcore.records",
    "DocumentId": "emrcore.records",
    "Page": "emrcore.records",
    "Verdict": "emrcore.records",
    "diff": "emrcore.records",
    "impact": "emrcore.records",
    "judge": "emrcore.records",
    "visible": "emrcore.records",
    "Check": "emrcore.rulebook",
    "Edition": "emrcore.rulebook",
    "Role": "emrcore.rulebook",
    "Rulebook": "emrcore.rulebook",
    "Rule": "emrcore.rules",
    "Language": "emrcore.texts",
}

__all__ = [
    "Account",
    "AccountId",
    "AccountLevel",
    "Asked",
    "AsyncOffice",
    "BeyondCalendar",
    "Check",
    "Citizen",
    "CommitUnknown",
    "Conflict",
    "Corrupt",
    "Deadline",
    "Document",
    "DocumentId",
    "Edition",
    "EmrcoreError",
    "Facts",
    "Fault",
    "Grant",
    "Kinship",
    "KinshipStatus",
    "Language",
    "Malformed",
    "Office",
    "Operator",
    "Page",
    "PatientId",
    "Person",
    "PersonId",
    "ReadOnly",
    "Reason",
    "Rejection",
    "Restriction",
    "Role",
    "Rule",
    "RuleBroken",
    "Rulebook",
    "Sender",
    "Sex",
    "Staff",
    "StorageFull",
    "StoreError",
    "Unavailable",
    "Unfit",
    "Verdict",
    "View",
    "Viewer",
    "WorkingCalendar",
    "deadline",
    "decide",
    "diff",
    "explain",
    "grounds_of",
    "impact",
    "judge",
    "next_change",
    "parse_identity",
    "russian_calendar",
    "timeline",
    "visible",
]


def __getattr__(name: str) -> object:
    """Load *name* from the package it lives in."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'emrcore' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
