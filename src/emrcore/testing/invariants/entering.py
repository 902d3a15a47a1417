"""Getting in: how often one may guess, and what one right code is good for."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

import attrs

from emrcore.ports import Shard
from emrcore.rulebook import EntryRule, Means
from emrcore.sessions import (
    AccessEnded,
    AuthenticatorBound,
    Challenge,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    CredentialReset,
    FirstPasswordIssued,
    PhoneSuspended,
    Purpose,
    Reproofed,
    SessionOpened,
)
from emrcore.testing.invariants.evidence import Evidence, Violation

_DAY = dt.timedelta(days=1)


def check_i16(evidence: Evidence) -> list[Violation]:
    """I16: of a code at most so many guesses are evaluated, and of an account, under any load.

    Counted from the journal: failures in a row lock for their time, whatever is issued meanwhile;
    so many a day are the most; a first password has its tries over all issues.
    """
    return [
        Violation(invariant="I16", where=shard.id, what=what)
        for shard in evidence.shards_of("account")
        for what in _Guesses(rule=evidence.office.entry).count(evidence, shard)
    ]


@attrs.define
class _Guesses:
    """The count of one account's failures, kept apart from the one that is checked."""

    rule: Callable[[dt.datetime], EntryRule]
    streaks: Counter[Means] = attrs.field(factory=Counter[Means])
    locked: dict[Means, dt.datetime] = attrs.field(factory=dict[Means, dt.datetime])
    failed: list[dt.datetime] = attrs.field(factory=list[dt.datetime])
    of_code: Counter[str] = attrs.field(factory=Counter[str])
    first: int = 0
    firsts: set[str] = attrs.field(factory=set[str])
    reset: bool = False

    def count(self, evidence: Evidence, shard: Shard) -> Iterator[str]:
        for event in evidence.events(shard):
            match event:
                case FirstPasswordIssued():
                    self.firsts.add(event.challenge.id)
                case CredentialReset():
                    self.reset = True
                case Reproofed():
                    self.streaks.clear()
                    self.locked.clear()
                    self.failed.clear()
                    self.first, self.reset = 0, False
                case CodeRefused() if event.challenge in self.firsts:
                    self.first += 1
                    self.failed.append(event.at)
                    if self.first > self.rule(event.at).first_password.tries.value:
                        yield f"{self.first} guesses at the first password"
                case CodeRefused() | CodeAccepted():
                    yield from self._evaluated(event)
                case _:
                    pass

    def _evaluated(self, event: CodeAccepted | CodeRefused) -> Iterator[str]:
        rule, means, at = self.rule(event.at), event.means, event.at
        if event.challenge in self.firsts:
            self.first = 0
            self.streaks.pop(means, None)
            self.locked.pop(means, None)
            return
        if means in self.locked and at < self.locked[means]:
            yield f"a guess was evaluated at {at}, locked until {self.locked[means]}"
        hard = self.streaks.total() >= rule.lock.hard_failures.value
        if hard and not (means is Means.TOTP and self.reset):
            yield "a guess was evaluated after the lock for good"
        if not hard and sum(at - one < _DAY for one in self.failed) >= rule.lock.per_day.value:
            yield f"more than {rule.lock.per_day.value} failures in a day"
        if isinstance(event, CodeAccepted):
            self._accepted(means, opened=hard)
        else:
            yield from self._refused(event, rule)

    def _accepted(self, means: Means, *, opened: bool) -> None:
        if opened:
            self.streaks.clear()
            self.failed.clear()
            self.reset = False
        self.streaks.pop(means, None)
        self.locked.pop(means, None)

    def _refused(self, event: CodeRefused, rule: EntryRule) -> Iterator[str]:
        self.streaks[event.means] += 1
        self.failed.append(event.at)
        steps = rule.lock.steps.value
        if self.streaks[event.means] % steps[0].failures == 0:
            reached = [s.minutes for s in steps if s.failures <= self.streaks[event.means]]
            self.locked[event.means] = event.at + dt.timedelta(minutes=max(reached))
        if event.challenge:
            self.of_code[event.challenge] += 1
            if self.of_code[event.challenge] > rule.one_time_code.tries.value:
                yield f"{self.of_code[event.challenge]} guesses at one code"


def check_i17(evidence: Evidence) -> list[Violation]:
    """I17: a code is taken once, and only the last one issued; one session at most stems from it.

    Of an authenticator's time steps each is taken once, and none before it ever after.
    """
    return [
        Violation(invariant="I17", where=shard.id, what=what)
        for shard in evidence.shards_of("account")
        for what in _twice(evidence, shard)
    ]


def _twice(  # noqa: C901 - one case for each event
    evidence: Evidence, shard: Shard
) -> Iterator[str]:
    running: Challenge | None = None
    earned, step, host = 0, -1, None
    for event in evidence.events(shard):
        match event:
            case FirstPasswordIssued() | CodeIssued():
                running = event.challenge
            case PhoneSuspended() | AccessEnded() | Reproofed():
                running = None
            case AuthenticatorBound():
                step = event.step
            case CodeAccepted():
                if event.challenge and (running is None or running.id != event.challenge):
                    yield f"{event.challenge} was taken, and is not the one under way"
                if event.step is not None and event.step <= step:
                    yield f"time step {event.step} was taken after {step}"
                host = running.host if running and event.challenge else None
                running, step = None, max(step, event.step or -1)
                earned += event.purpose in {Purpose.LOGIN, Purpose.FIRST_LOGIN}
            case SessionOpened():
                earned -= 1
                if earned < 0:
                    yield f"session {event.id} stems from no code"
                if host not in {None, event.host}:
                    yield f"session {event.id} stems from a code of another host session"
            case _:
                pass


def check_i18(evidence: Evidence) -> list[Violation]:
    """I18: no code is taken at or after its end, by the moment that its entry tells."""
    found: list[Violation] = []
    for shard in evidence.shards_of("account"):
        ends: dict[str, dt.datetime] = {}
        for event in evidence.events(shard):
            if isinstance(event, FirstPasswordIssued | CodeIssued):
                ends[event.challenge.id] = event.challenge.expires_at
            elif isinstance(event, CodeAccepted) and event.challenge:
                end = ends.get(event.challenge)
                if end is None or event.at >= end:
                    what = f"a code was taken at {event.at}, its end was {end}"
                    found.append(Violation(invariant="I18", where=shard.id, what=what))
    return found
