"""Who may see what of whose card, since when, until when, and by which rule."""

from emrcore.access.decision import admitted, decide, next_change, refused, timeline
from emrcore.access.explanation import explain
from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.access.grounds import Citation, Ground, Grounds, grounds_of
from emrcore.access.guardians import guardians, resigned
from emrcore.access.view import Allowance, Constant, Reason, View

__all__ = [
    "Allowance",
    "Citation",
    "Constant",
    "Facts",
    "Grant",
    "Ground",
    "Grounds",
    "Reason",
    "View",
    "Viewer",
    "admitted",
    "decide",
    "explain",
    "grounds_of",
    "guardians",
    "next_change",
    "refused",
    "resigned",
    "timeline",
]
