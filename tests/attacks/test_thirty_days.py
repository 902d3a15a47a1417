"""Thirty days of attack by somebody who has the portal password, at every permitted moment."""

import datetime as dt
import itertools

import attrs
import pytest

from attackers import factor, shown, signed_in, told, with_authenticator, wrong
from emrcore.adapters.memory import MemoryStorage
from emrcore.office.codes import code_for
from emrcore.ports import Batch
from emrcore.rulebook import Means
from world import Town, new_town

DAYS = 30
STEP = dt.timedelta(minutes=5)
"""Every lock and window of the rulebook is a multiple of it, every pause is shorter."""


class Watched(MemoryStorage):
    """Remembers when codes were refused after being evaluated, and when codes were sent."""

    def __init__(self) -> None:
        super().__init__()
        self.guesses: list[dt.datetime] = []
        self.codes: list[dt.datetime] = []
        self.messages = 0

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        super().commit(batch)
        for entry in batch.entries:
            if entry.action == "code-refused.1":
                self.guesses.append(entry.at)
            elif entry.action == "code-issued.1":
                self.codes.append(entry.at)
        self.messages += len(batch.outbox)


def most_within(moments: list[dt.datetime], span: dt.timedelta) -> int:
    """How many of *moments* lie in any window of *span*, at most."""
    return max((sum(start <= at < start + span for at in moments) for start in moments), default=0)


@attrs.define
class Siege:
    """A town under siege: the attacker tries at every step, by the *means* there are, in turn."""

    town: Town
    watched: Watched
    secret: str
    recovery: str
    means: tuple[Means, ...]
    turns: "itertools.count[int]" = attrs.field(factory=itertools.count)
    entered: int = 0

    def guess_while_evaluated(self) -> None:
        """Ask for a code from a new browser, and guess for as long as anything is evaluated."""
        number = next(self.turns)
        means, host = self.means[number % len(self.means)], f"bad-{number}"
        self.town.office.begin_login(self.town.account, host_session=host, means=means)
        before = -1
        while before < len(self.watched.guesses):
            before = len(self.watched.guesses)
            answer = told(self.town, self.wrong(means), means=means, host=host)
            assert answer == "SES-3"

    def wrong(self, means: Means) -> str:
        """A code of *means* that is not the right one."""
        if means is Means.RECOVERY:
            return self.recovery
        if means is Means.TOTP:
            return wrong(shown(self.town, self.secret))
        return wrong(self.expected() or "000000")

    def expected(self) -> str | None:
        """The code that runs, read off nowhere."""
        challenge = factor(self.town).challenge
        if challenge is None or not challenge.runs_at(self.town.clock.now()):
            return None
        return code_for(self.town.office.keys, self.town.account.id, challenge)

    def owner_enters(self) -> bool:
        """Whether the owner, asking for a code by SMS, got in."""
        self.town.office.begin_login(self.town.account, host_session="own", means=Means.SMS)
        code = self.expected()
        if code is None or told(self.town, code, host="own") != "in":
            return False
        self.entered += 1
        return True


def siege(means: tuple[Means, ...]) -> Siege:
    town, watched = new_town(), Watched()
    town.office = attrs.evolve(town.office, storage=watched)
    reader = signed_in(town)
    secret = with_authenticator(town, reader)
    recovery = f"1{town.office.make_recovery_codes(reader)[0][1:]}"
    town.office.dispatch(town.sender())
    town.clock.turn(hours=24)
    return Siege(town, watched, secret, recovery, means)


def last(days: int, one: Siege, *, owner: bool) -> None:
    """Let so many *days* pass; with *owner*, the owner tries each evening until it works."""
    end, due = one.town.clock.at + dt.timedelta(days=days), one.town.clock.at
    while one.town.clock.at < end:
        if owner and one.town.clock.at >= due and one.owner_enters():
            due += dt.timedelta(days=1)
        one.guess_while_evaluated()
        one.town.clock.at += STEP


ALL = (Means.SMS, Means.TOTP, Means.RECOVERY)


@pytest.mark.parametrize("means", [(Means.SMS,), ALL], ids=["sms", "all"])
def test_owner_who_never_comes(means: tuple[Means, ...]) -> None:
    """SES-5, SES-10: thirty guesses in all, by whatever means, and then the lock for good."""
    one = siege(means)
    last(DAYS, one, owner=False)
    assert factor(one.town).hard_locked
    assert len(one.watched.guesses) == 30
    assert most_within(one.watched.guesses, dt.timedelta(days=1)) <= 10
    assert most_within(one.watched.codes, dt.timedelta(days=1)) <= 10
    assert factor(one.town).sessions == ()


@pytest.mark.parametrize("means", [(Means.SMS,), ALL], ids=["sms", "all"])
def test_owner_who_comes_every_day(means: tuple[Means, ...]) -> None:
    """SES-5, SES-10: ten guesses a day, fifty in thirty days, ten codes a day; never more."""
    one = siege(means)
    last(DAYS, one, owner=True)
    guesses, day = one.watched.guesses, dt.timedelta(days=1)
    assert most_within(guesses, day) <= 10
    assert most_within(guesses, DAYS * day) <= 50
    assert most_within(one.watched.codes, day) <= 10
    assert len(guesses) > 20
    if means == (Means.SMS,):
        assert one.entered >= 1


def test_messages_of_thirty_days() -> None:
    """SES-10, SES-23: the phone gets codes within the limits, and few notices besides."""
    one = siege((Means.SMS,))
    before = one.watched.messages - len(one.watched.codes)
    last(DAYS, one, owner=False)
    assert one.watched.messages - len(one.watched.codes) - before <= 5
