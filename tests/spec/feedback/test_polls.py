"""The life of a poll."""

from collections.abc import Callable

import pytest

from emrcore import feedback, rules
from emrcore.errors import Corrupt, Malformed, RuleBroken
from emrcore.feedback import Box, OpenPoll, Poll, PollCounted, PollId, PollQuestion
from emrcore.people import AccountId
from emrcore.rules import Rule
from world import moscow

ASKED = (
    PollQuestion(id="support", options=("yes", "no")),
    PollQuestion(id="sections", options=("diary", "referrals", "vaccinations"), many=True),
    PollQuestion(id="enter", options=("yes", "no", "dunno")),
)
ANSWERS = {"support": "yes", "sections": ["diary"], "enter": "dunno"}
SINCE, UNTIL = moscow(2020, 1, 14), moscow(2020, 2, 14)


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def opened() -> OpenPoll:
    event = feedback.open_poll(PollId("p1"), ASKED, until=UNTIL, at=SINCE)
    state = feedback.evolve_poll(None, event)
    assert isinstance(state, OpenPoll)
    return state


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"questions": ()}, ["questions"]),
        ({"questions": (ASKED[0], ASKED[0])}, ["questions"]),
        ({"questions": (PollQuestion(id="q", options=("a", "a")),)}, ["q"]),
        ({"questions": (PollQuestion(id="q", options=("a",)),)}, ["q"]),
        ({"until": SINCE, "least": 4}, ["until", "least"]),
    ],
)
def test_what_is_no_poll(changes: dict[str, object], faults: list[str]) -> None:
    """FBK-9: a poll asks questions that differ, of two options at least, for some time."""
    known: dict[str, object] = {"questions": ASKED, "until": UNTIL, "least": 5}
    with pytest.raises(Malformed) as error:
        feedback.open_poll(PollId("p1"), at=SINCE, **(known | changes))  # type: ignore[arg-type]
    assert [fault.where for fault in error.value.faults] == faults


def test_a_ballot() -> None:
    """FBK-9: an answer to every question; of many choices none is an answer, too."""
    assert feedback.read_ballot(opened(), ANSWERS).chosen == (1, 0, 1, 0, 0, 0, 0, 1)
    nothing = feedback.read_ballot(opened(), ANSWERS | {"sections": []})
    assert nothing.chosen == (1, 0, 0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"support": "maybe"}, ["support"]),
        ({"support": ["yes"]}, ["support"]),
        ({"support": None, "enter": 7}, ["support", "enter"]),
        ({"sections": "diary"}, ["sections"]),
        ({"sections": ["diary", "diary"]}, ["sections"]),
        ({"sections": [["diary"]], "more": 1}, ["answers", "sections"]),
    ],
)
def test_what_is_no_ballot(changes: dict[str, object], faults: list[str]) -> None:
    """FBK-9: every fault at once, and none says what was answered."""
    with pytest.raises(Malformed) as error:
        feedback.read_ballot(opened(), {**ANSWERS, **changes})
    assert [fault.where for fault in error.value.faults] == faults
    assert "maybe" not in str(error.value)


def test_one_ballot_while_it_is_open() -> None:
    """FBK-9: from the first moment until, not including, the last; and once."""
    me, tick = AccountId("a1"), moscow(2020, 2, 14) - moscow(2020, 2, 13)
    event = feedback.vote(opened(), None, by=me, at=SINCE)
    before = feedback.evolve_voter(None, event)
    assert feedback.vote(opened(), None, by=me, at=UNTIL - tick).account == me
    for state, voted, at in (
        (opened(), before, SINCE),
        (opened(), None, UNTIL),
        (opened(), None, SINCE - tick),
        (None, None, SINCE),
    ):
        assert (
            refused(lambda: feedback.vote(state, voted, by=me, at=at))  # noqa: B023
            is rules.FBK_9
        )


def test_counted_once_and_wholly() -> None:
    """FBK-11: not while it is open, nor twice, nor with a ballot too few or too many."""
    ballot = feedback.read_ballot(opened(), ANSWERS)
    boxes = [ballot.plus(ballot), feedback.empty_box(opened()), ballot]

    def count(state: Poll, voters: int) -> PollCounted:
        return feedback.count_poll(state, boxes, voters=voters, at=UNTIL)

    assert refused(lambda: count(opened(), 3)) is rules.FBK_11
    closed = feedback.evolve_poll(opened(), feedback.close_poll(opened(), at=UNTIL))
    assert refused(lambda: feedback.close_poll(closed, at=UNTIL)) is rules.FBK_11
    for voters in (2, 4):
        with pytest.raises(Corrupt):
            count(closed, voters)
    event = feedback.count_poll(closed, boxes, voters=3, at=UNTIL)
    assert event.result.ballots == 3
    counted = feedback.evolve_poll(closed, event)
    assert refused(lambda: count(counted, 3)) is rules.FBK_11


def test_a_box_shows_nothing() -> None:
    """FBK-10: what is in a box stands in no repr."""
    assert "777" not in repr(Box(ballots=1, chosen=(777,)))
