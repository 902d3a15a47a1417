"""When an application needs attention: an operator's, and a worker's."""

import datetime as dt

from emrcore.applications.application import Application, Decided, Filed, waiting
from emrcore.applications.outcomes import NeedsKinship, Pending
from emrcore.rulebook import Edition


def due_at(state: Application) -> dt.datetime | None:
    """By when an operator has to decide the next card; None: it is not the office's turn."""
    if not isinstance(state, Filed):
        return None
    pending = (one for one in waiting(state).values() if isinstance(one, Pending))
    return min((one.deadline.due_at for one in pending if one.deadline.due_at), default=None)


def acts_at(state: Application, *, at: dt.datetime, edition: Edition) -> dt.datetime | None:
    """When something next happens by itself after *at*; None: nothing does.

    A deadline is missed, a question expires, or, on the next day, a tie is looked up again.
    """
    if isinstance(state, Decided):
        return None
    moments = [
        one.deadline.due_at
        for one in waiting(state).values()
        if isinstance(one, Pending) and one.missed_at is None and one.deadline.due_at
    ]
    if not isinstance(state, Filed):
        moments.append(state.until)
    if any(isinstance(one, NeedsKinship) for one in waiting(state).values()):
        moments.append(edition.start_of(edition.local_day(at) + dt.timedelta(days=1)))
    return min(moments, default=None)
