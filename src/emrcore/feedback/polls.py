"""The life of a poll: opened, voted in, closed, counted.

Who has voted is kept, one record an account. What was answered is never kept: it is added to the
sums of a ballot box at once. The boxes are for the shell to keep under seal; here they are numbers.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.errors import Corrupt, Fault, Malformed, RuleBroken
from emrcore.feedback.results import Result, Sums, result_of
from emrcore.people import AccountId

PollId = NewType("PollId", str)

LEAST = 5
"""The smallest least that a poll may have."""


@attrs.frozen(kw_only=True)
class PollQuestion:
    """What is asked: one of the ``options`` is to be chosen or, with ``many``, any of them.

    ``text`` is the question by language; ``options`` are names that a host gives texts to.
    """

    id: str
    options: tuple[str, ...]
    text: Mapping[str, str] = attrs.field(factory=dict[str, str])
    many: bool = False


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class OpenPoll:
    """Ballots are taken over ``[since, until)``; numbers below ``least`` are never told."""

    id: PollId
    questions: tuple[PollQuestion, ...]
    since: dt.datetime
    until: dt.datetime
    least: int


@attrs.frozen(kw_only=True)
class ClosedPoll:
    """No ballot is taken any more, and nothing is counted yet."""

    poll: OpenPoll
    at: dt.datetime


@attrs.frozen(kw_only=True)
class CountedPoll:
    """The result is known; the sums it was made of are gone."""

    poll: OpenPoll
    result: Result
    at: dt.datetime


Poll = OpenPoll | ClosedPoll | CountedPoll
POLL_STATES: tuple[type[Poll], ...] = (OpenPoll, ClosedPoll, CountedPoll)


@attrs.frozen(kw_only=True)
class Voted:
    """*account* has voted in *poll*."""

    poll: PollId
    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Box:
    """The sums of some ballots: how many there are, and how many chose each option, in order."""

    ballots: int
    chosen: tuple[int, ...] = attrs.field(repr=False)

    def plus(self, other: "Box") -> "Box":
        """Both together."""
        chosen = tuple(a + b for a, b in zip(self.chosen, other.chosen, strict=True))
        return Box(ballots=self.ballots + other.ballots, chosen=chosen)


@attrs.frozen(kw_only=True)
class SealedBox:
    """A box as it is kept, under the master key *key*; empty once its poll is counted."""

    poll: PollId
    key: str
    blob: bytes = attrs.field(repr=False)


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class PollOpened:
    """A poll takes ballots over ``[at, until)``."""

    id: PollId
    questions: tuple[PollQuestion, ...]
    until: dt.datetime
    least: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class BallotCast:
    """*account* has voted in *poll*. What it answered is nobody's to know."""

    poll: PollId
    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class PollClosed:
    """No further ballot is taken."""

    id: PollId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class PollCounted:
    """The ballots were counted; this is all that is ever told of them."""

    id: PollId
    result: Result
    at: dt.datetime


PollEvent = PollOpened | PollClosed | PollCounted

# -- Verbs -----------------------------------------------------------------------------------------


def open_poll(
    id: PollId,  # noqa: A002 - the field's name
    questions: tuple[PollQuestion, ...],
    *,
    until: dt.datetime,
    at: dt.datetime,
    least: int = 10,
) -> PollOpened:
    """Open a poll over ``[at, until)``.

    Raises:
        Malformed: with every fault of the questions, of *until* and of *least*.
    """
    if faults := tuple(_faults(questions, until, at, least)):
        raise Malformed("poll", faults)
    return PollOpened(id=id, questions=questions, until=until, least=least, at=at)


def _faults(
    questions: tuple[PollQuestion, ...], until: dt.datetime, at: dt.datetime, least: int
) -> Iterator[Fault]:
    ids = [one.id for one in questions]
    if not questions or len(set(ids)) != len(ids):
        yield Fault("questions", "must be at least one, each with an id of its own", rules.FBK_9)
    for one in questions:
        if len(one.options) < 2 or len(set(one.options)) != len(one.options):  # noqa: PLR2004
            yield Fault(one.id, "must have at least two options that differ", rules.FBK_9)
    if until.tzinfo is None or until <= at:
        yield Fault("until", "must be an aware moment that is still to come", rules.FBK_9)
    if least < LEAST:
        yield Fault("least", f"must be at least {LEAST}", rules.FBK_12)


def read_ballot(poll: OpenPoll, answers: Mapping[str, object]) -> Box:
    """*answers*, by question, as a box that holds one ballot.

    A question with one choice is answered by an option, one with many by a list of them.

    Raises:
        Malformed: FBK-9, with every fault; the fault never says what was answered.
    """
    faults = [
        Fault("answers", "hold a question that was not asked", rules.FBK_9)
        for name in answers
        if name not in {one.id for one in poll.questions}
    ]
    chosen: list[int] = []
    for question in poll.questions:
        given = _chosen(question, answers.get(question.id))
        if given is None:
            what = "any of" if question.many else "one of"
            said = f"must be {what} {', '.join(question.options)}"
            faults.append(Fault(question.id, said, rules.FBK_9))
        chosen += (int(option in (given or ())) for option in question.options)
    if faults:
        raise Malformed("ballot", tuple(faults))
    return Box(ballots=1, chosen=tuple(chosen))


def _chosen(question: PollQuestion, given: object) -> list[object] | None:
    if question.many:
        if not isinstance(given, list | tuple):
            return None
        listed: list[object] = list(given)  # pyright: ignore[reportUnknownArgumentType]
    else:
        listed = [given]
    known = all(isinstance(one, str) and one in question.options for one in listed)
    return listed if known and len(set(listed)) == len(listed) else None


def vote(state: Poll | None, before: Voted | None, *, by: AccountId, at: dt.datetime) -> BallotCast:
    """Note that *by* has voted, whatever it answers.

    Raises:
        RuleBroken: FBK-9, the poll is not open, or *by* has voted *before*.
    """
    poll = taking_ballots(state, at=at)
    if before is not None:
        raise RuleBroken(rules.FBK_9, "voted already")
    return BallotCast(poll=poll.id, account=by, at=at)


def taking_ballots(state: Poll | None, *, at: dt.datetime) -> OpenPoll:
    """*state*, if it takes ballots at *at*.

    Raises:
        RuleBroken: FBK-9, it does not.
    """
    if not isinstance(state, OpenPoll) or not state.since <= at < state.until:
        raise RuleBroken(rules.FBK_9, "not open")
    return state


def close_poll(state: Poll | None, *, at: dt.datetime) -> PollClosed:
    """Close the poll, before its time or after.

    Raises:
        RuleBroken: FBK-11, it is closed already, or none.
    """
    if not isinstance(state, OpenPoll):
        raise RuleBroken(rules.FBK_11)
    return PollClosed(id=state.id, at=at)


def count_poll(
    state: Poll | None, boxes: Iterable[Box], *, voters: int, at: dt.datetime
) -> PollCounted:
    """Count all *boxes* of a closed poll, in which so many have voted.

    Raises:
        RuleBroken: FBK-11, the poll is not closed, or counted already.
        Corrupt: the boxes do not hold one ballot of each voter.
    """
    if not isinstance(state, ClosedPoll):
        raise RuleBroken(rules.FBK_11)
    questions = state.poll.questions
    total = empty_box(state.poll)
    for box in boxes:
        total = total.plus(box)
    if total.ballots != voters:
        raise Corrupt("the ballot boxes of a poll")
    sums = iter(total.chosen)
    answers = [
        Sums(
            question=one.id,
            many=one.many,
            chosen={option: next(sums) for option in one.options},
        )
        for one in questions
    ]
    result = result_of(answers, ballots=voters, least=state.poll.least)
    return PollCounted(id=state.poll.id, result=result, at=at)


def empty_box(poll: OpenPoll) -> Box:
    """A box of *poll* without a ballot."""
    return Box(ballots=0, chosen=(0,) * sum(len(one.options) for one in poll.questions))


def evolve_poll(state: Poll | None, event: PollEvent) -> Poll:
    """The state after *event*."""
    match event:
        case PollOpened():
            return OpenPoll(
                id=event.id,
                questions=event.questions,
                since=event.at,
                until=event.until,
                least=event.least,
            )
        case PollClosed():
            if not isinstance(state, OpenPoll):
                raise TypeError("only an open poll closes")
            return ClosedPoll(poll=state, at=event.at)
        case PollCounted():
            if not isinstance(state, ClosedPoll):
                raise TypeError("only a closed poll is counted")
            return CountedPoll(poll=state.poll, result=event.result, at=event.at)
        case _:
            assert_never(event)


def evolve_voter(state: Voted | None, event: BallotCast) -> Voted:
    """The record of a voter after *event*."""
    del state
    return Voted(poll=event.poll, account=event.account, at=event.at)
