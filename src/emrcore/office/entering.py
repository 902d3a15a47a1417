"""Getting in: first password, one-time code, session."""

import datetime as dt
import re
from collections.abc import Callable

import attrs

from emrcore import rules, sessions
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import client_digest
from emrcore.office.desk import Desk
from emrcore.office.notices import notice
from emrcore.office.once import Told
from emrcore.office.readers import Citizen
from emrcore.office.second_factor import (
    Answer,
    Proof,
    begin,
    end_records,
    leave,
    load_factor,
    note_refusal,
    open_ones,
    prove,
)
from emrcore.office.work import Work
from emrcore.people import Account
from emrcore.ports import Shard
from emrcore.rulebook import AtMost, Edition, EntryRule, Means
from emrcore.sessions import (
    SESSION_STATES,
    Attempt,
    Ending,
    Login,
    NoticeKind,
    Purpose,
    SecondFactor,
    SessionId,
    SessionUsed,
)

_TOTP_DIGITS = 6
_TOKEN = re.compile(r"([0-9a-f]{1,64})\.([0-9a-f]{1,64})")


@attrs.frozen(kw_only=True)
class SignedIn:
    """A session: its ``token``, told only here (SES-9), and what the person should notice.

    ``previous_at`` is the login before, ``failures`` how many codes were refused since (SES-24).
    After a recovery code ``recovery_code`` is the one that replaces it (SES-22).
    """

    token: str = attrs.field(repr=False)
    session: SessionId
    previous_at: dt.datetime | None = None
    failures: int = 0
    recovery_code: str | None = attrs.field(default=None, repr=False)


class Entrance(Desk):
    """The verbs about getting in."""

    __slots__ = ()

    def begin_login(
        self,
        account: Account,
        *,
        host_session: str,
        means: Means | None = None,
        client: str | None = None,
    ) -> Login:
        """Begin a login of *account*, which the host has signed in as *host_session*.

        The first login awaits the first password that the grant has sent; every later one a code by
        *means*: of the authenticator where there is one, else by a new SMS. *client* is what the
        host knows of the device, such as its address; only a keyed digest of it is kept.

        Raises:
            RuleBroken: APP-2 the account's level no longer suffices.
            Unavailable: the clock went back (SES-26).
        """

        def verb(work: Work) -> Login:
            _check_level(account, self.edition(work.now))
            rule = self.entry(work.now)
            before = load_factor(work, account.id)
            attempt = Attempt(
                account=account.id,
                host=sessions.digest(host_session),
                means=means or _preferred(before, rule),
                client=client_digest(self.keys, client) if client else None,
            )
            return _login(self._begun(work, before, attempt), attempt, work.now, rule)

        return self.do(Shard.of_account(account.id), verb)

    def _begun(
        self, work: Work, before: SecondFactor | None, attempt: Attempt
    ) -> SecondFactor | None:
        """The factor after a code was sent, if it was; without a message there is nothing to do."""
        enrolling = before is not None and before.is_enrolling
        if attempt.means is not Means.SMS and not enrolling:
            return before
        try:
            return begin(self, work, before, attempt)
        except RuleBroken as refusal:
            note_refusal(work, attempt, refusal)
            return before

    def verify(
        self,
        account: Account,
        given: object,
        *,
        host_session: str,
        means: Means = Means.SMS,
        acknowledged: str | None = None,
    ) -> SignedIn:
        """Open a session with the code *given*.

        A wrong code is committed before it is refused, so that no failure is ever forgotten. Why it
        was refused is in the journal, and is told to nobody. With the first password the notice of
        ``Login.notice`` must be *acknowledged*.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-16 the notice is not acknowledged,
                SES-13 as many sessions as may be are open, APP-2 the account's level.
            Malformed: it is no code (SES-11); nothing was counted.
            Unavailable: the clock went back (SES-26).
        """
        answer = Answer(code=sessions.readable(given, means), acknowledged=acknowledged)
        attempt = Attempt(account=account.id, host=sessions.digest(host_session), means=means)

        def verb(work: Work) -> SignedIn | None:
            _check_level(account, self.edition(work.now))
            before = load_factor(work, account.id)
            proof = prove(self, work, before, attempt, answer)
            return self._enter(work, before, attempt, proof) if proof else None

        told = Told[SignedIn | None](keep=session_of, again=telling_again(self, account))
        signed_in = self.do(Shard.of_account(account.id), verb, told=told)
        if signed_in is None:
            raise RuleBroken(rules.SES_3)
        return signed_in

    def _enter(
        self, work: Work, before: SecondFactor | None, attempt: Attempt, proof: Proof
    ) -> SignedIn:
        account, session = attempt.account, SessionId(self.new_id())
        ended = _make_room(self, work, proof.factor)
        secret = self.randomness.bytes(32).hex()
        opened = sessions.start(proof.accepted, id=session, secret=secret, host=attempt.host)
        place = places.session(account, session)
        work.text(place)
        work.put(place, sessions.evolve_session(None, opened))
        work.note(opened, Actor(kind=ActorKind.CITIZEN, id=account))
        entered = sessions.Entered(account=account, session=session, at=work.now, ended=ended)
        work.put(places.factor(account), sessions.evolve_factor(proof.factor, entered))
        since = before.entered_at if before else None
        failed_at = before.failed_at if before else ()
        return SignedIn(
            token=f"{session}.{secret}",
            session=session,
            previous_at=since,
            failures=sum(since is None or at > since for at in failed_at),
            recovery_code=proof.recovery_code,
        )

    def log_out(self, account: Account, token: str) -> None:
        """End the session of *token*; once it has ended, nothing happens.

        Raises:
            RuleBroken: SES-8, it is no token of this account's.
        """
        session, _ = split(token)

        def verb(work: Work) -> None:
            factor = load_factor(work, account.id)
            if factor and session in factor.sessions:
                leave(work, factor, (session,), Ending.LOGOUT)

        self.do(Shard.of_account(account.id), verb)

    def find_sessions(self, citizen: Citizen) -> tuple[sessions.Open, ...]:
        """The open sessions of the citizen's account, the oldest first (SES-24).

        Raises:
            RuleBroken: as ``Office.open_card``.
        """

        def verb(work: Work) -> tuple[sessions.Open, ...]:
            check_session(self, work, citizen.account, citizen.token)
            factor = load_factor(work, citizen.account.id)
            return tuple(open_ones(self, work, factor) if factor else ())

        return self.do(Shard.of_account(citizen.account.id), verb)

    def end_sessions(self, citizen: Citizen, *ids: SessionId) -> None:
        """End the sessions of that *ids*, or all but the citizen's own where none is named.

        Raises:
            RuleBroken: as ``Office.open_card``.
        """
        own, _ = split(citizen.token)

        def verb(work: Work) -> None:
            check_session(self, work, citizen.account, citizen.token)
            factor = load_factor(work, citizen.account.id)
            known = [one.id for one in open_ones(self, work, factor)] if factor else []
            named = tuple(one for one in known if (one in ids if ids else one != own))
            if factor and named:
                leave(work, factor, named, Ending.ENDED_BY_PERSON)

        self.do(Shard.of_account(citizen.account.id), verb)

    def end_host_session(self, account: Account, host_session: str) -> None:
        """The host has ended *host_session*: what was opened or begun in it ends, too (SES-27)."""
        host = sessions.digest(host_session)

        def verb(work: Work) -> None:
            factor = load_factor(work, account.id)
            if factor is None:
                return
            ended = tuple(one.id for one in open_ones(self, work, factor) if one.host == host)
            void = factor.challenge is not None and factor.challenge.host == host
            if ended or void:
                leave(work, factor, ended, Ending.HOST_ENDED, challenge=void)

        self.do(Shard.of_account(account.id), verb)


def _make_room(desk: Desk, work: Work, factor: SecondFactor) -> tuple[SessionId, ...]:
    """Which sessions give way to a new one: those that are over, and the oldest if need be."""
    limit = desk.entry(work.now).session
    known = [one.id for one in open_ones(desk, work, factor)]
    over = tuple(one for one in factor.sessions if one not in known)
    displaced = tuple(known[: max(len(known) - limit.most.value + 1, 0)])
    if displaced and limit.at_most.value is AtMost.REFUSE:
        raise RuleBroken(rules.SES_13)
    end_records(work, factor.account, displaced, Ending.DISPLACED)
    if displaced:
        notice(work, factor, NoticeKind.DISPLACED)
    return (*over, *displaced)


def check_session(desk: Desk, work: Work, account: Account, token: str) -> SessionUsed | None:
    """Whether *token* may be used now; the use to remember afterwards, if any.

    The session and the second factor become keys that *work* expects, so that one ended meanwhile
    stops the work.

    Raises:
        RuleBroken: SES-8 it may not, APP-2 the account's level no longer suffices.
    """
    _check_level(account, desk.edition(work.now))
    session, secret = split(token)
    state = work.load(places.session(account.id, session), *sessions.SESSION_STATES)
    factor = load_factor(work, account.id)
    return sessions.use(state, factor, secret=secret, at=work.now, rule=desk.entry(work.now))


def remember_use(desk: Desk, account: Account, used: SessionUsed) -> None:
    """Keep the use of a session, which pushes its idle end."""

    def verb(work: Work) -> None:
        place = places.session(account.id, used.id)
        before = work.load(place, *sessions.SESSION_STATES)
        if isinstance(before, sessions.Open):
            work.put(place, sessions.evolve_session(before, used))
            work.note(used, _citizen(account))

    desk.apart(Shard.of_account(account.id), verb)


def split(token: str) -> tuple[SessionId, str]:
    """The session's id and its secret in *token*.

    Raises:
        RuleBroken: SES-8, it is no token.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise RuleBroken(rules.SES_8)
    return SessionId(found[1]), found[2]


def session_of(signed_in: SignedIn | None) -> str:
    """What is kept of a session that was told."""
    return signed_in.session if signed_in else ""


def telling_again(desk: Desk, account: Account) -> Callable[[Work, str], SignedIn | None]:
    """How a session is told again, for as long as the code that was given would have lived.

    Of a token only the digest is kept, so this is another one, and the first is void; nothing else
    about the session changes. One that has ended is not told.
    """

    def again(work: Work, session: str) -> SignedIn | None:
        factor = load_factor(work, account.id)
        state = work.load(places.session(account.id, SessionId(session)), *SESSION_STATES)
        lifetime = dt.timedelta(minutes=desk.entry(work.now).one_time_code.lifetime_minutes.value)
        if factor is None or not isinstance(state, sessions.Open):
            return None
        if state.id not in factor.sessions or work.now - state.proven_at >= lifetime:
            return None
        secret = desk.randomness.bytes(32).hex()
        event = sessions.tell_again(state, secret=secret, at=work.now)
        work.put(places.session(state.account, state.id), sessions.evolve_session(state, event))
        work.note(event, Actor(kind=ActorKind.CITIZEN, id=state.account))
        return SignedIn(token=f"{state.id}.{secret}", session=state.id)

    return again


def _preferred(factor: SecondFactor | None, rule: EntryRule) -> Means:
    """The first of what may be offered (NIST SP 800-63B 5.2.10: SMS is the restricted one)."""
    return offered(factor, rule)[0]


def offered(factor: SecondFactor | None, rule: EntryRule) -> tuple[Means, ...]:
    """The means that an account has, in the rulebook's order.

    An account of which nothing is known is offered what one without an authenticator is (SES-28).
    """
    has = {Means.SMS}
    if factor and factor.totp:
        has.add(Means.TOTP)
    if factor and factor.recovery_at:
        has.add(Means.RECOVERY)
    found = tuple(means for means in rule.means.value if means in has)
    return found or rule.means.value[:1]


def _login(
    factor: SecondFactor | None, attempt: Attempt, at: dt.datetime, rule: EntryRule
) -> Login:
    """What is awaited, sent or not; of a *factor* that is None, what most are told (SES-28)."""
    code = rule.one_time_code
    if factor and factor.is_enrolling:
        return _first_login(factor, at, rule)
    by_sms = attempt.means is Means.SMS
    return Login(
        purpose=attempt.purpose,
        means=offered(factor, rule),
        digits=code.digits.value if by_sms else _TOTP_DIGITS,
        expires_at=at + dt.timedelta(minutes=code.lifetime_minutes.value),
    )


def _first_login(factor: SecondFactor, at: dt.datetime, rule: EntryRule) -> Login:
    first, running = rule.first_password, factor.challenge
    lifetime = dt.timedelta(minutes=first.lifetime_minutes.value)
    runs = running is not None and running.runs_at(at)
    return Login(
        purpose=Purpose.FIRST_LOGIN,
        means=(Means.SMS,),
        digits=running.digits if running else first.digits.value,
        expires_at=running.expires_at if running and runs else at + lifetime,
        notice=sessions.NOTICE,
    )


def _check_level(account: Account, edition: Edition) -> None:
    rule = edition.application
    if rule is None or account.level not in rule.account_levels.value:
        raise RuleBroken(rules.APP_2, f"not {account.level}")


def _citizen(account: Account) -> Actor:
    return Actor(kind=ActorKind.CITIZEN, id=account.person)
