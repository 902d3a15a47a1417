"""A session: the remembered result of a proof.

It ends by stored times, by its person, or with what it rests on. Whether it is still among the open
ones of its account is said by the second factor, so that one commit there ends all of them.
"""

import datetime as dt
import enum
import hashlib
import hmac
from typing import assert_never

import attrs

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.rulebook import EntryRule, Means
from emrcore.sessions.challenge import SessionId
from emrcore.sessions.second_factor import CodeAccepted, SecondFactor

_TOUCH = dt.timedelta(seconds=30)


class Ending(enum.StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    ENDED_BY_PERSON = "ended-by-person"
    DISPLACED = "displaced"
    HOST_ENDED = "host-ended"
    PHONE_CHANGED = "phone-changed"
    PHONE_SUSPENDED = "phone-suspended"
    REPROOFED = "reproofed"
    LOCKED = "locked"
    ACCESS_ENDED = "access-ended"


@attrs.frozen(kw_only=True)
class Open:
    """A session that may be used.

    ``secret`` is the SHA-256 of what the person holds, ``host`` that of the host session it was
    opened in. ``proven_at`` is when the second factor was last proven in it, by ``means``.
    """

    id: SessionId
    account: AccountId
    secret: str = attrs.field(repr=False)
    host: str = attrs.field(repr=False)
    means: Means
    opened_at: dt.datetime
    used_at: dt.datetime
    proven_at: dt.datetime


@attrs.frozen(kw_only=True)
class Ended:
    """A session nobody can use again."""

    id: SessionId
    account: AccountId
    at: dt.datetime
    why: Ending


Session = Open | Ended
SESSION_STATES: tuple[type[Session], ...] = (Open, Ended)


@attrs.frozen(kw_only=True)
class SessionOpened:
    """A proof opened a session."""

    id: SessionId
    account: AccountId
    secret: str = attrs.field(repr=False)
    host: str = attrs.field(repr=False)
    means: Means
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionUsed:
    """The session was used; noted at most every 30 seconds, so it may idle out that much early."""

    id: SessionId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionRenewed:
    """The second factor was proven again in the session: the secret before is void."""

    id: SessionId
    secret: str = attrs.field(repr=False)
    means: Means
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionToldAgain:
    """The answer that opened the session was lost: it goes on under another secret."""

    id: SessionId
    secret: str = attrs.field(repr=False)
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionEnded:
    """The session ended."""

    id: SessionId
    at: dt.datetime
    why: Ending


SessionEvent = SessionOpened | SessionUsed | SessionRenewed | SessionToldAgain | SessionEnded


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def start(
    proof: CodeAccepted,
    *,
    id: SessionId,  # noqa: A002 - the field's name
    secret: str,
    host: str,
) -> SessionOpened:
    """Open the session that *proof* earned; *secret* is told to the person once (SES-9)."""
    return SessionOpened(
        id=id,
        account=proof.account,
        secret=digest(secret),
        host=host,
        means=proof.means,
        at=proof.at,
    )


def use(
    state: Session | None,
    factor: SecondFactor | None,
    *,
    secret: str,
    at: dt.datetime,
    rule: EntryRule,
) -> SessionUsed | None:
    """Use the session; the event to remember, or None while the last use is fresh enough.

    Raises:
        RuleBroken: SES-8, it has ended, idled out or outlived itself, the *factor* does not know
            it as open, or the secret is not its.
    """
    if not isinstance(state, Open) or not hmac.compare_digest(state.secret, digest(secret)):
        raise RuleBroken(rules.SES_8)
    if factor is None or state.id not in factor.sessions or is_over(state, at=at, rule=rule):
        raise RuleBroken(rules.SES_8)
    return SessionUsed(id=state.id, at=at) if at - state.used_at >= _TOUCH else None


def is_over(state: Session | None, *, at: dt.datetime, rule: EntryRule) -> bool:
    """Whether the session has ended, or ends by itself by *at*."""
    if not isinstance(state, Open):
        return True
    limits = rule.session
    idle = dt.timedelta(minutes=limits.idle_minutes.value)
    absolute = dt.timedelta(minutes=limits.absolute_minutes.value)
    skew = dt.timedelta(seconds=rule.skew_seconds.value)
    ends_at = min(state.used_at + idle, state.opened_at + absolute)
    return not state.used_at - skew <= at < ends_at


def check_fresh(state: Open, *, at: dt.datetime, rule: EntryRule) -> None:
    """Refuse anything sensitive unless the second factor was proven a short while ago.

    Raises:
        RuleBroken: SES-14.
    """
    if at - state.proven_at >= dt.timedelta(minutes=rule.session.fresh_minutes.value):
        raise RuleBroken(rules.SES_14)


def renew(state: Open, proof: CodeAccepted, *, secret: str) -> SessionRenewed:
    """Go on with a new *secret* after a *proof* in the session (SES-9)."""
    return SessionRenewed(id=state.id, secret=digest(secret), means=proof.means, at=proof.at)


def tell_again(state: Open, *, secret: str, at: dt.datetime) -> SessionToldAgain:
    """Go on with a new *secret*, for whom the answer that told the first one did not reach."""
    return SessionToldAgain(id=state.id, secret=digest(secret), at=at)


def end(state: Session | None, *, why: Ending, at: dt.datetime) -> SessionEnded | None:
    """End the session; None if it has ended already."""
    return SessionEnded(id=state.id, at=at, why=why) if isinstance(state, Open) else None


def evolve_session(state: Session | None, event: SessionEvent) -> Session:
    """The state after *event*."""
    match event:
        case SessionOpened():
            return Open(
                id=event.id,
                account=event.account,
                secret=event.secret,
                host=event.host,
                means=event.means,
                opened_at=event.at,
                used_at=event.at,
                proven_at=event.at,
            )
        case SessionUsed():
            return attrs.evolve(_open(state), used_at=event.at)
        case SessionToldAgain():
            return attrs.evolve(_open(state), secret=event.secret)
        case SessionRenewed():
            return attrs.evolve(
                _open(state),
                secret=event.secret,
                means=event.means,
                used_at=event.at,
                proven_at=event.at,
            )
        case SessionEnded():
            session = _open(state)
            return Ended(id=session.id, account=session.account, at=event.at, why=event.why)
        case _:
            assert_never(event)


def _open(state: Session | None) -> Open:
    if not isinstance(state, Open):
        raise TypeError("only an open session changes")
    return state
