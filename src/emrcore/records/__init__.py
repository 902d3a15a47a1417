"""The documents of a card, and reading them under a view."""

from emrcore.records.card import (
    CardCreated,
    CardOpened,
    DeathRecorded,
    DocumentsAdded,
    DocumentsShown,
    FactRecorded,
    GuardianResigned,
    KinshipRecorded,
    NoGuardianLeft,
    RestrictionRecorded,
    Standing,
    restricted,
)
from emrcore.records.comparison import Change, Example, Impact, diff, impact
from emrcore.records.document import Document, DocumentId
from emrcore.records.execution import Verdict, count, judge, verdicts, visible, withheld
from emrcore.records.page import MOST, Page, Position, check_size, cut, opened, page, position

__all__ = [
    "MOST",
    "CardCreated",
    "CardOpened",
    "Change",
    "DeathRecorded",
    "Document",
    "DocumentId",
    "DocumentsAdded",
    "DocumentsShown",
    "Example",
    "FactRecorded",
    "GuardianResigned",
    "Impact",
    "KinshipRecorded",
    "NoGuardianLeft",
    "Page",
    "Position",
    "RestrictionRecorded",
    "Standing",
    "Verdict",
    "check_size",
    "count",
    "cut",
    "diff",
    "impact",
    "judge",
    "opened",
    "page",
    "position",
    "restricted",
    "verdicts",
    "visible",
    "withheld",
]
