"""How an answer changes over time."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from emrcore.access import Viewer, decide, timeline
from emrcore.people import PersonId
from emrcore.rulebook import Role, shipped
from world import Cards, moscow

BOOK = shipped("ru-moscow-2020")
CARDS = Cards(BOOK.editions[0])
START = moscow(2019, 1, 1)


def test_timeline_of_a_guardian() -> None:
    """ACC-14: closed, opened by the programme, granted, handed over: four answers, no more."""
    viewer = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    views = timeline(
        CARDS.facts(), viewer, since=moscow(2019, 1, 1), until=moscow(2030, 1, 1), rulebook=BOOK
    )
    answers = [(view.at, view.refusal.rule.id if view.refusal else "open") for view in views]
    assert answers == [
        (moscow(2019, 1, 1), "ACC-1"),
        (moscow(2020, 1, 14), "ACC-8"),
        (moscow(2020, 1, 21, 9), "open"),
        (moscow(2025, 5, 6), "ACC-4"),
    ]


@given(
    at=st.integers(0, 12 * 365 * 24 * 60).map(lambda m: START + dt.timedelta(minutes=m)),
    role=st.sampled_from(Role),
    person=st.sampled_from(["mother", "child"]),
)
def test_constant_until_the_next_change(at: dt.datetime, role: Role, person: str) -> None:
    """ACC-14: up to the last microsecond before ``until`` the answer is the same."""
    viewer = Viewer(person=PersonId(person), role=role)
    view = decide(CARDS.facts(), viewer, at=at, edition=CARDS.edition)
    if view.until:
        last = view.until - dt.timedelta(microseconds=1)
        later = decide(CARDS.facts(), viewer, at=last, edition=CARDS.edition)
        assert (later.allowances, later.refusal) == (view.allowances, view.refusal)
        assert later.until == view.until
