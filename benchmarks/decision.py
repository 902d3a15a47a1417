"""One decision with its reason, against the loop body that a portal would write by hand.

Run it with ``python benchmarks/decision.py``. The answers are compared before anything is timed.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from emrcore.access import Facts, Grant, Viewer, decide
from emrcore.people import Kinship, KinshipStatus, PatientId, Person, PersonId
from emrcore.records import Document, DocumentId, judge
from emrcore.rulebook import Role, shipped

MOSCOW = ZoneInfo("Europe/Moscow")
AT = dt.datetime(2020, 2, 3, 12, tzinfo=MOSCOW)
EDITION = shipped("ru-moscow-2020").edition_at(AT)
FACTS = Facts(
    patient=PatientId("card"),
    person=Person(id=PersonId("child"), born=dt.date(2010, 5, 5)),
    kinships=(
        Kinship(
            guardian=PersonId("mother"),
            ward=PersonId("child"),
            since=dt.date(2010, 5, 5),
            status=KinshipStatus.CONFIRMED,
        ),
    ),
    grants=(Grant(viewer=PersonId("mother"), since=dt.datetime(2020, 1, 21, tzinfo=MOSCOW)),),
)
VIEWER = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
STARTS = {
    "exam-protocols": ("occurred", dt.date(2017, 1, 1)),
    "lab-results": ("signed", dt.date(2019, 1, 1)),
    "radiology": ("signed", dt.date(2019, 1, 1)),
    "instrumental": ("occurred", dt.date(2020, 1, 1)),
    "discharge-summaries": ("signed", dt.date(2019, 1, 1)),
}
DOCUMENT = Document(
    id=DocumentId("d"),
    source="lab",
    patient=PatientId("card"),
    section="lab-results",
    published_at=dt.datetime(2019, 1, 2, tzinfo=MOSCOW),
    occurred_on=dt.date(2019, 1, 1),
    signed_on=dt.date(2019, 1, 2),
)


def naive(facts: Facts, viewer: Viewer, at: dt.datetime, document: Document) -> tuple[bool, str]:
    """What one writes by hand: right here, and nowhere else."""
    today = at.astimezone(MOSCOW).date()
    born = facts.person.born
    age = today.year - born.year - ((today.month, today.day) <= (born.month, born.day))
    if today < dt.date(2020, 1, 14):
        return False, "not open"
    if viewer.role is Role.GUARDIAN:
        if not any(
            tie.guardian == viewer.person
            and tie.status is KinshipStatus.CONFIRMED
            and tie.since <= today
            and (tie.until is None or today < tie.until)
            for tie in facts.kinships
        ):
            return False, "no tie"
        if age >= 15:
            return False, "too old"
    if not any(grant.viewer == viewer.person and grant.since <= at for grant in facts.grants):
        return False, "no grant"
    start = STARTS.get(document.section)
    if start is None or document.published_at > at:
        return False, "closed"
    date = document.signed_on if start[0] == "signed" else document.occurred_on
    return (True, "open") if date and date >= start[1] else (False, "too early")


def ours() -> bool:
    """Decide, then judge the one document."""
    return judge(decide(FACTS, VIEWER, at=AT, edition=EDITION), DOCUMENT).visible


VIEW = decide(FACTS, VIEWER, at=AT, edition=EDITION)

WAYS: dict[str, Callable[[], object]] = {
    "by hand, everything for one document": lambda: naive(FACTS, VIEWER, AT, DOCUMENT),
    "decide, then judge one document": ours,
    "decide alone": lambda: decide(FACTS, VIEWER, at=AT, edition=EDITION),
    "judge one document under a view": lambda: judge(VIEW, DOCUMENT),
}


def main(rounds: int = 15, calls: int = 2000) -> None:
    """Print the median of each way, and its ratio to the first."""
    if not ours() or not naive(FACTS, VIEWER, AT, DOCUMENT)[0]:
        raise SystemExit("the answers differ")
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            start = time.perf_counter()
            for _ in range(calls):
                way()
            taken[name].append((time.perf_counter() - start) / calls * 1e6)
    first = statistics.median(next(iter(taken.values())))
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:40} {median:8.2f} us   x{median / first:6.2f}")


if __name__ == "__main__":
    main()
