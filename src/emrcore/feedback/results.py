"""What is told of a poll: numbers that add up, and none that gives somebody away.

Since who has voted is known, a number that is very small, or nearly everybody's, says what somebody
answered: if nobody said no, everybody on the list said yes. So what is below the least is withheld,
zero among it, together with whatever it could be reckoned from: of a question with one choice, all.
"""

from collections.abc import Iterable, Mapping, Sequence

import attrs

_WHOLE = 100


@attrs.frozen(kw_only=True)
class Sums:
    """How often each option of one question was chosen: exact, and not to be told."""

    question: str
    many: bool
    chosen: Mapping[str, int] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Option:
    """One option: how many chose it, and how many in a hundred; None where that is withheld."""

    option: str
    votes: int | None
    share: int | None


@attrs.frozen(kw_only=True)
class Answered:
    """What is told of one question."""

    question: str
    many: bool
    options: tuple[Option, ...]


@attrs.frozen(kw_only=True)
class Result:
    """What is told of a poll in which ``ballots`` were cast."""

    ballots: int
    questions: tuple[Answered, ...]


def result_of(answers: Iterable[Sums], *, ballots: int, least: int) -> Result:
    """What may be told of *answers*, where numbers below *least* may not (FBK-12)."""
    told: list[Answered] = []
    for one in answers:
        votes = tuple(one.chosen.values())
        hidden = _few_of_many(votes, ballots, least) if one.many else _few_of_one(votes, least)
        shares = _each(votes, ballots) if one.many else by_largest_remainder(votes)
        options = tuple(
            Option(
                option=name,
                votes=None if number in hidden else votes[number],
                share=None if number in hidden else shares[number],
            )
            for number, name in enumerate(one.chosen)
        )
        told.append(Answered(question=one.question, many=one.many, options=options))
    return Result(ballots=ballots, questions=tuple(told))


def _few_of_one(votes: Sequence[int], least: int) -> set[int]:
    """Which of *votes* are withheld: none, or all of them if any is too few.

    Their sum is known. Withholding only the small ones and some neighbours leaves cases in which
    what is told, and the rule by which it was chosen, have one solution.
    """
    return set(range(len(votes))) if any(one < least for one in votes) else set()


def _few_of_many(votes: Sequence[int], ballots: int, least: int) -> set[int]:
    """Which of *votes* are withheld: those too few, and those that too few did not give."""
    return {number for number, one in enumerate(votes) if one < least or ballots - one < least}


def _each(votes: Sequence[int], ballots: int) -> list[int]:
    """Each of *votes* in a hundred of *ballots*, a half upwards."""
    if not ballots:
        return [0] * len(votes)
    return [(2 * _WHOLE * one + ballots) // (2 * ballots) for one in votes]


def by_largest_remainder(votes: Sequence[int]) -> list[int]:
    """Whole shares of *votes* that add up to 100; all 0 if there are none (FBK-13).

    Each gets its whole part; what is missing goes to the largest remainders, of equal ones to the
    option that stands first.
    """
    total = sum(votes)
    if not total:
        return [0] * len(votes)
    shares = [_WHOLE * one // total for one in votes]
    order = sorted(range(len(votes)), key=lambda one: (-(_WHOLE * votes[one] % total), one))
    for number in order[: _WHOLE - sum(shares)]:
        shares[number] += 1
    return shares
