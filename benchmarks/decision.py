"""One decision with its reason, and a card filtered, against what a portal would write by hand.

Run it with ``python benchmarks/decision.py``. The answers are compared before anything is timed,
and each way is tried in turn, so that a busy machine slows all of them.
"""

import datetime as dt
import itertools
import statistics
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import attrs

from emrcore.access import Facts, Grant, Viewer, decide
from emrcore.people import Kinship, KinshipStatus, PatientId, Person, PersonId
from emrcore.records import Document, DocumentId, Verdict, judge, verdicts, visible
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
GROWN_UP = Facts(
    patient=PatientId("card"),
    person=Person(id=PersonId("patient"), born=dt.date(1990, 5, 5)),
    grants=(Grant(viewer=PersonId("patient"), since=dt.datetime(2020, 1, 21, tzinfo=MOSCOW)),),
)
VIEWER = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
ASKED = {
    Role.SELF: (GROWN_UP, Viewer(person=PersonId("patient"), role=Role.SELF)),
    Role.GUARDIAN: (FACTS, VIEWER),
    Role.DOCTOR: (FACTS, Viewer(person=PersonId("doctor"), role=Role.DOCTOR)),
    Role.CREW: (FACTS, Viewer(person=PersonId("crew"), role=Role.CREW)),
}
STAFF = {
    role: EDITION.relations[role].bands[band].sections.value
    for role, band in ((Role.DOCTOR, "in-care"), (Role.CREW, "in-emergency"))
}
STARTS = {
    "exam-protocols": ("occurred", dt.date(2017, 1, 1)),
    "lab-results": ("signed", dt.date(2019, 1, 1)),
    "radiology": ("signed", dt.date(2019, 1, 1)),
    "instrumental": ("occurred", dt.date(2020, 1, 1)),
    "discharge-summaries": ("signed", dt.date(2019, 1, 1)),
}
DAY = dt.timedelta(days=1)
DOCUMENT = Document(
    id=DocumentId("d"),
    source="lab",
    patient=PatientId("card"),
    section="lab-results",
    published_at=dt.datetime(2019, 1, 2, tzinfo=MOSCOW),
    occurred_on=dt.date(2019, 1, 1),
    signed_on=dt.date(2019, 1, 2),
)


def naive(  # noqa: PLR0911 - as it is written by hand
    facts: Facts, viewer: Viewer, at: dt.datetime, document: Document
) -> tuple[bool, str]:
    """What one writes by hand: right here, and nowhere else."""
    today = at.astimezone(MOSCOW).date()
    born = facts.person.born
    age = today.year - born.year - ((today.month, today.day) <= (born.month, born.day))
    if today < dt.date(2020, 1, 14):
        return False, "not open"
    if viewer.role in STAFF:
        if document.section not in STAFF[viewer.role] or document.labels:
            return False, "not for staff"
        return document.published_at <= at, "staff"
    if viewer.role is Role.SELF and (viewer.person != facts.person.id or age < 15):
        return False, "too young"
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
    if start is None or document.published_at > at or document.labels:
        return False, "closed"
    date = document.signed_on if start[0] == "signed" else document.occurred_on
    return (True, "open") if date and date >= start[1] else (False, "too early")


def ours() -> bool:
    """Decide, then judge the one document."""
    return judge(decide(FACTS, VIEWER, at=AT, edition=EDITION), DOCUMENT).visible


VIEW = decide(FACTS, VIEWER, at=AT, edition=EDITION)
CARD = [
    attrs.evolve(
        DOCUMENT,
        id=DocumentId(f"{number}"),
        section=section,
        occurred_on=dt.date(2014, 8, 20) + number * DAY,
        signed_on=dt.date(2014, 8, 21) + number * DAY,
        published_at=dt.datetime(2014, 8, 22, tzinfo=MOSCOW) + number * DAY,
    )
    for number, section in enumerate(itertools.islice(itertools.cycle(EDITION.sections), 2000))
]
"""2,000 documents of all sections, a new one each day; the last are not published yet."""

Ways = dict[str, Callable[[], object]]

ONE: Ways = {
    "by hand, everything for one document": lambda: naive(FACTS, VIEWER, AT, DOCUMENT),
    "decide, then judge one document": ours,
    "decide alone": lambda: decide(FACTS, VIEWER, at=AT, edition=EDITION),
    "judge one document under a view": lambda: judge(VIEW, DOCUMENT),
}


def of_card(role: Role) -> Ways:
    """The ways to filter the card for somebody in *role*.

    Raises:
        SystemExit: they do not show the same documents.
    """
    facts, viewer = ASKED[role]

    def by_hand() -> list[Document]:
        return [one for one in CARD if naive(facts, viewer, AT, one)[0]]

    def filtered() -> list[Document]:
        return visible(decide(facts, viewer, at=AT, edition=EDITION), CARD)

    def with_reasons() -> list[Verdict]:
        return verdicts(decide(facts, viewer, at=AT, edition=EDITION), CARD)

    if (
        not by_hand()
        == filtered()
        == [one for one, verdict in zip(CARD, with_reasons(), strict=True) if verdict.visible]
    ):
        raise SystemExit(f"the answers differ for {role}")
    return {
        f"{role}: by hand, document by document": by_hand,
        f"{role}: decide, then filter": filtered,
        f"{role}: decide, then tell each reason": with_reasons,
    }


def compare(ways: Ways, rounds: int, calls: int) -> None:
    """Print the median of each way, and its ratio to the first."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(calls):
                way()
            taken[name].append((time.perf_counter() - start) / calls * 1e6)
    first = statistics.median(next(iter(taken.values())))
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:40} {median:8.2f} us   x{median / first:6.3f}")


def main(rounds: int = 15) -> None:
    """Compare one decision, then a card of 2,000 for every kind of viewer."""
    if not ours() or not naive(FACTS, VIEWER, AT, DOCUMENT)[0]:
        raise SystemExit("the answers differ")
    compare(ONE, rounds, calls=2000)
    for role in ASKED:
        compare(of_card(role), rounds, calls=2)


if __name__ == "__main__":
    main()
