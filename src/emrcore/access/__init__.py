"""Who may see what of whose card, since when, until when, and by which rule."""

from emrcore.access.decision import admitted, decide, next_change, refused, timeline
from emrcore.access.explanation import explain
from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.access.view import Allowance, Constant, Reason, View

__all__ = [
    "Allowance",
    "Constant",
    "Facts",
    "Grant",
    "Reason",
    "View",
    "Viewer",
    "admitted",
    "decide",
    "explain",
    "next_change",
    "refused",
    "timeline",
]
