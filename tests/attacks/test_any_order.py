"""Anything, in any order: what holds of every account whatever was done to it.

The machine plays the owner, an attacker with the portal session, operators and a clock that jumps.
It looks at the journal, where everything that happened stands, and at the state after each step.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from attackers import NOT_ME, SECOND_OPERATOR, SHARE, shown, with_authenticator, wrong
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Malformed, RuleBroken, Unavailable
from emrcore.office import Citizen
from emrcore.office.codes import code_for
from emrcore.people import Mobile
from emrcore.ports import Batch, Shard
from emrcore.rulebook import Means
from emrcore.sessions import (
    NOTICE,
    RENEW,
    AccessEnded,
    AuthenticatorBound,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    CredentialReset,
    Ending,
    FirstPasswordIssued,
    PhoneSuspended,
    Purpose,
    Reproofed,
    SecondFactor,
    SessionEnded,
    SessionOpened,
    SessionRenewed,
)
from emrcore.wire import decode_any
from world import Town, new_town

DAY = dt.timedelta(days=1)
MEANS = st.sampled_from(list(Means))
HOSTS = st.sampled_from(["h1", "h2", "bad"])
JUNK = st.one_of(st.text(max_size=8), st.none(), st.integers(), st.binary(max_size=8))
NUMBERS = st.integers(1, 3).map(lambda n: Mobile(f"+7903000000{n}"))
GUESSES = st.sampled_from(["right", "wrong"])
RARELY = st.integers(0, 7).map(lambda number: number == 7)


class Batches(MemoryStorage):
    """Remembers the events of each commit together."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[object, ...]] = []

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        super().commit(batch)
        self.events.append(tuple(decode_any(entry.detail) for entry in batch.entries))


class AnyOrder(RuleBasedStateMachine):
    """One account, and everybody who does something to it."""

    town: Town
    batches: Batches

    @initialize(inside=st.booleans())
    def move_in(self, inside: bool) -> None:
        """Access is granted, and a first password on its way, or proven already."""
        self.town, self.batches = new_town(), Batches()
        self.town.office = attrs.evolve(self.town.office, storage=self.batches)
        self.town.grant_both()
        self.tokens: list[Citizen] = []
        self.secrets: list[str] = []
        self.recovery: list[str] = []
        self.before: SecondFactor | None = None
        self.seen = 0
        self.dead: set[str] = set()
        if inside:
            self.enter("h1", Means.SMS)

    # -- What is done -----------------------------------------------------------------------------

    def do(self, act: Callable[[], Any]) -> Any:
        """Do *act*, which is answered or refused in a known way."""
        try:
            return act()
        except (RuleBroken, Malformed, Unavailable):
            return None

    def factor(self) -> SecondFactor:
        found = self.town.office.find_factor(self.town.account.id)
        assert found is not None
        return found

    def code(self, means: Means, guess: str) -> str:
        """The code that would be right now, or another one."""
        if means is Means.RECOVERY:
            right = self.recovery[-1] if self.recovery else "1" + "A" * 16
            return right if guess == "right" else f"{right[0]}{'B' * 16}"
        if means is Means.TOTP:
            right = shown(self.town, self.secrets[-1]) if self.secrets else "123456"
        else:
            challenge = self.factor().challenge
            office, account = self.town.office, self.town.account.id
            right = code_for(office.keys, account, challenge) if challenge else "123456"
        return right if guess == "right" else wrong(right)

    def reader(self, number: int) -> Citizen:
        return self.tokens[-1 - number % len(self.tokens)]

    @rule(host=HOSTS, means=st.none() | MEANS)
    def begin(self, host: str, means: Means | None) -> None:
        """Ask for a code."""
        self.do(
            lambda: self.town.office.begin_login(self.town.account, host_session=host, means=means)
        )

    @rule(host=HOSTS, means=MEANS, guess=GUESSES)
    def give(self, host: str, means: Means, guess: str) -> None:
        """Give a code, right or wrong."""
        code = self.code(means, guess)
        found = self.do(
            lambda: self.town.office.verify(
                self.town.account, code, host_session=host, means=means, acknowledged=NOTICE
            )
        )
        if found is not None:
            self.tokens.append(Citizen(account=self.town.account, token=found.token))
            self.recovery += [found.recovery_code] if found.recovery_code else []

    @rule(host=HOSTS, means=MEANS)
    def enter(self, host: str, means: Means) -> None:
        """Do what an owner does: ask, wait, and give the right code."""
        self.town.clock.turn(minutes=6)
        self.begin(host, means)
        self.give(host, means, "right")

    @rule(junk=JUNK, means=MEANS)
    def give_junk(self, junk: object, means: Means) -> None:
        """Give what is no code."""
        known = len(self.batches.events)
        self.do(
            lambda: self.town.office.verify(
                self.town.account, junk, host_session="h1", means=means, acknowledged=NOTICE
            )
        )
        grown = [type(event) for batch in self.batches.events[known:] for event in batch]
        assert CodeRefused not in grown or isinstance(junk, str)

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2), means=MEANS, guess=GUESSES)
    def renew(self, number: int, means: Means, guess: str) -> None:
        """Prove again in a session."""
        reader = self.reader(number)
        self.do(lambda: self.town.office.begin_approval(reader, RENEW, means=means))
        code = self.code(means, guess)
        found = self.do(lambda: self.town.office.renew(reader, code, means=means))
        if found is not None:
            self.dead.add(reader.token)
            self.tokens.append(attrs.evolve(reader, token=found.token))

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2), means=MEANS, guess=GUESSES)
    def share(self, number: int, means: Means, guess: str) -> None:
        """Approve something sensitive."""
        reader = self.reader(number)
        self.do(lambda: self.town.office.begin_approval(reader, SHARE, means=means))
        code = self.code(means, guess)
        self.do(lambda: self.town.office.approve(reader, SHARE, code, means=means))

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2), mobile=NUMBERS, means=MEANS, guess=GUESSES)
    def change(self, number: int, mobile: Mobile, means: Means, guess: str) -> None:
        """Begin to change the phone."""
        reader, office = self.reader(number), self.town.office
        action = office.phone_change(mobile)
        self.do(lambda: office.begin_approval(reader, action, means=means))
        code = self.code(means, guess)
        self.do(lambda: office.change_phone(reader, mobile, code, means=means))

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2), guess=GUESSES)
    def confirm(self, number: int, guess: str) -> None:
        """Prove the new phone."""
        reader, code = self.reader(number), self.code(Means.SMS, guess)
        self.do(lambda: self.town.office.confirm_phone(reader, code))

    @rule(guess=GUESSES)
    def repudiate(self, guess: str) -> None:
        """Press a link that came with a notice, or a made-up one."""
        found = self.town.phone.getvalue().rpartition("not-me/a1#")[2].split()
        token = found[0] if found and guess == "right" else "k1.00"
        self.do(lambda: self.town.office.repudiate(self.town.account.id, token))

    @rule()
    def dispatch(self) -> None:
        """Send what waits."""
        sender = attrs.evolve(self.town.sender(), not_me=NOT_ME)
        self.do(lambda: self.town.office.dispatch(sender))

    @rule(really=RARELY)
    def lose(self, really: bool) -> None:
        """Report the phone lost."""
        if really:
            self.do(lambda: self.town.office.report_phone_lost(self.town.account))

    @rule(mobile=NUMBERS, really=RARELY)
    def prove_anew(self, mobile: Mobile, really: bool) -> None:
        """Have the person proven anew, by one operator or by two."""
        second = SECOND_OPERATOR if really else self.town.operator
        self.do(
            lambda: self.town.office.reproof(
                self.town.account, mobile, by=self.town.operator, confirmed_by=second
            )
        )

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2))
    def authenticator(self, number: int) -> None:
        """Bind an authenticator."""
        found = self.do(lambda: with_authenticator(self.town, self.reader(number)))
        if isinstance(found, str):
            self.secrets.append(found)

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2))
    def recovery_codes(self, number: int) -> None:
        """Make recovery codes."""
        codes: tuple[str, ...] | None = self.do(
            lambda: self.town.office.make_recovery_codes(self.reader(number))
        )
        self.recovery = list(codes or self.recovery)

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 2))
    def log_out(self, number: int) -> None:
        """End a session."""
        reader = self.reader(number)
        self.do(lambda: self.town.office.log_out(self.town.account, reader.token))
        assert not self.is_open(reader)

    @rule(host=HOSTS)
    def end_host(self, host: str) -> None:
        """The host's session ends."""
        self.do(lambda: self.town.office.end_host_session(self.town.account, host))

    @rule()
    def reset(self) -> None:
        """The portal sets a new password."""
        self.do(lambda: self.town.office.record_credential_reset(self.town.account.id))

    @rule(really=RARELY, again=st.booleans())
    def end_access(self, really: bool, again: bool) -> None:
        """Nothing is granted any more; perhaps something is again."""
        if really:
            self.do(lambda: self.town.office.end_access(self.town.account.id))
        if again:
            self.do(self.town.grant_both)

    @rule(minutes=st.sampled_from([0.01, 0.5, 1, 5, 15, 60, 240, 24 * 60, 73 * 60, 31 * 24 * 60]))
    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.town.clock.turn(minutes=minutes)

    @rule(seconds=st.sampled_from([1, 2, 3, 600]))
    def turn_back(self, seconds: int) -> None:
        """The clock is set back; it is noticed, and set right."""
        self.town.clock.turn(seconds=-seconds)
        self.begin("h1", None)
        self.give("h1", Means.SMS, "right")
        self.town.clock.turn(seconds=seconds)

    @rule(times=st.integers(5, 12), means=MEANS)
    def hammer(self, times: int, means: Means) -> None:
        """Guess as often as it goes."""
        self.begin("bad", means)
        for _ in range(times):
            self.give("bad", means, "wrong")

    @rule(days=st.integers(1, 9), means=MEANS)
    def besiege(self, days: int, means: Means) -> None:
        """Guess as often as it goes, day after day."""
        for _ in range(days):
            self.hammer(6, means)
            self.town.clock.turn(hours=25)

    @rule(mobile=NUMBERS, means=MEANS)
    def move(self, mobile: Mobile, means: Means) -> None:
        """Change the phone as one who may: log in, approve, prove."""
        self.enter("h1", means)
        if self.tokens:
            self.town.clock.turn(minutes=6)
            self.change(0, mobile, means, "right")
            self.dispatch()
            self.confirm(0, "right")

    # -- What holds -------------------------------------------------------------------------------

    def is_open(self, reader: Citizen) -> bool:
        try:
            self.town.office.find_sessions(reader)
        except RuleBroken:
            return False
        return True

    def history(self) -> list[object]:
        return [event for batch in self.batches.events for event in batch]

    @invariant()
    def a_session_is_opened_by_an_accepted_code_only(self) -> None:
        """In the same commit, one by one."""
        for batch in self.batches.events:
            opened = [one for one in batch if isinstance(one, SessionOpened | SessionRenewed)]
            proofs = [one for one in batch if isinstance(one, CodeAccepted)]
            assert len(opened) <= len(proofs) <= 1
            if opened and isinstance(opened[0], SessionOpened):
                assert proofs[0].purpose in {Purpose.FIRST_LOGIN, Purpose.LOGIN}

    @invariant()
    def a_code_is_accepted_once(self) -> None:
        """By challenge, and by the time step of one authenticator."""
        used: set[object] = set()
        last_step = -1
        for event in self.history():
            if isinstance(event, AuthenticatorBound):
                last_step = event.step
            if not isinstance(event, CodeAccepted):
                continue
            assert event.challenge is None or event.challenge not in used
            used.add(event.challenge)
            if event.step is not None:
                assert event.step > last_step
                last_step = event.step

    @invariant()
    def guesses_and_codes_are_within_the_limits(self) -> None:
        """Since the last time a person or a new portal password opened the lock."""
        guesses: list[dt.datetime] = []
        codes: list[dt.datetime] = []
        streak = 0
        for event in self.history():
            match event:
                case Reproofed():
                    guesses, streak = [], 0
                case CredentialReset():
                    guesses, streak = [], 0
                case CodeRefused(locked_until=_) if not self.is_first(event):
                    guesses.append(event.at)
                    streak += 1
                    assert sum(event.at - one < DAY for one in guesses) <= 10
                    assert sum(event.at - one < 30 * DAY for one in guesses) <= 50
                    assert streak <= 30
                case CodeAccepted():
                    streak = 0
                case CodeIssued():
                    codes.append(event.challenge.issued_at)
                    assert sum(codes[-1] - one < DAY for one in codes) <= 10
                case _:
                    pass

    def is_first(self, event: CodeRefused) -> bool:
        """Whether it was a first password, which has five tries of its own."""
        firsts = {
            one.challenge.id for one in self.history() if isinstance(one, FirstPasswordIssued)
        }
        return event.challenge in firsts

    @invariant()
    def counters_fall_by_the_documented_events_only(self) -> None:
        """A success ends its own streak; proofing, and a reset with an authenticator, end all."""
        now = self.factor()
        new = [event for batch in self.batches.events[self.seen :] for event in batch]
        self.seen = len(self.batches.events)
        before, self.before = self.before, now
        if before is None or any(isinstance(one, Reproofed) for one in new):
            return
        ended = {one.means for one in new if isinstance(one, CodeAccepted)}
        opened = Means.TOTP in ended and (before.hard_locked or before.reset_at is not None)
        for means, failures in before.streaks.items():
            assert now.streaks.get(means, 0) >= failures or means in ended or opened
        young = [at for at in before.failed_at if now.seen_at - at < 30 * DAY]
        assert opened or set(young) <= set(now.failed_at)
        assert now.hard_locked >= before.hard_locked or opened
        assert now.seen_at >= before.seen_at
        if not any(isinstance(one, CodeAccepted | AccessEnded) for one in new):
            assert now.first_failures >= before.first_failures

    @invariant()
    def no_session_outlives_its_ground(self) -> None:
        """Those that are open are the account's; what ended stays ended; a lock for good ends
        all.
        """
        now = self.factor()
        new = self.history()
        gone = {one.id for one in new if isinstance(one, SessionEnded)}
        assert not gone & set(now.sessions)
        assert len(now.sessions) <= 2
        if now.hard_locked:
            assert now.sessions == ()
        live = {reader.token for reader in self.tokens if self.is_open(reader)}
        assert not live & self.dead
        self.dead |= {reader.token for reader in self.tokens if reader.token not in live}
        assert {token.partition(".")[0] for token in live} <= set(now.sessions)
        why = [one.why for one in new if isinstance(one, SessionEnded)]
        assert all(isinstance(one, Ending) for one in why)

    @invariant()
    def what_ends_sessions_ends_them_in_the_same_commit(self) -> None:
        """A phone out of use, proofing, and the end of access."""
        if not self.batches.events:
            return
        batch = self.batches.events[-1]
        if any(isinstance(one, PhoneSuspended | Reproofed | AccessEnded) for one in batch):
            assert self.factor().sessions == ()

    @invariant()
    def the_journal_is_whole(self) -> None:
        """The chain never breaks."""
        shard = Shard.of_account(self.town.account.id)
        if self.seen % 10 == 0:
            assert self.town.office.verify_journal(shard) == ()


AnyOrder.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.__doc__ = "SES-5, SES-1, SES-27: whatever is done, in any order."
