"""The documents of a card, and reading them under a view."""

from emrcore.records.card import (
    CardCreated,
    CardOpened,
    DeathRecorded,
    DocumentsAdded,
    DocumentsShown,
    KinshipRecorded,
    RestrictionRecorded,
    restricted,
)
from emrcore.records.comparison import Change, Example, Impact, diff, impact
from emrcore.records.document import Document, DocumentId
from emrcore.records.execution import Verdict, count, judge, verdicts, visible, withheld
from emrcore.records.page import Page, Position, check_size, cut, opened, page, position
from emrcore.records.shelf import Shelf

__all__ = [
    "CardCreated",
    "CardOpened",
    "Change",
    "DeathRecorded",
    "Document",
    "DocumentId",
    "DocumentsAdded",
    "DocumentsShown",
    "Example",
    "Impact",
    "KinshipRecorded",
    "Page",
    "Position",
    "RestrictionRecorded",
    "Shelf",
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
