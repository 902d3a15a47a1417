"""The life of a wish, and the votes for it."""

from collections.abc import Callable

import pytest

from emrcore import feedback, rules
from emrcore.errors import Malformed, RuleBroken
from emrcore.feedback import (
    HiddenWish,
    PublishedWish,
    Reason,
    Unfit,
    Votes,
    WishFiled,
    WishId,
    WishState,
)
from emrcore.people import AccountId
from emrcore.rulebook import Edition
from emrcore.rules import Rule
from world import NOW, moscow

BY = "op"


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def filed(name: str = "w1", at: int = 1) -> WishState:
    event = WishFiled(id=WishId(name), account=AccountId("a1"), at=moscow(2020, 1, at))
    return feedback.evolve_wish(None, event)


def shown(name: str = "w1", at: int = 1) -> WishState:
    state = filed(name, at)
    return feedback.evolve_wish(state, feedback.publish(state, by=BY, at=NOW))


@pytest.mark.parametrize(
    "text", ["x" * 10, "x" * 280, "12345678 results", "Since 01.02.2019, all of it"]
)
def test_fit_texts(text: str) -> None:
    """FBK-1: 10 to 280 characters, numbers of up to eight digits."""
    assert feedback.read_wish(text) == text


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("x" * 9, 1),
        ("x" * 281, 1),
        ("   ", 1),
        ("show 123456789", 1),
        ("my phone is 8 (916) 123-45-67", 1),
        ("my passport 45 04 123456", 1),
        ("insured as 112-233-445 95", 1),
        ("write to anna@example.org", 1),
        ("a\x00 123456789 a@b", 3),
        (7, 1),
    ],
)
def test_unfit_texts(text: object, faults: int) -> None:
    """FBK-1: what is too short, too long, or tells who somebody is; every fault at once."""
    with pytest.raises(Malformed) as error:
        feedback.read_wish(text)
    assert len(error.value.faults) == faults
    assert str(text).strip() not in str(error.value) or not str(text).strip()


def test_three_in_24_hours() -> None:
    """FBK-2: a fourth wish is refused until the first of three is 24 hours old."""
    three = tuple(moscow(2020, 1, 14, hour) for hour in (10, 11, 12))
    assert len(feedback.recent(three[:2], at=moscow(2020, 1, 14, 13))) == 2
    assert refused(lambda: feedback.recent(three, at=moscow(2020, 1, 15, 9, 59))) is rules.FBK_2
    assert feedback.recent(three, at=moscow(2020, 1, 15, 10)) == three[1:]


def test_only_what_is_shown_is_voted_for(edition: Edition) -> None:
    """FBK-3: not before somebody has looked, nor once it is hidden or answered."""
    hidden = feedback.evolve_wish(
        filed(), feedback.hide(filed(), why=Unfit.PERSONAL, by=BY, at=NOW)
    )
    no = feedback.decline(shown(), why=Reason.AGAINST_THE_LAW, by=BY, at=NOW)
    yes = feedback.answer_with(shown(), "radiology", edition=edition, by=BY, at=NOW)
    answered = [feedback.evolve_wish(shown(), event) for event in (no, yes)]
    for state in (None, filed(), hidden, *answered):
        assert refused(lambda: feedback.voted_for(state)) is rules.FBK_3  # noqa: B023
    promised = feedback.evolve_wish(shown(), feedback.plan(shown(), by=BY, at=NOW))
    assert isinstance(feedback.voted_for(promised), PublishedWish)


def test_answers_are_final(edition: Edition) -> None:
    """FBK-8: opened with a section that is open, declined for a reason, promised once."""
    for section in ("no-such-section", "health-diary"):
        assert (
            refused(
                lambda: feedback.answer_with(shown(), section, edition=edition, by=BY, at=NOW)  # noqa: B023
            )
            is rules.FBK_8
        )
    promised = feedback.evolve_wish(shown(), feedback.plan(shown(), by=BY, at=NOW))
    assert refused(lambda: feedback.plan(promised, by=BY, at=NOW)) is rules.FBK_8
    event = feedback.answer_with(promised, "radiology", edition=edition, by=BY, at=NOW)
    answered = feedback.evolve_wish(promised, event)
    again = lambda: feedback.decline(answered, why=Reason.ELSEWHERE, by=BY, at=NOW)  # noqa: E731
    assert refused(again) is rules.FBK_3


def test_merged_wishes_are_one() -> None:
    """FBK-5: merged, and merged again, they are one family; what was taken in is not hidden."""
    states = {WishId(name): shown(name) for name in "abc"}

    def merge(one: str, into: str) -> None:
        before, other = states[WishId(one)], states[WishId(into)]
        event = feedback.merge(before, other, by=BY, at=NOW)
        states[before.wish.id] = feedback.evolve_wish(before, event)
        states[other.wish.id] = feedback.evolve_wish(other, event)

    merge("a", "b")
    merge("b", "c")
    assert feedback.family(states[WishId("c")]) == set("abc")
    assert set(feedback.roots(states).values()) == {"c"}
    assert refused(lambda: merge("c", "c")) is rules.FBK_6
    unite = lambda: feedback.hide(states[WishId("c")], why=Unfit.NO_WISH, by=BY, at=NOW)  # noqa: E731
    assert refused(unite) is rules.FBK_5


def test_ranked() -> None:
    """FBK-7: by votes, then the earlier, then by id; hidden ones are not ranked."""
    states = {
        WishId(name): shown(name, at)
        for name, at in (("late", 3), ("early", 2), ("b", 4), ("a", 4), ("wanted", 9))
    }
    gone = WishId("gone")
    states[gone] = HiddenWish(wish=filed("gone").wish, why=Unfit.ABUSIVE)
    votes = [
        Votes(account=AccountId("a1"), wishes=(WishId("wanted"), gone)),
        Votes(account=AccountId("a2"), wishes=(WishId("wanted"),)),
        Votes(account=AccountId("a3")),
    ]
    ranking = feedback.rank(states, votes, at=NOW)
    assert [(one.wish, one.votes) for one in ranking.standings] == [
        ("wanted", 2),
        ("early", 0),
        ("late", 0),
        ("a", 0),
        ("b", 0),
    ]
