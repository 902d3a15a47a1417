"""What is told of a poll."""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.feedback import Answered, Sums, by_largest_remainder, result_of

LEAST = 5


def told(chosen: dict[str, int], *, many: bool = False, ballots: int | None = None) -> Answered:
    sums = Sums(question="q", many=many, chosen=chosen)
    total = sum(chosen.values()) if ballots is None else ballots
    return result_of([sums], ballots=total, least=LEAST).questions[0]


def votes(answered: Answered) -> list[int | None]:
    return [one.votes for one in answered.options]


@pytest.mark.parametrize(
    ("chosen", "shares"),
    [
        ([1, 1, 1], [34, 33, 33]),
        ([81, 19], [81, 19]),
        ([2, 1], [67, 33]),
        ([1, 1, 1, 1, 1, 1], [17, 17, 17, 17, 16, 16]),
        ([0, 0], [0, 0]),
    ],
)
def test_shares_add_up(chosen: list[int], shares: list[int]) -> None:
    """FBK-13: what is missing to 100 goes to the largest remainders, the first of equal ones."""
    assert by_largest_remainder(chosen) == shares


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12).filter(any))
def test_shares_always_add_up(chosen: list[int]) -> None:
    """FBK-13: the shares are 100 together, and each is less than one off."""
    shares = by_largest_remainder(chosen)
    assert sum(shares) == 100
    total = sum(chosen)
    assert all(
        abs(share * total - 100 * one) < total for share, one in zip(shares, chosen, strict=True)
    )


@pytest.mark.parametrize(
    ("no", "shown"), [(LEAST - 1, [None, None]), (LEAST, [95, LEAST]), (LEAST + 1, [95, LEAST + 1])]
)
def test_a_small_number_is_withheld(no: int, shown: list[int | None]) -> None:
    """FBK-12: below the least a number is withheld, and the other one that gives it away."""
    assert votes(told({"yes": 95, "no": no})) == shown


def test_nobody_is_a_small_number() -> None:
    """FBK-12: if all said yes, the list of voters would say what each of them answered."""
    assert votes(told({"yes": 95, "no": 0, "dunno": 0})) == [None, None, None]
    assert votes(told({"a": 90, "b": 3, "c": 20})) == [None, None, None]


def test_many_choices() -> None:
    """FBK-12: of a question with many choices nearly all is as telling as hardly anybody."""
    chosen = {"few": 4, "some": 5, "most": 95, "nearly all": 96}
    assert votes(told(chosen, many=True, ballots=100)) == [None, 5, 95, None]


@pytest.mark.parametrize("options", [2, 3, 4])
def test_nothing_withheld_can_be_reckoned(options: int) -> None:
    """FBK-12: whoever knows the rule and all that is told cannot tell one withheld number."""
    for ballots in range(1, 25):
        alike: defaultdict[tuple[int | None, ...], list[tuple[int, ...]]] = defaultdict(list)
        for way in itertools.product(range(ballots + 1), repeat=options - 1):
            if sum(way) <= ballots:
                whole = (*way, ballots - sum(way))
                alike[tuple(votes(told(dict(zip("abcd", whole, strict=False)))))].append(whole)
        for shown, ways in alike.items():
            for number, one in enumerate(shown):
                assert (one is None) is (len({way[number] for way in ways}) > 1)
