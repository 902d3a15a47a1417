"""Getting in: first password, one-time code, session."""

import datetime as dt

import attrs

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import code_for
from emrcore.office.desk import Desk
from emrcore.office.messages import message
from emrcore.office.work import Work
from emrcore.people import Account, AccountId
from emrcore.ports import Shard
from emrcore.rulebook import Edition
from emrcore.sessions import (
    Challenge,
    ChallengeId,
    CodeAccepted,
    Ending,
    Purpose,
    SessionId,
    SessionUsed,
)


@attrs.frozen(kw_only=True)
class Login:
    """A login under way: which code is awaited, of how many digits, until when (exclusive)."""

    purpose: Purpose
    digits: int
    expires_at: dt.datetime


class Entrance(Desk):
    """The verbs about getting in."""

    __slots__ = ()

    def begin_login(self, account: Account, *, host_session: str) -> Login:
        """Begin a login of *account*, which the host has signed in as *host_session*.

        The first login awaits the first password that the grant has sent; every later one sends a
        new one-time code.

        Raises:
            RuleBroken: APP-2 the account's level no longer suffices, SES-1 nothing is granted,
                SES-5 locked, SES-10 too soon or too often.
        """

        def verb(work: Work) -> Login:
            edition = self.edition(work.now)
            _check_level(account, edition)
            place = places.factor(account.id)
            before = work.load(place, *sessions.FACTOR_STATES)
            event = sessions.begin(
                before,
                host=sessions.digest(host_session),
                id=ChallengeId(self.new_id()),
                nonce=self.randomness.bytes(16),
                key=self.keys.current,
                at=work.now,
                rule=self.entry(work.now),
            )
            after = sessions.evolve_factor(before, event) if event else before
            if event:
                work.put(place, after)
                work.note(event, _citizen(account))
                work.send(message(account.id, event.challenge))
            if after is None or after.challenge is None:
                raise RuleBroken(rules.SES_1)
            challenge = after.challenge
            return Login(
                purpose=challenge.purpose, digits=challenge.digits, expires_at=challenge.expires_at
            )

        return self.do(Shard.of_account(account.id), verb)

    def verify(self, account: Account, given: object, *, host_session: str) -> str:
        """Open a session with the code *given*; the answer is its token, told only here (SES-9).

        A wrong code is committed before it is refused, so that no failure is ever forgotten.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-11 it is not so many digits.
        """
        host = sessions.digest(host_session)

        def verb(work: Work) -> str | None:
            edition = self.edition(work.now)
            _check_level(account, edition)
            place = places.factor(account.id)
            before = work.load(place, *sessions.FACTOR_STATES)
            challenge = before.challenge if before else None
            event = sessions.verify(
                before,
                host=host,
                given=given,
                expected=_expected(self, account.id, challenge, work.now),
                at=work.now,
                rule=self.entry(work.now),
            )
            work.put(place, sessions.evolve_factor(before, event))
            work.note(event, _citizen(account))
            return _open(self, work, event) if isinstance(event, CodeAccepted) else None

        token = self.do(Shard.of_account(account.id), verb)
        if token is None:
            raise RuleBroken(rules.SES_3)
        return token

    def log_out(self, account: Account, token: str) -> None:
        """End the session of *token*; once it has ended, nothing happens.

        Raises:
            RuleBroken: SES-8, it is no token of this account's.
        """
        session, _ = split(token)

        def verb(work: Work) -> None:
            place = places.session(account.id, session)
            before = work.load(place, *sessions.SESSION_STATES)
            event = sessions.end(before, why=Ending.LOGOUT, at=work.now)
            if event:
                work.put(place, sessions.evolve_session(before, event))
                work.note(event, _citizen(account))

        self.do(Shard.of_account(account.id), verb)


def _expected(desk: Desk, account: AccountId, challenge: Challenge | None, at: dt.datetime) -> str:
    """The running code; none is derived for a dead challenge, whose master key may be gone."""
    if challenge is None or not challenge.runs_at(at):
        return ""
    return code_for(desk.keys, account, challenge)


def check_session(desk: Desk, work: Work, account: Account, token: str) -> SessionUsed | None:
    """Whether *token* may be used now; the use to remember afterwards, if any.

    The session becomes one of the keys *work* expects, so that one ended meanwhile stops the work.

    Raises:
        RuleBroken: SES-8 it may not, APP-2 the account's level no longer suffices.
    """
    edition = desk.edition(work.now)
    _check_level(account, edition)
    session, secret = split(token)
    before = work.load(places.session(account.id, session), *sessions.SESSION_STATES)
    return sessions.use(before, secret=secret, at=work.now, rule=desk.entry(work.now))


def remember_use(desk: Desk, account: Account, used: SessionUsed) -> None:
    """Keep the use of a session, which pushes its idle end."""

    def verb(work: Work) -> None:
        place = places.session(account.id, used.id)
        before = work.load(place, *sessions.SESSION_STATES)
        if isinstance(before, sessions.Open):
            work.put(place, sessions.evolve_session(before, used))
            work.note(used, _citizen(account))

    desk.do(Shard.of_account(account.id), verb)


def split(token: str) -> tuple[SessionId, str]:
    """The session's id and its secret in *token*.

    Raises:
        RuleBroken: SES-8, it is no token.
    """
    session, dot, secret = token.partition(".")
    if not (session and dot and secret):
        raise RuleBroken(rules.SES_8)
    return SessionId(session), secret


def _open(desk: Desk, work: Work, proof: CodeAccepted) -> str:
    session, secret = SessionId(desk.new_id()), desk.randomness.bytes(32).hex()
    event = sessions.start(proof, id=session, secret=secret)
    place = places.session(proof.account, session)
    work.text(place)
    work.put(place, sessions.evolve_session(None, event))
    work.note(event, Actor(kind=ActorKind.CITIZEN, id=proof.account))
    return f"{session}.{secret}"


def _check_level(account: Account, edition: Edition) -> None:
    rule = edition.application
    if rule is None or account.level not in rule.account_levels.value:
        raise RuleBroken(rules.APP_2, f"not {account.level}")


def _citizen(account: Account) -> Actor:
    return Actor(kind=ActorKind.CITIZEN, id=account.person)
