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
from emrcore.records.coverage import (
    CardCoverage,
    Coverage,
    CoverageStated,
    Period,
    Standing,
    Statement,
    statement,
    statements,
    told,
)
from emrcore.records.document import Document, DocumentId
from emrcore.records.execution import Verdict, count, judge, verdicts, visible, withheld
from emrcore.records.page import Page, Position, check_size, cut, opened, page, position

__all__ = [
    "CardCoverage",
    "CardCreated",
    "CardOpened",
    "Change",
    "Coverage",
    "CoverageStated",
    "DeathRecorded",
    "Document",
    "DocumentId",
    "DocumentsAdded",
    "DocumentsShown",
    "Example",
    "Impact",
    "KinshipRecorded",
    "Page",
    "Period",
    "Position",
    "RestrictionRecorded",
    "Standing",
    "Statement",
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
    "statement",
    "statements",
    "told",
    "verdicts",
    "visible",
    "withheld",
]
