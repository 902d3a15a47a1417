"""Family: dated facts about who stands how to whom."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import (
    Assent,
    Capacity,
    CapacityKind,
    Custody,
    Fact,
    Kinship,
    KinshipStatus,
    PersonId,
    PolicyCover,
    Restriction,
)

MOTHER, CHILD = PersonId("mother"), PersonId("child")
DAY = dt.timedelta(days=1)
SINCE = dt.date(2020, 1, 14)
UNTIL = dt.date(2020, 2, 1)
MOMENT = dt.datetime(2020, 1, 20, tzinfo=dt.UTC)

SAID: dict[type[Fact], dict[str, Any]] = {
    Kinship: {"guardian": MOTHER, "ward": CHILD, "status": KinshipStatus.CONFIRMED},
    Custody: {"guardian": MOTHER, "ward": CHILD},
    Assent: {"guardian": MOTHER, "ward": CHILD, "given": True},
    Restriction: {"ward": CHILD, "person": None, "authority": "court", "reason": "order 7"},
    Capacity: {"person": CHILD, "kind": CapacityKind.FULL},
    PolicyCover: {"person": CHILD},
}
FACTS = list(SAID)


def fact(kind: type[Fact], /, **changed: Any) -> Fact:
    return kind(**({"since": SINCE, "until": UNTIL} | SAID[kind] | changed))


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize(
    ("on", "holds"),
    [(SINCE - DAY, False), (SINCE, True), (UNTIL - DAY, True), (UNTIL, False)],
)
def test_a_fact_holds_from_its_first_day_to_the_day_before_its_end(
    kind: type[Fact], on: dt.date, holds: bool
) -> None:
    """PPL-5: the first day is in, the day of the end is out."""
    assert fact(kind).holds_on(on) is holds


@pytest.mark.parametrize("kind", FACTS)
def test_a_fact_without_an_end_holds_for_good(kind: type[Fact]) -> None:
    """PPL-5: no end is known, so none comes."""
    assert fact(kind, until=None).holds_on(dt.date.max)
    assert not fact(kind, until=None).holds_on(SINCE - DAY)


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("until", [SINCE - DAY, SINCE])
def test_a_fact_ends_after_it_begins(kind: type[Fact], until: dt.date) -> None:
    """PPL-5: an end on the first day or before it is refused; one day later it is not."""
    with pytest.raises(Malformed, match="PPL-5"):
        fact(kind, until=until)

    assert fact(kind, until=SINCE + DAY).holds_on(SINCE)


@given(since=st.dates(max_value=dt.date(9000, 1, 1)), length=st.integers(1, 9_999), on=st.dates())
def test_of_two_facts_that_meet_exactly_one_holds(since: dt.date, length: int, on: dt.date) -> None:
    """PPL-5: where one ends and the next begins there is no gap and no overlap."""
    meeting = since + length * DAY
    first = Custody(guardian=MOTHER, ward=CHILD, since=since, until=meeting)
    second = Custody(guardian=MOTHER, ward=CHILD, since=meeting)

    assert first.holds_on(on) + second.holds_on(on) == (on >= since)


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("moment", [MOMENT, MOMENT.replace(tzinfo=None), "2020-01-20"])
def test_a_fact_begins_and_ends_on_days(kind: type[Fact], field: str, moment: Any) -> None:
    """PPL-4: a moment, naive or aware, and a text are refused."""
    with pytest.raises(TypeError, match=f"{field} is .*PPL-4"):
        fact(kind, **{field: moment})


def test_a_fact_holds_on_a_day_not_at_a_moment() -> None:
    """PPL-4: the question takes no moment either."""
    with pytest.raises(TypeError):
        fact(Custody).holds_on(MOMENT)


@pytest.mark.parametrize("kind", [Kinship, Custody, Assent])
def test_nobody_is_their_own_guardian(kind: type[Fact]) -> None:
    """PPL-7: a tie takes two."""
    with pytest.raises(Malformed, match="PPL-7"):
        fact(kind, guardian=CHILD)


@pytest.mark.parametrize("kind", FACTS)
def test_the_parts_of_a_fact_are_said_by_name(kind: Any) -> None:
    """PPL-7: or guardian and ward would be taken for each other."""
    with pytest.raises(TypeError, match="positional"):
        kind(*SAID[kind].values(), SINCE, UNTIL)


@pytest.mark.parametrize(
    ("kind", "field", "wrong"),
    [
        (Kinship, "status", "confirmed"),
        (Kinship, "guardian", None),
        (Custody, "ward", 7),
        (Assent, "given", 1),
        (Restriction, "ward", None),
        (Restriction, "person", 7),
        (Restriction, "authority", None),
        (Restriction, "reason", None),
        (Capacity, "person", None),
        (Capacity, "kind", "full"),
        (PolicyCover, "person", None),
    ],
)
def test_a_fact_is_made_of_its_own_types(kind: type[Fact], field: str, wrong: Any) -> None:
    """PPL-10: another type is refused by the name of the field alone."""
    with pytest.raises(TypeError, match=f"{field} is a {type(wrong).__name__}, not a "):
        fact(kind, **{field: wrong})


def test_the_reason_of_a_restriction_is_not_shown() -> None:
    """PPL-10: what a court found stays out of the repr."""
    assert "order 7" not in repr(fact(Restriction))


@pytest.mark.parametrize("kind", FACTS)
def test_facts_are_values(kind: type[Fact]) -> None:
    """PPL-5: facts that say the same over the same days are equal, over other days not."""
    assert fact(kind) == fact(kind)
    assert hash(fact(kind)) == hash(fact(kind))
    assert fact(kind) != fact(kind, until=None)


def test_custody_and_assent_are_different_facts() -> None:
    """PPL-5: what is said counts, not only about whom and when."""
    assert fact(Custody) != fact(Assent)
    assert fact(Custody) != fact(Kinship)
